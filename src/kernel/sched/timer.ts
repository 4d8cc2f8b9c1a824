/** A timer of a process, as the world keeps it. */
export interface Timer {
  readonly pid: number;
  /** ITIMER_… of an interval timer, or the number of a POSIX timer. */
  readonly id: number;
  readonly kind: 'interval' | 'posix';
  /** Whether it runs with the world's clock or only while its process does. */
  readonly clock: 'world' | 'cpu';
  /** The clock a POSIX timer was made for: absolute times are on it. */
  readonly source?: bigint;
  /** Nanoseconds on its clock; undefined while it is off. */
  expires: bigint | undefined;
  /** 0: it expires once. */
  interval: bigint;
  /** 0: no signal. */
  readonly signo: number;
  readonly value: bigint;
  /** The thread that gets the signal; without one it is the process. */
  readonly tid: number | undefined;
  /** Expirations that no signal of their own told of, at the last signal. */
  overrun: number;
}
