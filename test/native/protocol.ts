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
  mxcsr: number;
  x87: X87State;
  mem: Uint8Array;
}

export interface OutputState {
  gpr: bigint[];
  rip: bigint;
  rflags: bigint;
  xmm: Uint8Array;
  mxcsr: number;
  x87: X87State;
  /** Vector, error code and CR2 of what ended the case: vector 3 for the INT3 behind it. */
  vector: number;
  errorCode: number;
  address: bigint;
  mem: Uint8Array;
}

const X87_BYTES = 8 + 128;
const INPUT_BYTES = CODE_BYTES + 128 + 8 + 256 + 8 + X87_BYTES + MEM_BYTES;
const OUTPUT_BYTES = 128 + 8 + 8 + 256 + 8 + X87_BYTES + 24 + MEM_BYTES;

export function encodeInputs(cases: readonly InputState[]): Uint8Array {
  const bytes = new Uint8Array(cases.length * INPUT_BYTES);
  const view = new DataView(bytes.buffer);
  cases.forEach((c, i) => {
    const at = i * INPUT_BYTES;
    bytes.fill(0xcc, at, at + CODE_BYTES);
    bytes.set(c.code, at);
    const state = at + CODE_BYTES;
    c.gpr.forEach((value, n) => {
      view.setBigUint64(state + 8 * n, value, true);
    });
    view.setBigUint64(state + 128, c.rflags, true);
    bytes.set(c.xmm, state + 136);
    view.setUint32(state + 392, c.mxcsr, true);
    const x87 = state + 400;
    view.setUint16(x87, c.x87.fcw, true);
    view.setUint16(x87 + 2, c.x87.fsw, true);
    view.setUint16(x87 + 4, c.x87.ftw, true);
    bytes.set(c.x87.st, x87 + 8);
    bytes.set(c.mem, x87 + X87_BYTES);
  });
  return bytes;
}

export function decodeOutputs(bytes: Uint8Array): OutputState[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / OUTPUT_BYTES }, (_, i) => {
    const at = i * OUTPUT_BYTES;
    const end = at + 408 + X87_BYTES;
    return {
      gpr: Array.from({ length: 16 }, (_, n) => view.getBigUint64(at + 8 * n, true)),
      rip: view.getBigUint64(at + 128, true),
      rflags: view.getBigUint64(at + 136, true),
      xmm: bytes.slice(at + 144, at + 400),
      mxcsr: view.getUint32(at + 400, true),
      x87: {
        fcw: view.getUint16(at + 408, true),
        fsw: view.getUint16(at + 410, true),
        ftw: view.getUint8(at + 412),
        st: bytes.slice(at + 416, at + 408 + X87_BYTES),
      },
      vector: Number(view.getBigUint64(end, true)),
      errorCode: Number(view.getBigUint64(end + 8, true)),
      address: view.getBigUint64(end + 16, true),
      mem: bytes.slice(end + 24, end + 24 + MEM_BYTES),
    };
  });
}
