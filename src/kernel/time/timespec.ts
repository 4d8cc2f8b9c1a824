/** struct timespec, timeval and their pairs in user memory, as nanoseconds. */
import { EFAULT, EINVAL } from '../errno.ts';
import type { Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_from_user, copy_to_user } from '../user.ts';

export const NS_PER_SECOND = 1_000_000_000n;
export const NS_PER_US = 1000n;
const SIZE = 16;

/** Two 64-bit words: seconds and a fraction. */
export function pair(seconds: bigint, fraction: bigint): Uint8Array {
  const view = new DataView(new ArrayBuffer(SIZE));
  view.setBigInt64(0, seconds, true);
  view.setBigInt64(8, fraction, true);
  return new Uint8Array(view.buffer);
}

/** `ns` as struct timespec (`unit` 1) or timeval (`unit` NS_PER_US). */
export const timeBytes = (ns: bigint, unit = 1n): Uint8Array => pair(ns / NS_PER_SECOND, (ns % NS_PER_SECOND) / unit);

/** → nanoseconds, −EFAULT, or −EINVAL for a time that is negative or whose fraction is too large */
export function* readTimespec(task: Task, address: bigint, unit = 1n): Steps<bigint | number> {
  const bytes = yield* copy_from_user(task, address, SIZE);
  if (bytes.length < SIZE) return -EFAULT;
  const view = new DataView(bytes.buffer, bytes.byteOffset, SIZE);
  const seconds = view.getBigInt64(0, true);
  const fraction = view.getBigInt64(8, true);
  if (seconds < 0n || fraction < 0n || fraction * unit >= NS_PER_SECOND) return -EINVAL;
  return seconds * NS_PER_SECOND + fraction * unit;
}

/** → 0 or −EFAULT */
export function* writeTimespec(task: Task, address: bigint, ns: bigint): Steps<number> {
  return (yield* copy_to_user(task, address, timeBytes(ns))) === 0 ? 0 : -EFAULT;
}
