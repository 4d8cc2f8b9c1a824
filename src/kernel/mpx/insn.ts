/**
 * The kernel's instruction decoder as far as MPX needs it (spec B.3): it takes the bytes apart, it does not judge them. What
 * hardware makes of an address is in address.ts.
 */
import { Cursor } from '../../base/cursor.ts';

/** Longest instruction. */
export const MAX_INSN_SIZE = 15;

const OPERAND_SIZE = 0x66;
const ADDRESS_SIZE = 0x67;
/** ES, CS, SS, DS, FS, GS. */
const SEGMENT_OVERRIDES = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];
const LEGACY_PREFIXES = new Set([0xf0, 0xf2, 0xf3, OPERAND_SIZE, ADDRESS_SIZE, ...SEGMENT_OVERRIDES]);
/** The decoder has room for so many different legacy prefixes; a further one passes for the opcode. */
const MAX_PREFIXES = 4;

/** An instruction taken apart. Fields that the instruction has not are 0 (undefined where 0 could be real). */
export interface MpxInsn {
  readonly x86_64: boolean;
  readonly length: number;
  /** Different legacy prefixes, in order of appearance. */
  readonly prefixes: readonly number[];
  /** F2 or F3, whichever comes last: it selects among the instructions of one opcode. */
  readonly mandatoryPrefix: number;
  /** Segment overrides among the prefixes. */
  readonly segments: readonly number[];
  readonly rex: number;
  readonly opcode: readonly number[];
  readonly mod: number;
  readonly reg: number;
  readonly rm: number;
  readonly sib: number | undefined;
  /** Sign-extended. */
  readonly displacement: bigint;
  /** Width of the address: 2, 4 or 8 bytes. */
  readonly addr_bytes: number;
  /** False if the instruction goes on behind the bytes that were given: what is not there was taken for 0 (K-46). */
  readonly complete: boolean;
}

/** Reads little-endian bytes and supplies zeros behind their end. */
class Bytes {
  position = 0;
  constructor(private readonly bytes: Uint8Array) {}

  /** Whether something behind the end was read. */
  get exceeded(): boolean {
    return this.position > this.bytes.length;
  }

  get atEnd(): boolean {
    return this.position >= this.bytes.length;
  }

  peek(): number {
    return this.bytes[this.position] ?? 0;
  }

  next(): number {
    const byte = this.peek();
    this.position++;
    return byte;
  }

  /** A signed value of 1, 2 or 4 bytes; 0 if it is not all there. */
  signed(size: number): bigint {
    const from = this.position;
    this.position += size;
    if (size === 0 || this.exceeded) return 0n;
    const cursor = new Cursor(this.bytes, from);
    const value = size === 1 ? cursor.u8() : size === 2 ? cursor.u16() : cursor.u32();
    return BigInt.asIntN(size * 8, BigInt(value));
  }
}

/** Bytes of the displacement. */
function displacementSize(addr_bytes: number, mod: number, rm: number, sib: number | undefined): number {
  if (mod === 3) return 0;
  if (mod === 1) return 1;
  if (addr_bytes === 2) return mod === 2 || rm === 6 ? 2 : 0;
  if (mod === 2) return 4;
  return (sib === undefined ? rm : sib & 7) === 5 ? 4 : 0;
}

/** Decodes the instruction at the start of `bytes`. Opcodes other than 0F 1A and 0F 1B are not followed beyond the opcode. */
export function insn_decode(bytes: Uint8Array, x86_64: boolean): MpxInsn {
  const from = new Bytes(bytes.subarray(0, MAX_INSN_SIZE));
  const prefixes: number[] = [];
  let mandatoryPrefix = 0;
  while (LEGACY_PREFIXES.has(from.peek()) && (prefixes.includes(from.peek()) || prefixes.length < MAX_PREFIXES)) {
    const prefix = from.next();
    if (!prefixes.includes(prefix)) prefixes.push(prefix);
    if (prefix === 0xf2 || prefix === 0xf3) mandatoryPrefix = prefix;
  }
  // A REX prefix is one only as the last byte before the opcode.
  const rex = x86_64 && (from.peek() & 0xf0) === 0x40 ? from.next() : 0;
  const opcode = [from.next()];
  if (opcode[0] === 0x0f) opcode.push(from.next());

  const narrow = prefixes.includes(ADDRESS_SIZE);
  const addr_bytes = x86_64 ? (narrow ? 4 : 8) : narrow ? 2 : 4;
  const modrm = opcode.length > 1 ? from.next() : 0;
  const mod = modrm >> 6;
  const rm = modrm & 7;
  const hasSib = opcode.length > 1 && mod !== 3 && rm === 4 && addr_bytes !== 2;
  const cutBeforeSib = hasSib && from.atEnd;
  const sib = hasSib && !cutBeforeSib ? from.next() : undefined;
  const displacement = opcode.length > 1 ? from.signed(displacementSize(addr_bytes, mod, rm, sib)) : 0n;
  return {
    x86_64,
    length: from.position,
    prefixes,
    mandatoryPrefix,
    segments: prefixes.filter((prefix) => SEGMENT_OVERRIDES.includes(prefix)),
    rex,
    opcode,
    mod,
    reg: (modrm >> 3) & 7,
    rm,
    sib,
    displacement,
    addr_bytes,
    complete: !from.exceeded && !cutBeforeSib,
  };
}

/** Whether the instruction is BNDCL, BNDCU or BNDCN: opcode 0F 1A or 0F 1B with F2, or 0F 1A with F3. */
export function isBoundsCheck(insn: MpxInsn): boolean {
  const [, second] = insn.opcode;
  if (insn.mandatoryPrefix === 0xf2) return second === 0x1a || second === 0x1b;
  return insn.mandatoryPrefix === 0xf3 && second === 0x1a;
}

/** Whether the instruction is BNDCN: F2 0F 1B. */
export const isBndcn = (insn: MpxInsn): boolean => insn.mandatoryPrefix === 0xf2 && insn.opcode[1] === 0x1b;
