/** LEB128 and sections: the byte level of the WebAssembly binary format. */

export function pushUnsigned(out: number[], value: number): void {
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    out.push(rest ? low | 0x80 : low);
  } while (rest);
}

/** A number of at most 32 bits, signed: what most constants are, and much faster than as a bigint. */
function pushSmall(out: number[], value: number): void {
  let rest = value;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && !(low & 0x40)) || (rest === -1 && low & 0x40)) {
      out.push(low);
      return;
    }
    out.push(low | 0x80);
  }
}

export function pushSigned(out: number[], value: bigint | number): void {
  const small = Number(value) | 0;
  if (typeof value === 'number' || BigInt(small) === value) {
    pushSmall(out, small);
    return;
  }
  let rest = value;
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    if ((rest === 0n && !(low & 0x40)) || (rest === -1n && low & 0x40)) {
      out.push(low);
      return;
    }
    out.push(low | 0x80);
  }
}

export function pushName(out: number[], name: string): void {
  const bytes = new TextEncoder().encode(name);
  pushUnsigned(out, bytes.length);
  out.push(...bytes);
}

/** Appends without spreading: the arguments of one call are limited. */
export function pushAll(out: number[], bytes: readonly number[]): void {
  for (let i = 0; i < bytes.length; i++) out.push(bytes[i]);
}
