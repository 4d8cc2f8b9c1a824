/** Requests about memory and code: readMemory, writeMemory, disassemble. */
import { wrap64 } from '../base/address.ts';
import { hex, hexBytes } from '../base/hex.ts';
import { UserError } from '../debugger/errors.ts';
import type { Arguments } from './arguments.ts';
import type { DebugProtocol } from './messages.ts';
import { base64Of, fromBase64 } from './output.ts';
import type { Handlers, SessionState } from './state.ts';

/** Most bytes, and most instructions, of one answer. */
const MAX_BYTES = 1 << 20;
const MAX_ROWS = 20_000;
const PAGE = 4096n;

function readMemory(state: SessionState, args: Arguments): unknown {
  const { memory } = state.program().debuggee;
  const memoryReference = args.string('memoryReference');
  const offset = args.optionalInteger('offset') ?? 0;
  const address = wrap64(args.address('memoryReference') + BigInt(offset));
  const count = args.integer('count');
  if (count < 0 || count > MAX_BYTES) throw new UserError(`At most ${MAX_BYTES} bytes can be read at once.`);
  const bytes = memory.read(address, count);
  state.memoryWatch.noteRead(memoryReference, offset, address, bytes);
  const missing = count - bytes.length;
  return {
    address: hex(address),
    data: base64Of(bytes),
    unreadableBytes: missing === 0 ? undefined : bytes.length > 0 ? missing : unreadable(memory, address, count),
  };
}

/** How many bytes from `address` on are not there, at most `count`. */
function unreadable(
  memory: { read(address: bigint, length: number): Uint8Array },
  address: bigint,
  count: number,
): number {
  for (let at = (address & ~(PAGE - 1n)) + PAGE; at < address + BigInt(count); at += PAGE)
    if (memory.read(wrap64(at), 1).length > 0) return Number(at - address);
  return count;
}

function writeMemory(state: SessionState, args: Arguments): unknown {
  const { memory } = state.changeable().debuggee;
  const offset = args.optionalInteger('offset') ?? 0;
  const address = wrap64(args.address('memoryReference') + BigInt(offset));
  const bytes = fromBase64(args.string('data'));
  if (!bytes) throw new UserError('The data to write is not base64.');
  if (bytes.length > MAX_BYTES) throw new UserError(`At most ${MAX_BYTES} bytes can be written at once.`);
  const writable = memory.read(address, bytes.length).length;
  if (writable < bytes.length && !args.boolean('allowPartial'))
    throw new UserError(`There is no memory at ${hex(wrap64(address + BigInt(writable)))}.`);
  const bytesWritten = memory.write(address, bytes.subarray(0, writable));
  state.edited({ address, length: bytesWritten });
  return { offset: 0, bytesWritten };
}

function disassemble(state: SessionState, args: Arguments): unknown {
  const { debuggee, sources } = state.program();
  const address = wrap64(args.address('memoryReference') + BigInt(args.optionalInteger('offset') ?? 0));
  const count = args.integer('instructionCount');
  const first = args.optionalInteger('instructionOffset') ?? 0;
  if (count < 0 || count > MAX_ROWS || Math.abs(first) > MAX_ROWS)
    throw new UserError(`At most ${MAX_ROWS} instructions can be disassembled at once.`);
  const { symbols } = debuggee;
  let shown: { file: string; line: number } | undefined;
  const instructions = debuggee.listing
    .disassembleAt(address, count, first)
    .map((row): DebugProtocol.DisassembledInstruction => {
      const place = row.bytes.length > 0 ? symbols.placeAt(row.address) : undefined;
      const location = row.kind === 'instruction' ? symbols.locationOf(row.address) : undefined;
      // The place is given where it changes; clients carry it on.
      const isNew = location && (location.file !== shown?.file || location.line !== shown?.line);
      if (location) shown = location;
      return {
        address: hex(row.address),
        instructionBytes: row.bytes.length > 0 ? hexBytes(row.bytes, ' ') : undefined,
        instruction: row.text,
        symbol: place && (place.offset === 0n ? place.name : undefined),
        location: isNew ? sources.source(location.file) : undefined,
        line: isNew ? location.line + state.client.lineOffset : undefined,
        presentationHint: row.kind === 'instruction' ? undefined : 'invalid',
      };
    });
  return { instructions };
}

export const memoryHandlers: Handlers = { readMemory, writeMemory, disassemble };
