/** struct timespec, timeval and their pairs in user memory, as nanoseconds. */
import { type Abi, wordBytes, wordsOf } from '../abi.ts';
import { EFAULT, EINVAL } from '../errno.ts';
import type { Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_from_user, copy_to_user } from '../user.ts';

export const NS_PER_SECOND = 1_000_000_000n;
export const NS_PER_US = 1000n;

/** Bytes of a struct timespec or timeval: seconds and a fraction. */
export const timeSize = ({ time }: Abi): number => 2 * time;

/** `ns` as struct timespec (`unit` 1) or timeval (`unit` NS_PER_US). */
export const timeBytes = ({ time }: Abi, ns: bigint, unit = 1n): Uint8Array =>
  wordBytes(time, [ns / NS_PER_SECOND, (ns % NS_PER_SECOND) / unit]);

/** Two of them: an interval and a value. */
export function timePairBytes(abi: Abi, interval: bigint, value: bigint, unit = 1n): Uint8Array {
  const size = timeSize(abi);
  const image = new Uint8Array(2 * size);
  image.set(timeBytes(abi, interval, unit));
  image.set(timeBytes(abi, value, unit), size);
  return image;
}

/** → nanoseconds, −EFAULT, or −EINVAL for a time that is negative or whose fraction is too large */
export function* readTimespec(task: Task, address: bigint, unit = 1n): Steps<bigint | number> {
  const { abi } = task;
  const bytes = yield* copy_from_user(task, address, timeSize(abi));
  if (bytes.length < timeSize(abi)) return -EFAULT;
  const signed = (word: bigint) => BigInt.asIntN(8 * abi.time, word);
  const [seconds, whole] = wordsOf(abi.time, bytes).map(signed);
  // 32-bit programs may leave anything in the upper half of a 64-bit fraction.
  const fraction = abi.word === 4 ? BigInt.asIntN(32, whole) : whole;
  if (seconds < 0n || fraction < 0n || fraction * unit >= NS_PER_SECOND) return -EINVAL;
  return seconds * NS_PER_SECOND + fraction * unit;
}

/** → 0 or −EFAULT */
export function* writeTimespec(task: Task, address: bigint, ns: bigint): Steps<number> {
  return (yield* copy_to_user(task, address, timeBytes(task.abi, ns))) === 0 ? 0 : -EFAULT;
}
