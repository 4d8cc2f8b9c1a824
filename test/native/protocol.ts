/** The layouts shared with helper.c. */

export const CODE_PAGE = 0x30000000n;
export const CODE_AT = CODE_PAGE + 0x800n;
export const DATA = 0x20000000n;
export const GS_BASE = DATA;
export const MEM_BYTES = 512;
/** Code starts with the case's bytes; INT3s fill the rest. */
export const CODE_BYTES = 64;

/**
 * The parts of scratch memory a case may change, with their place in the state's `mem`: around the edge of a read-only page, around
 * an edge between two writable pages, and up to the edge of an absent page.
 */
export const WINDOWS = [
  { at: DATA - 64n, length: 128, offset: 0 },
  { at: DATA + 0x1000n - 128n, length: 256, offset: 128 },
  { at: DATA + 0x2000n - 128n, length: 128, offset: 384 },
] as const;

/** The x87 unit as FXSAVE has it: registers in stack order, one bit for each tag of a physical register. */
export interface X87State {
  fcw: number;
  fsw: number;
  ftw: number;
  /** Eight times 16 bytes, 10 used. */
  st: Uint8Array;
}

export const freshX87 = (): X87State => ({ fcw: 0x37f, fsw: 0, ftw: 0, st: new Uint8Array(128) });

export interface InputState {
  code: Uint8Array;
  gpr: bigint[];
  rflags: bigint;
  xmm: Uint8Array;
  /** The upper halves of YMM0–15. */
  ymmHigh: Uint8Array;
  mxcsr: number;
  x87: X87State;
  mem: Uint8Array;
}

export interface OutputState {
  gpr: bigint[];
  rip: bigint;
  rflags: bigint;
  xmm: Uint8Array;
  ymmHigh: Uint8Array;
  mxcsr: number;
  x87: X87State;
  /** Vector, error code and CR2 of what ended the case: vector 3 for the INT3 behind it. */
  vector: number;
  errorCode: number;
  address: bigint;
  mem: Uint8Array;
}

const X87_BYTES = 8 + 128;

/** Offsets in the records of helper.c: the code of a case lies in front of its state, what ended it behind RIP and RFLAGS. */
const Input = (() => {
  const gpr = CODE_BYTES;
  const rflags = gpr + 128;
  const xmm = rflags + 8;
  const ymmHigh = xmm + 256;
  const mxcsr = ymmHigh + 256;
  const x87 = mxcsr + 8;
  const mem = x87 + X87_BYTES;
  return { gpr, rflags, xmm, ymmHigh, mxcsr, x87, mem, size: mem + MEM_BYTES };
})();
const Output = (() => {
  const rip = 128;
  const rflags = rip + 8;
  const xmm = rflags + 8;
  const ymmHigh = xmm + 256;
  const mxcsr = ymmHigh + 256;
  const x87 = mxcsr + 8;
  const trap = x87 + X87_BYTES;
  const mem = trap + 24;
  return { gpr: 0, rip, rflags, xmm, ymmHigh, mxcsr, x87, trap, mem, size: mem + MEM_BYTES };
})();

export function encodeInputs(cases: readonly InputState[]): Uint8Array {
  const bytes = new Uint8Array(cases.length * Input.size);
  const view = new DataView(bytes.buffer);
  cases.forEach((c, i) => {
    const at = i * Input.size;
    bytes.fill(0xcc, at, at + CODE_BYTES);
    bytes.set(c.code, at);
    for (let n = 0; n < 16; n++) view.setBigUint64(at + Input.gpr + 8 * n, c.gpr[n], true);
    view.setBigUint64(at + Input.rflags, c.rflags, true);
    bytes.set(c.xmm, at + Input.xmm);
    bytes.set(c.ymmHigh, at + Input.ymmHigh);
    view.setUint32(at + Input.mxcsr, c.mxcsr, true);
    view.setUint16(at + Input.x87, c.x87.fcw, true);
    view.setUint16(at + Input.x87 + 2, c.x87.fsw, true);
    view.setUint16(at + Input.x87 + 4, c.x87.ftw, true);
    bytes.set(c.x87.st, at + Input.x87 + 8);
    bytes.set(c.mem, at + Input.mem);
  });
  return bytes;
}

export function decodeOutputs(bytes: Uint8Array): OutputState[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / Output.size }, (_, i) => {
    const at = i * Output.size;
    const part = (offset: number, length: number) => bytes.subarray(at + offset, at + offset + length);
    const gpr: bigint[] = [];
    for (let n = 0; n < 16; n++) gpr.push(view.getBigUint64(at + Output.gpr + 8 * n, true));
    return {
      gpr,
      rip: view.getBigUint64(at + Output.rip, true),
      rflags: view.getBigUint64(at + Output.rflags, true),
      xmm: part(Output.xmm, 256),
      ymmHigh: part(Output.ymmHigh, 256),
      mxcsr: view.getUint32(at + Output.mxcsr, true),
      x87: {
        fcw: view.getUint16(at + Output.x87, true),
        fsw: view.getUint16(at + Output.x87 + 2, true),
        ftw: view.getUint8(at + Output.x87 + 4),
        st: part(Output.x87 + 8, 128),
      },
      vector: Number(view.getBigUint64(at + Output.trap, true)),
      errorCode: Number(view.getBigUint64(at + Output.trap + 8, true)),
      address: view.getBigUint64(at + Output.trap + 16, true),
      mem: part(Output.mem, MEM_BYTES),
    };
  });
}
