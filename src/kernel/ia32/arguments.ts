/** Calls whose arguments i386 passes otherwise: 64-bit offsets in two words, several arguments in memory, signed ones of 32 bits. */
import { wordsOf } from '../abi.ts';
import { EFAULT, EINVAL } from '../errno.ts';
import { sys_wait4 } from '../exit/wait.ts';
import { sys_clone } from '../fork/clone.ts';
import type { Steps } from '../steps.ts';
import * as attributes from '../syscalls/attributes.ts';
import { sys_mmap } from '../syscalls/memory.ts';
import { sys_select } from '../syscalls/poll.ts';
import * as transfers from '../syscalls/read-write.ts';
import type { SystemCall } from '../syscalls/table.ts';
import type { Task } from '../task.ts';
import { copy_from_user, put_user } from '../user.ts';

const PAGE_SHIFT = 12n;

const joined = (low: bigint, high: bigint): bigint => (high << 32n) | low;
const signed = (word: bigint): bigint => BigInt.asUintN(64, BigInt.asIntN(32, word));

/** `count` arguments in memory; undefined is −EFAULT. */
export function* argumentsAt(task: Task, at: bigint, count: number): Steps<bigint[] | undefined> {
  const bytes = yield* copy_from_user(task, at, 4 * count);
  return bytes.length < 4 * count ? undefined : wordsOf(4, bytes);
}

export const sys32_waitpid: SystemCall = (task, pid, status, options) => sys_wait4(task, pid, status, options, 0n);

export const sys32_lseek: SystemCall = (task, fd, offset, whence) =>
  transfers.sys_lseek(task, fd, signed(offset), whence);

export function* sys_llseek(
  task: Task,
  fd: bigint,
  high: bigint,
  low: bigint,
  result: bigint,
  whence: bigint,
): Steps<number | bigint> {
  const position = BigInt(yield* transfers.sys_lseek(task, fd, joined(low, high), whence));
  if (position < 0n) return position;
  return (yield* put_user(task, result, 8, position)) === 0 ? 0 : -EFAULT;
}

export const sys32_pread64: SystemCall = (task, fd, buf, count, low, high) =>
  transfers.sys_pread64(task, fd, buf, count, joined(low, high));
export const sys32_pwrite64: SystemCall = (task, fd, buf, count, low, high) =>
  transfers.sys_pwrite64(task, fd, buf, count, joined(low, high));
export const sys32_preadv: SystemCall = (task, fd, vec, count, low, high) =>
  transfers.sys_preadv(task, fd, vec, count, joined(low, high));
export const sys32_pwritev: SystemCall = (task, fd, vec, count, low, high) =>
  transfers.sys_pwritev(task, fd, vec, count, joined(low, high));

export const sys32_truncate: SystemCall = (task, path, length) => attributes.sys_truncate(task, path, signed(length));
export const sys32_ftruncate: SystemCall = (task, fd, length) => attributes.sys_ftruncate(task, fd, signed(length));
export const sys32_truncate64: SystemCall = (task, path, low, high) =>
  attributes.sys_truncate(task, path, joined(low, high));
export const sys32_ftruncate64: SystemCall = (task, fd, low, high) =>
  attributes.sys_ftruncate(task, fd, joined(low, high));

export const sys32_fadvise64: SystemCall = (task, fd, low, high, length, advice) =>
  attributes.sys_fadvise64(task, fd, joined(low, high), length, advice);
export const sys32_fadvise64_64: SystemCall = (task, fd, low, high, lengthLow, lengthHigh, advice) =>
  attributes.sys_fadvise64(task, fd, joined(low, high), joined(lengthLow, lengthHigh), advice);
export const sys32_fallocate: SystemCall = (task, fd, mode, low, high, lengthLow, lengthHigh) =>
  attributes.sys_fallocate(task, fd, mode, joined(low, high), joined(lengthLow, lengthHigh));

export const sys_mmap_pgoff: SystemCall = (task, addr, len, prot, flags, fd, pgoff) =>
  sys_mmap(task, addr, len, prot, flags, fd, pgoff << PAGE_SHIFT);

export function* sys_old_mmap(task: Task, at: bigint): Steps<bigint> {
  const values = yield* argumentsAt(task, at, 6);
  if (!values) return BigInt(-EFAULT);
  const [addr, len, prot, flags, fd, offset] = values;
  if (offset & 0xfffn) return BigInt(-EINVAL);
  return yield* sys_mmap(task, addr, len, prot, flags, fd, offset);
}

export function* sys_old_select(task: Task, at: bigint): Steps<number> {
  const values = yield* argumentsAt(task, at, 5);
  if (!values) return -EFAULT;
  const [n, inp, outp, exp, tvp] = values;
  return yield* sys_select(task, n, inp, outp, exp, tvp);
}

/** clone: i386 has the descriptor before the child's word. */
export const sys32_clone: SystemCall = (task, flags, stack, parentTid, tls, childTid) =>
  sys_clone(task, flags, stack, parentTid, childTid, tls);

const NOBODY_16 = 0xffffn;
const id16 = (id: bigint): bigint => {
  const low = id & NOBODY_16;
  return low === NOBODY_16 ? 0xffff_ffffn : low;
};
/** chown and its like from the time of 16-bit identities: a file, then user and group. */
export const with16BitIds =
  (call: SystemCall): SystemCall =>
  (task, file, user, group) =>
    call(task, file, id16(user), id16(group));
