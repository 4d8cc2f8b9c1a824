import { Unzlib } from 'fflate/browser';
import { Cursor, CursorError } from '../../base/cursor.ts';
import { SHF_COMPRESSED } from './constants.ts';

/** Why a compressed section cannot be used; `message` completes “Section … is left out: it …”. */
export class CompressionError extends Error {}

/** ELFCOMPRESS_* (gABI, section compression). */
const COMPRESSED_ZLIB = 1;
const COMPRESSED_ZSTD = 2;
/** Deflate makes at most 258 bytes of two bits: who claims more means harm. */
const MOST_EXPANSION = 1032;
const MOST_BYTES = 2 ** 30;
/** Input is handed over in pieces, so that no more is unpacked beyond the announced size than one piece can hold. */
const PIECE = 1 << 14;
/** `ZLIB` and a big-endian size before the data: how .zdebug_* sections begin. */
const OLD_MAGIC = [0x5a, 0x4c, 0x49, 0x42];

/** How the bytes of a section are packed: undefined if they are not. @throws CursorError, CompressionError */
export function packing(
  name: string,
  flags: number,
  bytes: Uint8Array,
  is64: boolean,
): { size: number; data: Uint8Array } | undefined {
  if (flags & SHF_COMPRESSED) {
    const cursor = new Cursor(bytes);
    const type = cursor.u32();
    if (is64) cursor.skip(4);
    const size = is64 ? cursor.offset64() : cursor.u32();
    cursor.skip(is64 ? 8 : 4); // alignment
    if (type === COMPRESSED_ZSTD)
      throw new CompressionError(
        'is compressed by zstd, which is not supported: unpack it with objcopy --decompress-debug-sections',
      );
    if (type !== COMPRESSED_ZLIB) throw new CompressionError(`is compressed by the unknown method ${type}`);
    return { size, data: bytes.subarray(cursor.position) };
  }
  if (!name.startsWith('.zdebug') || !OLD_MAGIC.every((byte, i) => bytes[i] === byte)) return undefined;
  const cursor = new Cursor(bytes, 4);
  const size = Array.from(cursor.take(8)).reduce((sum, byte) => sum * 256 + byte, 0);
  return { size, data: bytes.subarray(12) };
}

/** Unpacks zlib data that is announced to hold `size` bytes. @throws CompressionError unless it holds exactly these. */
export function unpack(data: Uint8Array, size: number): Uint8Array {
  if (size > MOST_BYTES || size > data.length * MOST_EXPANSION)
    throw new CompressionError(`claims to hold ${size} bytes, which ${data.length} compressed ones cannot be`);
  const out = new Uint8Array(size);
  let filled = 0;
  const stream = new Unzlib((piece) => {
    if (filled + piece.length > size) throw new CompressionError(`holds more than the ${size} bytes it announces`);
    out.set(piece, filled);
    filled += piece.length;
  });
  try {
    for (let at = 0; at < data.length; at += PIECE)
      stream.push(data.subarray(at, at + PIECE), at + PIECE >= data.length);
  } catch (error) {
    if (error instanceof CompressionError) throw error;
    // fflate throws its own errors and, on some damaged tables, those of the language.
    throw new CompressionError(`cannot be unpacked (${(error as Error).message})`);
  }
  if (filled !== size) throw new CompressionError(`holds ${filled} bytes, not the ${size} it announces`);
  return out;
}

/** The sentence for the user about a section whose packing failed; undefined for errors of another kind. */
export function packingRemark(name: string, error: unknown): string | undefined {
  const known = error instanceof CompressionError || error instanceof CursorError;
  return known ? `Section ${name} is left out: it ${error.message}.` : undefined;
}
