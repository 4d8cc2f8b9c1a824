/** System calls that open files. */
import { EEXIST, EINVAL, EISDIR, ELOOP, ENOENT, ENOSPC, ENOTDIR, ENXIO } from '../errno.ts';
import { Directory } from '../files/directory.ts';
import { type Inode, RegularFile, S_IFREG, Symlink } from '../files/inode.ts';
import type { Place } from '../files/lookup.ts';
import {
  DirectoryFile,
  InodeFile,
  isOpenable,
  O_ACCMODE,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_TMPFILE,
  O_TRUNC,
  type OpenFile,
  PathFile,
} from '../files/open-file.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { CWD, pathAt, placeAt, viewOf } from './path-argument.ts';

/** Flags of open(2) that say how to open, and are not kept. */
const TRANSIENT = O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | 0o400;
const O_LARGEFILE = 0o100000;

/** The file does not go into a directory: memory for the guest's files only. → inode or −errno */
export function newFile(task: Task, mode: number): RegularFile | number {
  const { fs } = task.process.fs.root;
  if (!fs.mayCreate()) return -ENOSPC;
  const inode = new RegularFile(fs, mode & 0o7777 & ~task.process.fs.umask);
  inode.created = true;
  fs.created++;
  return inode;
}

function create(task: Task, place: Place, mode: number): Inode | number {
  if (place.slash) return -EISDIR;
  const inode = newFile(task, mode);
  if (typeof inode === 'number') return inode;
  const added = place.parent.add(place.name, inode);
  return added === 0 ? inode : added;
}

/** Opens what exists. → description or −errno */
function openInode(task: Task, inode: Inode, flags: number, path: string): OpenFile | number {
  const writes = (flags & O_ACCMODE) !== 0;
  if (flags & O_DIRECTORY && !(inode instanceof Directory)) return -ENOTDIR;
  const kept = (flags & ~TRANSIENT) | O_LARGEFILE;
  if (flags & O_PATH) return new PathFile(inode, kept, path);
  if (inode instanceof Symlink) return -ELOOP;
  if (inode instanceof Directory) return writes || flags & O_CREAT ? -EISDIR : new DirectoryFile(inode, kept, path);
  if (isOpenable(inode)) return inode.open(viewOf(task), kept, path);
  if (!(inode instanceof RegularFile)) return -ENXIO;
  if (flags & O_TRUNC && writes) {
    const cut = inode.truncate(0);
    if (cut !== 0) return cut;
  }
  const content = inode.load();
  return typeof content === 'number' ? content : new InodeFile(inode, kept, path);
}

/** → description or −errno */
function openPlace(task: Task, place: Place, flags: number, mode: number): OpenFile | number {
  let { inode } = place;
  if (inode && flags & O_CREAT && flags & O_EXCL) return -EEXIST;
  if (!inode) {
    if (!(flags & O_CREAT)) return -ENOENT;
    if (flags & O_DIRECTORY) return -EINVAL;
    const made = create(task, place, mode);
    if (typeof made === 'number') return made;
    inode = made;
  }
  const path = inode instanceof Directory ? inode.path : place.parent.pathOf(place.name);
  return openInode(task, inode, flags, path);
}

/** A file without a name (O_TMPFILE). */
function openUnnamed(task: Task, place: Place, flags: number, mode: number): OpenFile | number {
  if (!(flags & O_ACCMODE)) return -EINVAL;
  if (!(place.inode instanceof Directory)) return place.inode ? -ENOTDIR : -ENOENT;
  const inode = newFile(task, mode);
  if (typeof inode === 'number') return inode;
  inode.nlink = 0;
  return new InodeFile(inode, flags & ~TRANSIENT, `${place.inode.pathOf(`#${inode.ino}`)} (deleted)`);
}

export const do_sys_open: (task: Task, dfd: bigint, filename: bigint, flags: bigint, mode: bigint) => Steps<number> =
  kernelFunction(
    'do_sys_open',
    function* (frame, task: Task, dfd: bigint, filename: bigint, flags: bigint, mode: bigint) {
      const path = yield* pathAt(task, filename);
      const how = Number(BigInt.asUintN(31, flags));
      yield frame.at('do_sys_open: look the path up', { path, flags: how });
      if (typeof path === 'number') return path;
      const unnamed = (how & O_TMPFILE) === O_TMPFILE;
      const exclusive = (how & (O_CREAT | O_EXCL)) === (O_CREAT | O_EXCL);
      const place = placeAt(task, dfd, path, !(how & O_NOFOLLOW) && !exclusive);
      if (typeof place === 'number') return place;
      const file = unnamed
        ? openUnnamed(task, place, how, Number(mode & 0o7777n))
        : openPlace(task, place, how, Number(mode & 0o7777n) | S_IFREG);
      return typeof file === 'number' ? file : task.process.files.add(file, (how & O_CLOEXEC) !== 0);
    },
  );

export const sys_open = kernelFunction(
  'sys_open',
  function* (frame, task: Task, filename: bigint, flags: bigint, mode: bigint): Steps<number> {
    yield frame.at('sys_open: open', { filename, flags });
    return yield* do_sys_open(task, CWD, filename, flags, mode);
  },
);

export const sys_openat = kernelFunction(
  'sys_openat',
  function* (frame, task: Task, dfd: bigint, filename: bigint, flags: bigint, mode: bigint): Steps<number> {
    yield frame.at('sys_openat: open', { dfd, filename, flags });
    return yield* do_sys_open(task, dfd, filename, flags, mode);
  },
);

export const sys_creat = kernelFunction(
  'sys_creat',
  function* (frame, task: Task, filename: bigint, mode: bigint): Steps<number> {
    yield frame.at('sys_creat: make the file', { filename, mode });
    return yield* do_sys_open(task, CWD, filename, 0o1101n, mode);
  },
);

const MFD_CLOEXEC = 1n;
const MFD_ALL = 7n;
export const sys_memfd_create = kernelFunction(
  'sys_memfd_create',
  function* (frame, task: Task, name: bigint, flags: bigint): Steps<number> {
    const text = yield* pathAt(task, name);
    yield frame.at('sys_memfd_create: make a file without a place', { name: text, flags });
    if (typeof text === 'number') return text;
    if (flags & ~MFD_ALL || text.length > 249) return -EINVAL;
    const inode = newFile(task, 0o777);
    if (typeof inode === 'number') return inode;
    inode.nlink = 0;
    inode.mode = S_IFREG | 0o777;
    const file = new InodeFile(inode, 2 | O_LARGEFILE, `/memfd:${text} (deleted)`);
    return task.process.files.add(file, (flags & MFD_CLOEXEC) !== 0n);
  },
);

/** Whether a file may be executed: root may what anybody may. */
export const executable = (inode: Inode): boolean => inode instanceof Directory || (inode.mode & 0o111) !== 0;
