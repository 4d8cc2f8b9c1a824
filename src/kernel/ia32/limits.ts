/** getrlimit as it was before 2.4: no limit is larger than a signed int. */
import { wordBytes, wordsOf } from '../abi.ts';
import { EFAULT } from '../errno.ts';
import type { Steps } from '../steps.ts';
import { sys_getrlimit } from '../syscalls/limits.ts';
import type { Task } from '../task.ts';
import { copy_from_user, copy_to_user } from '../user.ts';

const MOST = 0x7fff_ffffn;

export function* sys_old_getrlimit(task: Task, resource: bigint, rlim: bigint): Steps<number> {
  const result = yield* sys_getrlimit(task, resource, rlim);
  if (result !== 0) return result;
  const words = wordsOf(4, yield* copy_from_user(task, rlim, 8));
  const image = wordBytes(
    4,
    words.map((word) => (word > MOST ? MOST : word)),
  );
  return (yield* copy_to_user(task, rlim, image)) === 0 ? 0 : -EFAULT;
}
