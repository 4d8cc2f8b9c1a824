/** System calls on directories: listing them, and being in one. */
import { EBADF, EFAULT, EINVAL, ENOENT, ENOTDIR, ERANGE } from '../errno.ts';
import { Directory } from '../files/directory.ts';
import { S_IFMT } from '../files/inode.ts';
import { DirectoryFile } from '../files/open-file.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_to_user } from '../user.ts';
import { CWD, inodeAt, pathAt, viewOf } from './path-argument.ts';

const encoder = new TextEncoder();

/** One entry; `wide` is struct linux_dirent64, else the older form with the type in the last byte. */
function direntImage(ino: number, next: number, type: number, name: string, wide: boolean): Uint8Array {
  const bytes = encoder.encode(name);
  const header = wide ? 19 : 18;
  const length = Math.ceil((header + bytes.length + (wide ? 1 : 2)) / 8) * 8;
  const image = new Uint8Array(length);
  const view = new DataView(image.buffer);
  view.setBigUint64(0, BigInt(ino), true);
  view.setBigUint64(8, BigInt(next), true);
  view.setUint16(16, length, true);
  image[wide ? 18 : length - 1] = type;
  image.set(bytes, header);
  return image;
}

const iterate_dir: (task: Task, fd: bigint, buf: bigint, count: bigint, wide: boolean) => Steps<number> =
  kernelFunction('iterate_dir', function* (frame, task: Task, fd: bigint, buf: bigint, count: bigint, wide: boolean) {
    const file = task.process.files.get(fd);
    yield frame.at('iterate_dir: copy entries', { fd, buf, count });
    if (!file) return -EBADF;
    const { inode } = file;
    if (!(file instanceof DirectoryFile) || !(inode instanceof Directory)) return -ENOTDIR;
    if (inode.deleted) return -ENOENT;
    const view = viewOf(task);
    file.names ??= ['.', '..', ...inode.list(view)];
    const room = Number(BigInt.asUintN(32, count));
    let done = 0;
    for (; file.index < file.names.length; file.index++) {
      const name = file.names[file.index];
      const entry = name === '.' ? inode : name === '..' ? inode.parent : inode.get(name, view);
      if (!entry) continue;
      const image = direntImage(entry.ino, file.index + 1, (entry.mode & S_IFMT) >> 12, name, wide);
      if (done + image.length > room) return done > 0 ? done : -EINVAL;
      if ((yield* copy_to_user(task, buf + BigInt(done), image)) !== 0) return -EFAULT;
      done += image.length;
    }
    return done;
  });

export const sys_getdents = kernelFunction(
  'sys_getdents',
  function* (frame, task: Task, fd: bigint, buf: bigint, count: bigint): Steps<number> {
    yield frame.at('sys_getdents: list the directory', { fd, buf, count });
    return yield* iterate_dir(task, fd, buf, count, false);
  },
);

export const sys_getdents64 = kernelFunction(
  'sys_getdents64',
  function* (frame, task: Task, fd: bigint, buf: bigint, count: bigint): Steps<number> {
    yield frame.at('sys_getdents64: list the directory', { fd, buf, count });
    return yield* iterate_dir(task, fd, buf, count, true);
  },
);

export const sys_getcwd = kernelFunction(
  'sys_getcwd',
  function* (frame, task: Task, buf: bigint, size: bigint): Steps<number> {
    const { cwd } = task.process.fs;
    yield frame.at('sys_getcwd: copy the path', { buf, size });
    if (cwd.deleted) return -ENOENT;
    const bytes = encoder.encode(`${cwd.path}\0`);
    if (BigInt(bytes.length) > size) return -ERANGE;
    return (yield* copy_to_user(task, buf, bytes)) === 0 ? bytes.length : -EFAULT;
  },
);

export const sys_chdir = kernelFunction('sys_chdir', function* (frame, task: Task, filename: bigint): Steps<number> {
  const path = yield* pathAt(task, filename);
  yield frame.at('sys_chdir: go to the directory', { path });
  if (typeof path === 'number') return path;
  const inode = inodeAt(task, CWD, path);
  if (typeof inode === 'number') return inode;
  if (!(inode instanceof Directory)) return -ENOTDIR;
  task.process.fs.cwd = inode;
  return 0;
});

export const sys_fchdir = kernelFunction('sys_fchdir', function* (frame, task: Task, fd: bigint): Steps<number> {
  const file = task.process.files.get(fd);
  yield frame.at('sys_fchdir: go to the directory', { fd });
  if (!file) return -EBADF;
  if (!(file.inode instanceof Directory)) return -ENOTDIR;
  task.process.fs.cwd = file.inode;
  return 0;
});
