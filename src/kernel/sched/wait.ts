import type { Abi } from '../abi.ts';

/**
 * What a sleeping system call has to remember. Sleeping is data: a call may yield a blocked step only where it could be dropped and
 * entered again from the start without repeating an effect. What must survive that is here, in `task.wait`: set before the first
 * blocked yield, cleared when the call ends. A call entered with `task.wait` present continues that wait.
 */
export type Wait = SleepWait | FileWait | SignalWait | ChildWait | VforkWait | FutexWait;

interface Timed {
  /** Nanoseconds on the world's clock at which the wait ends by itself. */
  until?: bigint;
}
export interface SleepWait extends Timed {
  kind: 'sleep';
}
/** For something a descriptor stands for: input, room in a pipe, readiness. */
export interface FileWait extends Timed {
  kind: 'file';
  /** Bytes written before the wait. */
  done?: bigint;
}
export interface SignalWait extends Timed {
  kind: 'signal';
  /** The set that sigtimedwait takes from. */
  wanted?: bigint;
}
export interface ChildWait extends Timed {
  kind: 'child';
}
/** For the child of a vfork to give the memory back. */
export interface VforkWait extends Timed {
  kind: 'vfork';
  pid: number;
}
export interface FutexWait extends Timed {
  kind: 'futex';
  key: string;
  bitset: number;
  /** Waits for a lock with priority inheritance, rather than for a wake-up. */
  pi: boolean;
  /** Waiters are woken in the order in which they came. */
  order: number;
  woken: boolean;
}

/** How a call that a signal interrupted goes on as restart_syscall: its deadline must not move. */
export type RestartBlock =
  | { kind: 'sleep'; until: bigint; remaining: bigint; abi: Abi }
  | { kind: 'futex'; uaddr: bigint; val: bigint; bitset: number; until: bigint | undefined };
