/** Results of system calls that a signal cut short. User code never sees them. */

/** Restarted if no handler runs or the handler has SA_RESTART, otherwise −EINTR. */
export const ERESTARTSYS = 512;
/** Restarted in any case. */
export const ERESTARTNOINTR = 513;
/** Never restarted once a handler has run (pause, sigsuspend). */
export const ERESTARTNOHAND = 514;
/** Continued by restart_syscall with what `task.restartBlock` remembers; −EINTR once a handler has run. */
export const ERESTART_RESTARTBLOCK = 516;

export type RestartCode = 512 | 513 | 514 | 516;
const CODES: readonly number[] = [ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK];

/** The restart code in a system call's result, if it is one. */
export function restartCode(result: bigint): RestartCode | undefined {
  const code = Number(BigInt.asIntN(32, -result));
  return result < 0n && CODES.includes(code) ? (code as RestartCode) : undefined;
}
