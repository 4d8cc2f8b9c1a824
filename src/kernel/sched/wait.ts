/**
 * What a sleeping system call has to remember. Sleeping is data: a call may yield a blocked step only where it could be dropped and
 * entered again from the start without repeating an effect. What must survive that is here, in `task.wait`: set before the first
 * blocked yield, cleared when the call ends. A call entered with `task.wait` present continues that wait.
 */
export type Wait = { /** Nanoseconds on the world's clock at which the wait ends by itself. */ until?: bigint } & (
  | { kind: 'sleep' }
  /** For something a descriptor stands for: input, room in a pipe, readiness. */
  | { kind: 'file' }
  | { kind: 'signal' }
);
