/** Path arguments of system calls, and from where they are looked up. */
import { EBADF, EFAULT, ENAMETOOLONG, ENOENT, ENOTDIR } from '../errno.ts';
import { Directory } from '../files/directory.ts';
import type { Inode } from '../files/inode.ts';
import { find, lookup, type Place, type Viewpoint } from '../files/lookup.ts';
import type { Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { access_ok, strncpy_from_user } from '../user.ts';

const PATH_MAX = 4096;
const AT_FDCWD = -100n;
export const AT_SYMLINK_NOFOLLOW = 0x100n;
export const AT_REMOVEDIR = 0x200n;
export const AT_SYMLINK_FOLLOW = 0x400n;
export const AT_EMPTY_PATH = 0x1000n;

const decoder = new TextDecoder();

export function viewOf(task: Task): Viewpoint {
  const { fs, pid } = task.process;
  return { root: fs.root, cwd: fs.cwd, pid, tid: task.tid };
}

/** Path argument as text, or −errno. */
export function* pathAt(task: Task, addr: bigint): Steps<string | number> {
  const bytes = yield* strncpy_from_user(task, addr, PATH_MAX);
  if (bytes) return decoder.decode(bytes);
  // No end within the limit, or no memory: what lies at the limit tells.
  const last = access_ok(addr, BigInt(PATH_MAX)) && task.mm.memory.protection(addr + BigInt(PATH_MAX - 1));
  return last ? -ENAMETOOLONG : -EFAULT;
}

/** Where a relative path of an …at call begins. undefined: at the current directory. → or −errno */
function startOf(task: Task, dfd: bigint, path: string): Directory | number | undefined {
  if (path.startsWith('/') || BigInt.asIntN(32, dfd) === AT_FDCWD) return undefined;
  const file = task.process.files.get(dfd);
  if (!file) return -EBADF;
  return file.inode instanceof Directory ? file.inode : -ENOTDIR;
}

/** The place that a path names. → or −errno */
export function placeAt(task: Task, dfd: bigint, path: string, follow: boolean): Place | number {
  if (path === '') return -ENOENT;
  const at = startOf(task, dfd, path);
  return typeof at === 'number' ? at : lookup(viewOf(task), path, { at, follow });
}

/** What a path names; with AT_EMPTY_PATH in `flags` an empty path names the descriptor itself. → inode or −errno */
export function inodeAt(task: Task, dfd: bigint, path: string, flags = 0n): Inode | number {
  if (path === '' && flags & AT_EMPTY_PATH) {
    if (BigInt.asIntN(32, dfd) === AT_FDCWD) return task.process.fs.cwd;
    return task.process.files.get(dfd)?.inode ?? -EBADF;
  }
  const at = startOf(task, dfd, path);
  return typeof at === 'number' ? at : find(viewOf(task), path, { at, follow: !(flags & AT_SYMLINK_NOFOLLOW) });
}

/** dfd of calls without one. */
export const CWD = BigInt.asUintN(64, AT_FDCWD);
