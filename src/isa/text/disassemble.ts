import { ADDRESS_MAX } from '../../base/address.ts';
import { InstructionFormatter, type InstructionText, type SymbolPlace, type TextOptions } from './formatter.ts';

/** Reads up to `length` bytes; fewer where memory ends. Like `GuestMemory.read`. */
export type ReadBytes = (address: bigint, length: number) => Uint8Array;

export interface DisassembledRow {
  address: bigint;
  /** Empty where there is no memory. */
  bytes: Uint8Array;
  /** `undefined`: bytes that are no instruction. `unmapped`: no memory; such a row stands for one byte. */
  kind: 'instruction' | 'undefined' | 'unmapped';
  text: string;
  /** The place of the row itself. */
  symbol?: SymbolPlace;
  /** Where a direct branch goes, or the fixed address that an operand names. */
  target?: bigint;
}

const MAX_LENGTH = 15;
/** Longest stretch decoded from a symbol's start; in larger ones the search without symbols is as good and faster. */
const LONGEST_FUNCTION = 1 << 18;
/** Bytes behind a symbol's end that count as its padding. */
const PADDING = 64;
const UNMAPPED_TEXT = '(not mapped)';

/** Rows of disassembly around addresses: exact counts, in both directions. `dispose` when done. */
export class Disassembler {
  private readonly formatter: InstructionFormatter;

  constructor(
    private readonly readBytes: ReadBytes,
    private readonly options: TextOptions,
  ) {
    this.formatter = new InstructionFormatter(options);
  }

  dispose(): void {
    this.formatter.dispose();
  }

  /**
   * Exactly `count` rows; the first is `instructionOffset` instructions behind `address` (before it, if negative).
   * One row starts at `address` itself, whatever lies before it. At the ends of the address space the last row repeats.
   */
  disassembleAt(address: bigint, count: number, instructionOffset = 0): DisassembledRow[] {
    const before = instructionOffset < 0 ? this.backward(address, -instructionOffset) : [];
    const rows = before.slice(0, count);
    const skip = Math.max(0, instructionOffset);
    if (rows.length < count) rows.push(...this.forward(address, skip + count - rows.length).slice(skip));
    return rows;
  }

  private row(address: bigint, bytes: Uint8Array, { text, target, length }: InstructionText): DisassembledRow {
    const kind = bytes.length === 0 ? 'unmapped' : length === 0 || text === '(bad)' ? 'undefined' : 'instruction';
    const row: DisassembledRow = { address, bytes, kind, text: kind === 'unmapped' ? UNMAPPED_TEXT : text };
    const symbol = bytes.length > 0 ? this.options.symbolAt?.(address) : undefined;
    if (symbol) row.symbol = symbol;
    if (target !== undefined) row.target = target;
    return row;
  }

  private unmapped(address: bigint): DisassembledRow {
    return { address, bytes: new Uint8Array(), kind: 'unmapped', text: UNMAPPED_TEXT };
  }

  /** `count` rows from `address` on. */
  private forward(address: bigint, count: number): DisassembledRow[] {
    const rows: DisassembledRow[] = [];
    let at = address;
    while (rows.length < count) {
      const missing = count - rows.length;
      const bytes = this.readBytes(at, Math.min(missing * MAX_LENGTH, 1 << 16));
      if (bytes.length === 0) rows.push(this.unmapped(at));
      else for (const row of this.decode(at, bytes, missing)) rows.push(row);
      const last = rows[rows.length - 1];
      const next = last.address + BigInt(Math.max(1, last.bytes.length));
      at = next > ADDRESS_MAX ? ADDRESS_MAX : next;
    }
    return rows;
  }

  /** At least one row of the bytes at `address`; an instruction that is cut off is given byte by byte, if memory ends there. */
  private decode(address: bigint, bytes: Uint8Array, limit: number): DisassembledRow[] {
    const rows: DisassembledRow[] = [];
    let from = 0;
    for (const text of this.formatter.formatAll(bytes, address, limit)) {
      const length = text.length;
      if (length === 0) {
        // The bytes end within it. Not at the first: the caller reads on from here, and knows then whether memory ends too.
        if (from > 0) break;
        rows.push(this.row(address + BigInt(from), bytes.slice(from, from + 1), text));
        break;
      }
      rows.push(this.row(address + BigInt(from), bytes.slice(from, from + length), text));
      from += length;
    }
    return rows;
  }

  /** The `count` rows before `address`, which end exactly there. */
  private backward(address: bigint, count: number): DisassembledRow[] {
    const chunks: DisassembledRow[][] = [];
    let end = address;
    for (let missing = count; missing > 0; ) {
      const rows = end > 0n ? this.rowsEndingAt(end, missing) : [this.unmapped(0n)];
      const taken = rows.slice(-missing);
      chunks.push(taken);
      missing -= taken.length;
      end = taken[0].address;
    }
    return chunks.reverse().flat();
  }

  /** Some rows, at least one, that end exactly at `end`. */
  private rowsEndingAt(end: bigint, wanted: number): DisassembledRow[] {
    if (this.readBytes(end - 1n, 1).length === 0) return [this.unmapped(end - 1n)];
    const anchor = this.anchorBefore(end);
    if (anchor !== undefined) {
      const rows = this.between(anchor, end);
      if (rows) return rows;
    }
    return this.search(end, wanted);
  }

  /** Where an instruction surely starts: the start of the symbol that holds `end` − 1, or the end of one just before. */
  private anchorBefore(end: bigint): bigint | undefined {
    const { symbolAt } = this.options;
    if (!symbolAt) return undefined;
    const inside = symbolAt(end - 1n);
    if (inside) return inside.offset < LONGEST_FUNCTION ? end - 1n - inside.offset : undefined;
    for (let back = 2n; back <= PADDING && back <= end; back++) if (symbolAt(end - back)) return end - back + 1n;
    return undefined;
  }

  /** Rows over [start, end); bytes of an instruction that would pass `end` are given one by one. Undefined where memory is missing. */
  private between(start: bigint, end: bigint): DisassembledRow[] | undefined {
    const length = Number(end - start);
    const bytes = this.readBytes(start, length);
    return bytes.length === length ? this.exactly(start, bytes) : undefined;
  }

  private exactly(start: bigint, bytes: Uint8Array): DisassembledRow[] {
    const rows: DisassembledRow[] = [];
    for (let from = 0; from < bytes.length; ) {
      for (const row of this.decode(start + BigInt(from), bytes.subarray(from), bytes.length)) {
        rows.push(row);
        from += row.bytes.length;
      }
    }
    return rows;
  }

  /**
   * Without symbols: x86 code decoded from anywhere falls into step after a few instructions, so of several starts far enough back
   * the one that meets `end` with the fewest undefined bytes is taken.
   */
  private search(end: bigint, wanted: number): DisassembledRow[] {
    const available = this.mappedBefore(end, Math.min(wanted * 8 + 4 * MAX_LENGTH, 1 << 16));
    let best: { rows: DisassembledRow[]; undefinedBytes: number } | undefined;
    const starts = Math.min(MAX_LENGTH + 1, available.length);
    for (let skip = 0; skip < starts; skip++) {
      const bytes = available.subarray(skip);
      const rows = this.exactly(end - BigInt(bytes.length), bytes);
      const undefinedBytes = rows.filter(({ kind }) => kind !== 'instruction').length;
      if (!best || undefinedBytes < best.undefinedBytes) best = { rows, undefinedBytes };
      if (undefinedBytes === 0) break;
    }
    if (!best) return [this.unmapped(end - 1n)];
    // The first rows may still be out of step; with more memory before them the next search does better from within.
    const doubtful =
      available.length > 4 * MAX_LENGTH
        ? best.rows.findIndex(({ address }) => address >= end - BigInt(available.length) + BigInt(2 * MAX_LENGTH))
        : 0;
    return best.rows.slice(Math.max(0, doubtful));
  }

  /** The bytes in one piece that end at `end`, at most `length`. */
  private mappedBefore(end: bigint, length: number): Uint8Array {
    const low = end > BigInt(length) ? end - BigInt(length) : 0n;
    let start = end;
    while (start > low) {
      const page = ((start - 1n) / 4096n) * 4096n;
      const from = page > low ? page : low;
      const size = Number(start - from);
      if (this.readBytes(from, size).length < size) break;
      start = from;
    }
    return this.readBytes(start, Number(end - start));
  }
}

/** `Disassembler.disassembleAt` for a single request. */
export function disassembleAt(
  readBytes: ReadBytes,
  address: bigint,
  count: number,
  instructionOffset: number,
  options: TextOptions,
): DisassembledRow[] {
  const disassembler = new Disassembler(readBytes, options);
  try {
    return disassembler.disassembleAt(address, count, instructionOffset);
  } finally {
    disassembler.dispose();
  }
}
