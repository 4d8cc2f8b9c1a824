/** Byte offsets of the signal frames of 32-bit programs (Linux: sigframe_ia32, rt_sigframe_ia32, sigcontext_32). */

/** sigcontext: four segment registers, then edi, esi, ebp, esp, ebx, edx, ecx, eax. */
export const SC = {
  gs: 0,
  fs: 4,
  es: 8,
  ds: 12,
  gregs: 16,
  trapno: 48,
  err: 52,
  ip: 56,
  cs: 60,
  flags: 64,
  sp_at_signal: 68,
  ss: 72,
  fpstate: 76,
  oldmask: 80,
  cr2: 84,
} as const;
const SIGCONTEXT_SIZE = 88;

/** Offset of general register `n` (encoding number) in sigcontext. */
export const greg = (n: number): number => SC.gregs + 4 * (7 - n);

/** Frame of a handler without SA_SIGINFO: return address, signal number, sigcontext, (unused) FPU state, upper half of the mask, code. */
const UNUSED_FPSTATE_SIZE = 624;
export const FRAME = {
  sig: 4,
  sc: 8,
  extramask: 8 + SIGCONTEXT_SIZE + UNUSED_FPSTATE_SIZE,
  retcode: 12 + SIGCONTEXT_SIZE + UNUSED_FPSTATE_SIZE,
  size: 20 + SIGCONTEXT_SIZE + UNUSED_FPSTATE_SIZE,
} as const;

/** Frame of a handler with SA_SIGINFO: return address, signal number, two pointers, siginfo, ucontext, code. */
export const RT_FRAME = { sig: 4, pinfo: 8, puc: 12, info: 16, uc: 144, retcode: 260, size: 268 } as const;

/** ucontext. */
export const UC = {
  flags: 0,
  link: 4,
  ss_sp: 8,
  ss_flags: 12,
  ss_size: 16,
  mcontext: 20,
  sigmask: 108,
  size: 116,
} as const;
