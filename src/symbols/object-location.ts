import { type MachineContext, type Piece, Unavailable } from './dwarf/expression.ts';

/** What reading and writing an object takes beyond evaluating expressions. */
export interface ObjectContext extends MachineContext {
  /** Undefined where writing is impossible. Both return whether they succeeded. */
  writeRegister?(number: number, value: bigint): boolean;
  write?(address: bigint, bytes: Uint8Array): boolean;
}

export const OPTIMISED_OUT = 'optimised out';

/** Bits of a little-endian number. */
function bits(value: bigint, offset: number, size: number): bigint {
  return BigInt.asUintN(size, value >> BigInt(offset));
}

function numberOfBytes(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
  return value;
}

function bytesOfNumber(value: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let rest = value;
  for (let i = 0; i < length; i++) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** An object, or the part of one that begins `bitOffset` bits into it, wherever its pieces are. */
export class ObjectLocation {
  constructor(
    private readonly pieces: readonly Piece[],
    private readonly context: ObjectContext,
    private readonly bitOffset = 0,
  ) {}

  /** An object in memory. */
  static at(address: bigint, context: ObjectContext): ObjectLocation {
    const place = { kind: 'memory', address: BigInt.asUintN(64, address) } as const;
    return new ObjectLocation([{ place, size: undefined, offset: 0 }], context);
  }

  part(bitOffset: number): ObjectLocation {
    return new ObjectLocation(this.pieces, this.context, this.bitOffset + bitOffset);
  }

  /** Run-time address, if all of the object is in memory and begins at a byte. */
  get address(): bigint | undefined {
    const [piece] = this.pieces;
    if (this.pieces.length !== 1 || piece.place.kind !== 'memory' || this.bitOffset % 8) return undefined;
    return BigInt.asUintN(64, piece.place.address + BigInt(this.bitOffset / 8));
  }

  /** The register that holds all of it, by DWARF number. */
  get register(): number | undefined {
    const [piece] = this.pieces;
    return this.pieces.length === 1 && piece.place.kind === 'register' ? piece.place.number : undefined;
  }

  /** What a pointer that was optimised away pointed to: an entry of the debug information, and bytes into it. */
  get implicitTarget(): { entry: number; offset: bigint } | undefined {
    const [piece] = this.pieces;
    return piece?.place.kind === 'implicit-pointer' ? piece.place : undefined;
  }

  /** `length` bytes. @throws Unavailable */
  bytes(length: number): Uint8Array {
    const { address } = this;
    if (address === undefined) return bytesOfNumber(this.number(length * 8), length);
    const bytes = this.context.read(address, length);
    if (!bytes || bytes.length < length) throw new Unavailable('in memory that is not mapped');
    return bytes;
  }

  /** `size` bits as an unsigned number. @throws Unavailable */
  number(size: number): bigint {
    let value = 0n;
    for (const { piece, from, count, at } of this.parts(size)) value |= this.read(piece, from, count) << BigInt(at);
    return value;
  }

  /** Stores `size` bits. @throws Unavailable where that is impossible; nothing is stored then unless a part before was. */
  store(value: bigint, size: number): void {
    for (const { piece, from, count, at } of this.parts(size)) this.write(piece, from, count, bits(value, at, count));
  }

  /** The stretches of pieces that make up the next `size` bits. */
  private *parts(size: number): Generator<{ piece: Piece; from: number; count: number; at: number }> {
    let start = 0;
    let done = 0;
    for (const piece of this.pieces) {
      const length = piece.size ?? Number.POSITIVE_INFINITY;
      const from = this.bitOffset + done - start;
      if (from < length) {
        const count = Math.min(size - done, length - from);
        yield { piece, from: from + piece.offset, count, at: done };
        done += count;
        if (done >= size) return;
      }
      start += length;
    }
    if (done < size) throw new Unavailable(OPTIMISED_OUT);
  }

  private read({ place }: Piece, from: number, count: number): bigint {
    switch (place.kind) {
      case 'memory': {
        const first = Math.floor(from / 8);
        const length = Math.ceil((from + count) / 8) - first;
        const bytes = this.context.read(BigInt.asUintN(64, place.address + BigInt(first)), length);
        if (!bytes || bytes.length < length) throw new Unavailable('in memory that is not mapped');
        return bits(numberOfBytes(bytes), from % 8, count);
      }
      case 'register': {
        const value = this.context.register(place.number);
        if (value === undefined) throw new Unavailable(`${OPTIMISED_OUT}: its register was not saved`);
        return bits(value, from, count);
      }
      case 'value':
        return bits(BigInt.asUintN(Math.max(64, from + count), place.value), from, count);
      case 'bytes':
        if (from + count > place.bytes.length * 8) throw new Unavailable(OPTIMISED_OUT);
        return bits(numberOfBytes(place.bytes), from, count);
      case 'implicit-pointer':
        throw new Unavailable('a pointer that was optimised away');
      case 'nowhere':
        throw new Unavailable(OPTIMISED_OUT);
    }
  }

  private write({ place }: Piece, from: number, count: number, value: bigint): void {
    const mask = ((1n << BigInt(count)) - 1n) << BigInt(from % 8);
    let done = false;
    if (place.kind === 'memory') {
      const first = Math.floor(from / 8);
      const address = BigInt.asUintN(64, place.address + BigInt(first));
      const length = Math.ceil((from + count) / 8) - first;
      const old = this.context.read(address, length);
      if (old && old.length === length) {
        const merged = (numberOfBytes(old) & ~mask) | (value << BigInt(from % 8));
        done = this.context.write?.(address, bytesOfNumber(merged, length)) ?? false;
      }
    } else if (place.kind === 'register') {
      const old = this.context.register(place.number);
      if (old !== undefined) {
        const keep = ((1n << BigInt(count)) - 1n) << BigInt(from);
        done = this.context.writeRegister?.(place.number, (old & ~keep) | (value << BigInt(from))) ?? false;
      }
    }
    if (!done) throw new Unavailable('not in a place that can be changed');
  }
}
