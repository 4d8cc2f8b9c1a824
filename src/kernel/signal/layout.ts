/** Byte images of the 64-bit signal frame: siginfo, ucontext, XSAVE software bytes (spec B.8, B.12.1–2). */
import { wordBytes } from '../abi.ts';
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

/** Where the fields behind the three leading ints begin: aligned as a pointer. */
export const siginfoFields = (word: 4 | 8): number => (word === 8 ? 16 : 12);

/** Which bytes behind the three leading ints a siginfo carries. */
function writePayload(bytes: Uint8Array, info: KernelSiginfo, word: 4 | 8): void {
  const view = new DataView(bytes.buffer);
  const base = siginfoFields(word);
  const put = (offset: number, value: bigint | undefined) =>
    value !== undefined && bytes.set(wordBytes(word, [value]), base + offset);
  if (info.timer) {
    view.setInt32(base, info.timer.id, true);
    view.setInt32(base + 4, info.timer.overrun, true);
    put(8, info.value);
    return;
  }
  if (info.pid !== undefined) {
    view.setInt32(base, info.pid, true);
    view.setInt32(base + 4, info.uid ?? 0, true);
    if (info.status !== undefined) view.setInt32(base + 8, info.status, true);
    put(8, info.value);
    return;
  }
  // si_addr, si_addr_lsb (a short, aligned), si_lower, si_upper.
  put(0, info.address);
  put(2 * word, info.lower);
  put(3 * word, info.upper);
}

/** The 128 bytes of a siginfo, for programs with pointers of `word` bytes. */
export function siginfoImage(info: KernelSiginfo | SignalInfo, word: 4 | 8): Uint8Array {
  const bytes = new Uint8Array(SIGINFO_SIZE);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, info.signo, true);
  view.setInt32(4, info.errno, true);
  view.setInt32(8, info.code, true);
  writePayload(bytes, info, word);
  return bytes;
}
