/** System calls that change names: making, removing, renaming and linking. */
import {
  EBADF,
  EBUSY,
  EEXIST,
  EFAULT,
  EINVAL,
  EISDIR,
  ENOENT,
  ENOSPC,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
  EXDEV,
} from '../errno.ts';
import { Directory } from '../files/directory.ts';
import { type Inode, S_IFIFO, S_IFMT, S_IFREG, Symlink } from '../files/inode.ts';
import type { Place } from '../files/lookup.ts';
import { PipeInode } from '../files/pipe.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_to_user } from '../user.ts';
import { newFile } from './open.ts';
import {
  AT_EMPTY_PATH,
  AT_REMOVEDIR,
  AT_SYMLINK_FOLLOW,
  CWD,
  inodeAt,
  pathAt,
  placeAt,
  viewOf,
} from './path-argument.ts';

/** Counts what the guest makes. → 0 or −ENOSPC */
function admit(task: Task, inode: Inode): number {
  const { fs } = task.process.fs.root;
  if (!fs.mayCreate()) return -ENOSPC;
  fs.created++;
  inode.created = true;
  return 0;
}

/** The place of a path argument. → or −errno */
function* place(task: Task, dfd: bigint, filename: bigint, follow = false): Steps<Place | number> {
  const path = yield* pathAt(task, filename);
  return typeof path === 'number' ? path : placeAt(task, dfd, path, follow);
}

/** Whether something may be made at `where`. → 0 or −errno */
function vacant(where: Place, directory = false): number {
  if (where.inode || where.name === '.') return -EEXIST;
  if (where.slash && !directory) return -ENOENT;
  return where.parent.dev === where.parent.fs.dev ? 0 : -EPERM;
}

function put(task: Task, where: Place | number, inode: Inode, directory = false): number {
  if (typeof where === 'number') return where;
  const free = vacant(where, directory);
  if (free !== 0) return free;
  const admitted = admit(task, inode);
  return admitted !== 0 ? admitted : where.parent.add(where.name, inode);
}

export const do_mkdirat: (task: Task, dfd: bigint, filename: bigint, mode: bigint) => Steps<number> = kernelFunction(
  'do_mkdirat',
  function* (frame, task: Task, dfd: bigint, filename: bigint, mode: bigint) {
    const where = yield* place(task, dfd, filename);
    yield frame.at('do_mkdirat: make the directory', { dfd, filename, mode });
    const { fs, root } = { fs: task.process.fs, root: task.process.fs.root };
    const made = new Directory(root.fs, Number(mode & 0o1777n) & ~fs.umask, root);
    return put(task, where, made, true);
  },
);

export const sys_mkdir = kernelFunction(
  'sys_mkdir',
  function* (frame, task: Task, filename: bigint, mode: bigint): Steps<number> {
    yield frame.at('sys_mkdir: make a directory', { filename, mode });
    return yield* do_mkdirat(task, CWD, filename, mode);
  },
);

export const sys_mkdirat = kernelFunction(
  'sys_mkdirat',
  function* (frame, task: Task, dfd: bigint, filename: bigint, mode: bigint): Steps<number> {
    yield frame.at('sys_mkdirat: make a directory', { dfd, filename, mode });
    return yield* do_mkdirat(task, dfd, filename, mode);
  },
);

const do_mknodat: (task: Task, dfd: bigint, filename: bigint, mode: bigint) => Steps<number> = kernelFunction(
  'do_mknodat',
  function* (frame, task: Task, dfd: bigint, filename: bigint, mode: bigint) {
    const where = yield* place(task, dfd, filename);
    const type = Number(mode) & S_IFMT;
    yield frame.at('do_mknodat: make a file or a FIFO', { dfd, filename, mode, type });
    // Devices of the guest's own are not to be had.
    if (type !== 0 && type !== S_IFREG && type !== S_IFIFO) return -EPERM;
    if (type === S_IFIFO)
      return put(task, where, new PipeInode(task.process.fs.root.fs, Number(mode) & 0o7777 & ~task.process.fs.umask));
    const file = newFile(task, Number(mode));
    return typeof file === 'number' ? file : put(task, where, file);
  },
);

export const sys_mknod = kernelFunction(
  'sys_mknod',
  function* (frame, task: Task, filename: bigint, mode: bigint): Steps<number> {
    yield frame.at('sys_mknod: make a file', { filename, mode });
    return yield* do_mknodat(task, CWD, filename, mode);
  },
);

export const sys_mknodat = kernelFunction(
  'sys_mknodat',
  function* (frame, task: Task, dfd: bigint, filename: bigint, mode: bigint): Steps<number> {
    yield frame.at('sys_mknodat: make a file', { dfd, filename, mode });
    return yield* do_mknodat(task, dfd, filename, mode);
  },
);

/** The name `inode` had is gone. */
function unlinked(inode: Inode): void {
  if (inode instanceof Directory) inode.deleted = true;
  inode.nlink = inode instanceof Directory ? 0 : inode.nlink - 1;
  inode.ctime = inode.fs.now;
  if (inode.nlink === 0 && inode.openCount === 0) inode.evict();
}

function removeName({ parent, name }: Place, inode: Inode): number {
  if (parent.dev !== inode.fs.dev) return -EPERM;
  const removed = parent.remove(name);
  if (removed === 0) unlinked(inode);
  return removed;
}

const do_rmdir: (task: Task, dfd: bigint, filename: bigint) => Steps<number> = kernelFunction(
  'do_rmdir',
  function* (frame, task: Task, dfd: bigint, filename: bigint) {
    const path = yield* pathAt(task, filename);
    yield frame.at('do_rmdir: remove the directory', { dfd, path });
    if (typeof path === 'number') return path;
    const where = placeAt(task, dfd, path, false);
    if (typeof where === 'number') return where;
    const { inode, name } = where;
    if (!inode) return -ENOENT;
    if (name === '.')
      return /(^|\/)\.\.\/*$/.test(path) ? -ENOTEMPTY : inode === task.process.fs.root ? -EBUSY : -EINVAL;
    if (!(inode instanceof Directory)) return -ENOTDIR;
    return inode.isEmpty ? removeName(where, inode) : -ENOTEMPTY;
  },
);

export const sys_rmdir = kernelFunction('sys_rmdir', function* (frame, task: Task, filename: bigint): Steps<number> {
  yield frame.at('sys_rmdir: remove a directory', { filename });
  return yield* do_rmdir(task, CWD, filename);
});

const do_unlinkat: (task: Task, dfd: bigint, filename: bigint) => Steps<number> = kernelFunction(
  'do_unlinkat',
  function* (frame, task: Task, dfd: bigint, filename: bigint) {
    const where = yield* place(task, dfd, filename);
    yield frame.at('do_unlinkat: remove the name', { dfd, filename });
    if (typeof where === 'number') return where;
    const { inode } = where;
    if (!inode) return -ENOENT;
    if (inode instanceof Directory) return -EISDIR;
    return removeName(where, inode);
  },
);

export const sys_unlink = kernelFunction('sys_unlink', function* (frame, task: Task, filename: bigint): Steps<number> {
  yield frame.at('sys_unlink: remove a name', { filename });
  return yield* do_unlinkat(task, CWD, filename);
});

export const sys_unlinkat = kernelFunction(
  'sys_unlinkat',
  function* (frame, task: Task, dfd: bigint, filename: bigint, flags: bigint): Steps<number> {
    yield frame.at('sys_unlinkat: remove a name', { dfd, filename, flags });
    if (flags & ~AT_REMOVEDIR) return -EINVAL;
    return yield* flags ? do_rmdir(task, dfd, filename) : do_unlinkat(task, dfd, filename);
  },
);

const RENAME_NOREPLACE = 1;
const RENAME_EXCHANGE = 2;

/** Whether `inside` is `outer` or lies below it. */
function contains(outer: Inode, inside: Directory): boolean {
  for (let at = inside; ; at = at.parent) {
    if (at === outer) return true;
    if (at.parent === at) return false;
  }
}

/** Checks that what is at `to` may be replaced by `source`. → 0 or −errno */
function replaceable(source: Inode, target: Inode, flags: number): number {
  if (flags & RENAME_NOREPLACE) return -EEXIST;
  if (flags & RENAME_EXCHANGE) return 0;
  if (source instanceof Directory) {
    if (!(target instanceof Directory)) return -ENOTDIR;
    return target.isEmpty ? 0 : -ENOTEMPTY;
  }
  return target instanceof Directory ? -EISDIR : 0;
}

function rename(from: Place, to: Place, flags: number): number {
  const source = from.inode;
  const target = to.inode;
  if (from.name === '.' || to.name === '.') return -EBUSY;
  if (!source || (!target && flags & RENAME_EXCHANGE)) return -ENOENT;
  if (from.parent.dev !== to.parent.dev) return -EXDEV;
  if (from.parent.dev !== source.fs.dev) return -EPERM;
  if (!(source instanceof Directory) && (from.slash || to.slash)) return -ENOTDIR;
  if (source === target) return flags & RENAME_NOREPLACE ? -EEXIST : 0;
  if (contains(source, to.parent)) return -EINVAL;
  if (target && contains(target, from.parent)) return -ENOTEMPTY;
  if (target) {
    const allowed = replaceable(source, target, flags);
    if (allowed !== 0) return allowed;
  }
  return from.parent.move(from.name, to.parent, to.name, (flags & RENAME_EXCHANGE) !== 0, unlinked);
}

const do_renameat2: (
  task: Task,
  from: readonly [bigint, bigint],
  to: readonly [bigint, bigint],
  flags: bigint,
) => Steps<number> = kernelFunction(
  'do_renameat2',
  function* (frame, task: Task, from: readonly [bigint, bigint], to: readonly [bigint, bigint], flags: bigint) {
    const source = yield* place(task, ...from);
    const target = yield* place(task, ...to);
    yield frame.at('do_renameat2: give the new name', { flags });
    const how = Number(BigInt.asUintN(32, flags));
    if (how & ~3 || how === 3) return -EINVAL;
    if (typeof source === 'number') return source;
    return typeof target === 'number' ? target : rename(source, target, how);
  },
);

export const sys_rename = kernelFunction(
  'sys_rename',
  function* (frame, task: Task, from: bigint, to: bigint): Steps<number> {
    yield frame.at('sys_rename: rename', { from, to });
    return yield* do_renameat2(task, [CWD, from], [CWD, to], 0n);
  },
);

export const sys_renameat = kernelFunction(
  'sys_renameat',
  function* (frame, task: Task, fromDir: bigint, from: bigint, toDir: bigint, to: bigint): Steps<number> {
    yield frame.at('sys_renameat: rename', { fromDir, from, toDir, to });
    return yield* do_renameat2(task, [fromDir, from], [toDir, to], 0n);
  },
);

export const sys_renameat2 = kernelFunction(
  'sys_renameat2',
  function* (
    frame,
    task: Task,
    fromDir: bigint,
    from: bigint,
    toDir: bigint,
    to: bigint,
    flags: bigint,
  ): Steps<number> {
    yield frame.at('sys_renameat2: rename', { fromDir, from, toDir, to, flags });
    return yield* do_renameat2(task, [fromDir, from], [toDir, to], flags);
  },
);

const do_linkat: (
  task: Task,
  from: readonly [bigint, bigint],
  to: readonly [bigint, bigint],
  flags: bigint,
) => Steps<number> = kernelFunction(
  'do_linkat',
  function* (frame, task: Task, from: readonly [bigint, bigint], to: readonly [bigint, bigint], flags: bigint) {
    const path = yield* pathAt(task, from[1]);
    yield frame.at('do_linkat: give another name', { path, flags });
    if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) return -EINVAL;
    if (typeof path === 'number') return path;
    const nofollow = flags & AT_SYMLINK_FOLLOW ? 0n : 0x100n;
    const inode = inodeAt(task, from[0], path, nofollow | (flags & AT_EMPTY_PATH));
    if (typeof inode === 'number') return inode;
    const where = yield* place(task, ...to);
    if (typeof where === 'number') return where;
    const free = vacant(where);
    if (free !== 0) return free;
    if (inode instanceof Directory) return -EPERM;
    if (inode.dev !== where.parent.dev) return -EXDEV;
    inode.created = true;
    const added = where.parent.add(where.name, inode);
    if (added === 0) inode.nlink++;
    return added;
  },
);

export const sys_link = kernelFunction(
  'sys_link',
  function* (frame, task: Task, from: bigint, to: bigint): Steps<number> {
    yield frame.at('sys_link: link', { from, to });
    return yield* do_linkat(task, [CWD, from], [CWD, to], 0n);
  },
);

export const sys_linkat = kernelFunction(
  'sys_linkat',
  function* (
    frame,
    task: Task,
    fromDir: bigint,
    from: bigint,
    toDir: bigint,
    to: bigint,
    flags: bigint,
  ): Steps<number> {
    yield frame.at('sys_linkat: link', { fromDir, from, toDir, to, flags });
    return yield* do_linkat(task, [fromDir, from], [toDir, to], flags);
  },
);

const do_symlinkat: (task: Task, target: bigint, dfd: bigint, filename: bigint) => Steps<number> = kernelFunction(
  'do_symlinkat',
  function* (frame, task: Task, target: bigint, dfd: bigint, filename: bigint) {
    const text = yield* pathAt(task, target);
    yield frame.at('do_symlinkat: make the link', { target: text, dfd, filename });
    if (typeof text === 'number') return text;
    if (text === '') return -ENOENT;
    const where = yield* place(task, dfd, filename);
    return put(task, where, new Symlink(task.process.fs.root.fs, text));
  },
);

export const sys_symlink = kernelFunction(
  'sys_symlink',
  function* (frame, task: Task, target: bigint, filename: bigint): Steps<number> {
    yield frame.at('sys_symlink: make a symbolic link', { target, filename });
    return yield* do_symlinkat(task, target, CWD, filename);
  },
);

export const sys_symlinkat = kernelFunction(
  'sys_symlinkat',
  function* (frame, task: Task, target: bigint, dfd: bigint, filename: bigint): Steps<number> {
    yield frame.at('sys_symlinkat: make a symbolic link', { target, dfd, filename });
    return yield* do_symlinkat(task, target, dfd, filename);
  },
);

const do_readlinkat: (task: Task, dfd: bigint, filename: bigint, buf: bigint, size: bigint) => Steps<number> =
  kernelFunction(
    'do_readlinkat',
    function* (frame, task: Task, dfd: bigint, filename: bigint, buf: bigint, size: bigint) {
      const path = yield* pathAt(task, filename);
      yield frame.at('do_readlinkat: read the link', { dfd, path, buf, size });
      const room = Number(BigInt.asIntN(32, size));
      if (room <= 0) return -EINVAL;
      if (typeof path === 'number') return path;
      const inode = inodeAt(task, dfd, path, 0x100n | AT_EMPTY_PATH);
      if (typeof inode === 'number') return path === '' && inode === -EBADF ? -ENOENT : inode;
      if (!(inode instanceof Symlink)) return path === '' ? -ENOENT : -EINVAL;
      const bytes = new TextEncoder().encode(inode.target(viewOf(task))).subarray(0, room);
      return (yield* copy_to_user(task, buf, bytes)) === 0 ? bytes.length : -EFAULT;
    },
  );

export const sys_readlink = kernelFunction(
  'sys_readlink',
  function* (frame, task: Task, filename: bigint, buf: bigint, size: bigint): Steps<number> {
    yield frame.at('sys_readlink: read the link', { filename, buf, size });
    return yield* do_readlinkat(task, CWD, filename, buf, size);
  },
);

export const sys_readlinkat = kernelFunction(
  'sys_readlinkat',
  function* (frame, task: Task, dfd: bigint, filename: bigint, buf: bigint, size: bigint): Steps<number> {
    yield frame.at('sys_readlinkat: read the link', { dfd, filename, buf, size });
    return yield* do_readlinkat(task, dfd, filename, buf, size);
  },
);
