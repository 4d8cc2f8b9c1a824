/**
 * How a system call exchanges structures with the program: 64-bit programs have words (pointers, long, size_t) and times of 8 bytes; the
 * i386 entry has words of 4, and times of 4 or, in the calls of 5.1 and later (…_time64), of 8 bytes.
 */
export interface Abi {
  readonly name: 'x86-64' | 'i386';
  readonly word: 4 | 8;
  readonly time: 4 | 8;
}

export const X86_64: Abi = { name: 'x86-64', word: 8, time: 8 };
export const I386: Abi = { name: 'i386', word: 4, time: 4 };
export const I386_TIME64: Abi = { name: 'i386', word: 4, time: 8 };

/** Little-endian words one after the other, each cut to `size` bytes. */
export function wordBytes(size: 4 | 8, words: readonly bigint[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(size * words.length));
  for (const [i, word] of words.entries()) {
    if (size === 8) view.setBigUint64(8 * i, BigInt.asUintN(64, word), true);
    else view.setUint32(4 * i, Number(BigInt.asUintN(32, word)), true);
  }
  return new Uint8Array(view.buffer);
}

/** The words that `bytes` holds, unsigned; a rest is left out. */
export function wordsOf(size: 4 | 8, bytes: Uint8Array): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, i) =>
    size === 8 ? view.getBigUint64(8 * i, true) : BigInt(view.getUint32(4 * i, true)),
  );
}
