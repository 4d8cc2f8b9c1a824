/**
 * The x87 state as FSAVE has it, which stands before the XSAVE image in the frames of 32-bit programs and is what counts on return (Linux:
 * convert_from_fxsr, convert_to_fxsr). `fx` is an image whose legacy area is FXSAVE's.
 */
import { Legacy } from '../../machine/xsave/layout.ts';

/** Seven words of environment, eight registers, a copy of the status word and a magic number. */
export const FSAVE_HEADER_SIZE = 112;
const ENV = { cwd: 0, swd: 4, twd: 8, fip: 12, fcs: 16, foo: 20, fos: 24, st: 28, status: 108, magic: 110 } as const;
const ST_BYTES = 10;
/** The magic number says that an FXSAVE image follows. */
const X86_FXSR_MAGIC = 0;
const HIGH = 0xffff0000;
const TAG = { valid: 0, zero: 1, special: 2, empty: 3 } as const;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const registerAt = (fx: Uint8Array, st: number): Uint8Array =>
  fx.subarray(Legacy.ST + 16 * st, Legacy.ST + 16 * st + ST_BYTES);

function tagOf(register: Uint8Array): number {
  const view = viewOf(register);
  const exponent = view.getUint16(8, true) & 0x7fff;
  const significand = view.getBigUint64(0, true);
  if (exponent === 0x7fff) return TAG.special;
  if (exponent === 0) return significand === 0n ? TAG.zero : TAG.special;
  return significand >> 63n ? TAG.valid : TAG.special;
}

/** The header for the state in `fx`; `cs` and `ds` are the selectors of now, as those of the last x87 instruction are not kept. */
export function fsaveHeader(fx: Uint8Array, cs: number, ds: number): Uint8Array {
  const from = viewOf(fx);
  const header = new Uint8Array(FSAVE_HEADER_SIZE);
  const view = viewOf(header);
  const swd = from.getUint16(Legacy.FSW, true);
  const top = (swd >> 11) & 7;
  const inUse = fx[Legacy.FTW];
  let twd = 0;
  for (let n = 0; n < 8; n++) {
    const tag = (inUse >> n) & 1 ? tagOf(registerAt(fx, (n - top) & 7)) : TAG.empty;
    twd |= tag << (2 * n);
  }
  const word = (offset: number, value: number) => view.setUint32(offset, value >>> 0, true);
  word(ENV.cwd, HIGH | from.getUint16(Legacy.FCW, true));
  word(ENV.swd, HIGH | swd);
  word(ENV.twd, HIGH | twd);
  word(ENV.fip, from.getUint32(Legacy.FIP, true));
  word(ENV.fcs, (from.getUint16(Legacy.FOP, true) << 16) | cs);
  word(ENV.foo, from.getUint32(Legacy.FDP, true));
  word(ENV.fos, HIGH | ds);
  for (let st = 0; st < 8; st++) header.set(registerAt(fx, st), ENV.st + ST_BYTES * st);
  view.setUint16(ENV.status, swd, true);
  view.setUint16(ENV.magic, X86_FXSR_MAGIC, true);
  return header;
}

/** Puts the x87 state of `header` into `fx`. */
export function mergeFsaveHeader(header: Uint8Array, fx: Uint8Array): void {
  const from = viewOf(header);
  const to = viewOf(fx);
  const twd = from.getUint16(ENV.twd, true);
  let inUse = 0;
  for (let n = 0; n < 8; n++) if (((twd >> (2 * n)) & 3) !== TAG.empty) inUse |= 1 << n;
  to.setUint16(Legacy.FCW, from.getUint16(ENV.cwd, true), true);
  to.setUint16(Legacy.FSW, from.getUint16(ENV.swd, true), true);
  to.setUint8(Legacy.FTW, inUse);
  to.setUint16(Legacy.FOP, from.getUint16(ENV.fcs + 2, true), true);
  to.setBigUint64(Legacy.FIP, BigInt(from.getUint32(ENV.fip, true)), true);
  to.setBigUint64(Legacy.FDP, BigInt(from.getUint32(ENV.foo, true)), true);
  for (let st = 0; st < 8; st++)
    registerAt(fx, st).set(header.subarray(ENV.st + ST_BYTES * st, ENV.st + ST_BYTES * (st + 1)));
}
