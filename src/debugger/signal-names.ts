/** Names of signals and of their codes, as in <signal.h> of Linux on x86-64. */
const SIGNALS = (
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ ' +
  'VTALRM PROF WINCH IO PWR SYS'
).split(' ');

const CODES: Record<number, Record<number, string>> = {
  4: { 1: 'ILL_ILLOPC', 2: 'ILL_ILLOPN' },
  5: { 1: 'TRAP_BRKPT', 2: 'TRAP_TRACE' },
  7: { 1: 'BUS_ADRALN', 2: 'BUS_ADRERR' },
  8: { 1: 'FPE_INTDIV', 2: 'FPE_INTOVF' },
  11: { 1: 'SEGV_MAPERR', 2: 'SEGV_ACCERR', 3: 'SEGV_BNDERR', 4: 'SEGV_PKUERR' },
};
const COMMON: Record<number, string> = { 128: 'SI_KERNEL', 0: 'SI_USER', [-6]: 'SI_TKILL' };

/** `SIGSEGV`, or with a code `SIGSEGV (SEGV_BNDERR)`. */
export function signalName(signo: number, code?: number): string {
  const name = SIGNALS[signo - 1] ? `SIG${SIGNALS[signo - 1]}` : `signal ${signo}`;
  if (code === undefined) return name;
  const codeName = CODES[signo]?.[code] ?? COMMON[code];
  return codeName ? `${name} (${codeName})` : `${name} (code ${code})`;
}
