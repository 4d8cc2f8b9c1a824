/** A folder of this machine for a guest: one entry at a time, and never through a link. */
import fs from 'node:fs';
import { join, sep } from 'node:path';
import type { HostChanges, HostEntry, HostTree } from '../kernel/files/host-tree.ts';

/** Larger files are not given to a guest: they are held in memory. */
const MAX_BYTES = 512 * 2 ** 20;

/** Names that would lead elsewhere. */
const isPlain = (name: string): boolean =>
  name !== '' && name !== '.' && name !== '..' && !name.includes('/') && !name.includes(sep) && !name.includes('\0');

export class NodeTree implements HostTree {
  readonly changes: HostChanges | undefined;
  /** Where the folder really lies. */
  private readonly root: string;

  /** Throws if there is no such folder. `writable`: the guest may change what is in it. */
  constructor(folder: string, writable = false) {
    this.root = fs.realpathSync(folder);
    if (!fs.statSync(this.root).isDirectory()) throw new Error(`${folder} is not a folder.`);
    this.changes = writable ? this.makeChanges() : undefined;
  }

  /** The path on this machine, if no folder on the way to it is a link. */
  private locate(path: readonly string[]): string | undefined {
    if (!path.every(isPlain)) return undefined;
    const parent = join(this.root, ...path.slice(0, -1));
    const last = path.at(-1);
    if (last === undefined) return this.root;
    // A link in the way would make the real path differ.
    return fs.realpathSync.native(parent) === parent ? join(parent, last) : undefined;
  }

  /** What `work` makes of the place; undefined if it is not to be had. */
  private at<T>(path: readonly string[], work: (place: string) => T | undefined): T | undefined {
    try {
      const place = this.locate(path);
      return place === undefined ? undefined : work(place);
    } catch {
      return undefined;
    }
  }

  stat(path: readonly string[]): HostEntry | undefined {
    return this.at(path, (place) => {
      const stats = fs.lstatSync(place, { bigint: true });
      const kind = stats.isFile()
        ? 'file'
        : stats.isDirectory()
          ? 'directory'
          : stats.isSymbolicLink()
            ? 'link'
            : undefined;
      if (!kind) return undefined;
      return {
        kind,
        mode: Number(stats.mode & 0o7777n),
        uid: Number(stats.uid),
        gid: Number(stats.gid),
        nlink: Number(stats.nlink),
        size: Number(stats.size),
        mtime: stats.mtimeNs,
      };
    });
  }

  list(path: readonly string[]): string[] {
    return this.at(path, (place) => (fs.lstatSync(place).isDirectory() ? fs.readdirSync(place) : undefined)) ?? [];
  }

  readLink(path: readonly string[]): string | undefined {
    return this.at(path, (place) => fs.readlinkSync(place));
  }

  read(path: readonly string[]): Uint8Array | undefined {
    return this.at(path, (place) => {
      const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;
      const fd = fs.openSync(place, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      try {
        const stats = fs.fstatSync(fd);
        // What has been opened is looked at again: a folder on the way may have become a link in the meantime.
        if (!stats.isFile() || stats.size > MAX_BYTES || openedPath(fd, place) !== place) return undefined;
        return new Uint8Array(fs.readFileSync(fd));
      } finally {
        fs.closeSync(fd);
      }
    });
  }

  private makeChanges(): HostChanges {
    const done = (path: readonly string[], work: (place: string) => void): boolean => {
      if (path.length === 0) return false;
      const result = this.at(path, (place) => {
        work(place);
        return true;
      });
      return result ?? false;
    };
    return {
      write: (path, bytes, mode) =>
        done(path, (place) => {
          const { O_WRONLY, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;
          const fd = fs.openSync(place, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, mode);
          try {
            if (!fs.fstatSync(fd).isFile() || openedPath(fd, place) !== place)
              throw new Error('not a file of the folder');
            fs.ftruncateSync(fd, 0);
            fs.writeSync(fd, bytes, 0, bytes.length, 0);
          } finally {
            fs.closeSync(fd);
          }
        }),
      makeFolder: (path, mode) => done(path, (place) => fs.mkdirSync(place, { mode })),
      makeLink: (path, target) => done(path, (place) => fs.symlinkSync(target, place)),
      remove: (path) =>
        done(path, (place) => (fs.lstatSync(place).isDirectory() ? fs.rmdirSync(place) : fs.unlinkSync(place))),
    };
  }
}

/** Where the open file lies now: by the descriptor where the system tells, else by the path. */
function openedPath(fd: number, place: string): string {
  return process.platform === 'linux' ? fs.readlinkSync(`/proc/self/fd/${fd}`) : fs.realpathSync.native(place);
}
