/** System calls on directories: listing them, and being in one. */
import { wordBytes } from '../abi.ts';
import { EBADF, EFAULT, EINVAL, ENOENT, ENOTDIR, ERANGE } from '../errno.ts';
import { Directory } from '../files/directory.ts';
import { S_IFMT } from '../files/inode.ts';
import { DirectoryFile } from '../files/open-file.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_to_user } from '../user.ts';
import { CWD, inodeAt, pathAt, viewOf } from './path-argument.ts';

const encoder = new TextEncoder();

/** Which structure lists an entry: linux_dirent64, or the older form with two words and the type in the last byte. */
type Dirent = { word: 4 | 8; wide: boolean };
const DIRENT64: Dirent = { word: 8, wide: true };

function direntImage(ino: number, next: number, type: number, name: string, { word, wide }: Dirent): Uint8Array {
  const bytes = encoder.encode(name);
  const header = 2 * word + (wide ? 3 : 2);
  const length = Math.ceil((header + bytes.length + (wide ? 1 : 2)) / word) * word;
  const image = new Uint8Array(length);
  image.set(wordBytes(word, [BigInt(ino), BigInt(next)]));
  new DataView(image.buffer).setUint16(2 * word, length, true);
  image[wide ? 18 : length - 1] = type;
  image.set(bytes, header);
  return image;
}

const iterate_dir: (task: Task, fd: bigint, buf: bigint, count: bigint, dirent: Dirent) => Steps<number> =
  kernelFunction('iterate_dir', function* (frame, task: Task, fd: bigint, buf: bigint, count: bigint, dirent: Dirent) {
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
      const image = direntImage(entry.ino, file.index + 1, (entry.mode & S_IFMT) >> 12, name, dirent);
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
    return yield* iterate_dir(task, fd, buf, count, { word: task.abi.word, wide: false });
  },
);

export const sys_getdents64 = kernelFunction(
  'sys_getdents64',
  function* (frame, task: Task, fd: bigint, buf: bigint, count: bigint): Steps<number> {
    yield frame.at('sys_getdents64: list the directory', { fd, buf, count });
    return yield* iterate_dir(task, fd, buf, count, DIRENT64);
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
