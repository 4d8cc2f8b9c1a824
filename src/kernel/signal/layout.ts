/** Byte images of the 64-bit signal frame: siginfo, ucontext, XSAVE software bytes (spec B.8, B.12.1–2). */
import type { SignalInfo } from '../api.ts';
import type { KernelSiginfo } from './types.ts';

export const SIGINFO_SIZE = 128;
export const UCONTEXT_SIZE = 304;
/** Return address, ucontext, siginfo. */
export const FRAME_SIZE = 8 + UCONTEXT_SIZE + SIGINFO_SIZE;

/** Offsets inside ucontext. */
export const UC = { flags: 0, link: 8, ss_sp: 16, ss_flags: 24, ss_size: 32, mcontext: 40, sigmask: 296 } as const;

/** Offsets inside sigcontext (uc_mcontext). */
export const SC = {
  gregs: 0,
  rip: 128,
  eflags: 136,
  cs: 144,
  gs: 146,
  fs: 148,
  ss: 150,
  err: 152,
  trapno: 160,
  oldmask: 168,
  cr2: 176,
  fpstate: 184,
} as const;

/** Order of the general registers in sigcontext, as encoding numbers: r8–r15 rdi rsi rbp rbx rdx rax rcx rsp. */
export const GREG_ORDER = [8, 9, 10, 11, 12, 13, 14, 15, 7, 6, 5, 3, 2, 0, 1, 4] as const;

/** Software bytes of the XSAVE image: offset 464 of the legacy area. */
export const SW = { magic1: 464, extended_size: 468, xfeatures: 472, xstate_size: 480 } as const;
export const FP_XSTATE_MAGIC1 = 0x46505853;
export const FP_XSTATE_MAGIC2 = 0x46505845;
/** Bytes of the second magic word behind the image. */
export const MAGIC2_SIZE = 4;
/** XSTATE_BV of the image's header. */
export const XSTATE_BV = 512;
/** Legacy area and header: the least an image can be. */
export const MIN_XSTATE_SIZE = 576;
export const FXSAVE_SIZE = 512;

/** Which bytes behind the three leading words a siginfo carries. */
function writePayload(view: DataView, info: KernelSiginfo): void {
  if (info.timer) {
    view.setInt32(16, info.timer.id, true);
    view.setInt32(20, info.timer.overrun, true);
    view.setBigUint64(24, info.value ?? 0n, true);
    return;
  }
  if (info.pid !== undefined) {
    view.setInt32(16, info.pid, true);
    view.setInt32(20, info.uid ?? 0, true);
    if (info.status !== undefined) view.setInt32(24, info.status, true);
    if (info.value !== undefined) view.setBigUint64(24, info.value, true);
    return;
  }
  view.setBigUint64(16, BigInt.asUintN(64, info.address), true);
  if (info.lower !== undefined) view.setBigUint64(32, info.lower, true);
  if (info.upper !== undefined) view.setBigUint64(40, info.upper, true);
}

/** The 128 bytes of a 64-bit siginfo. */
export function siginfoImage(info: KernelSiginfo | SignalInfo): Uint8Array {
  const bytes = new Uint8Array(SIGINFO_SIZE);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, info.signo, true);
  view.setInt32(4, info.errno, true);
  view.setInt32(8, info.code, true);
  writePayload(view, info);
  return bytes;
}
