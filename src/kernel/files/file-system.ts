/** The file system of a world: one tree, filled from granted folders of the host as it is looked at; what is written stays in memory. */
import { Directory, type FileChange } from './directory.ts';
import type { Mount } from './host-tree.ts';
import { RegularFile } from './inode.ts';
import { find } from './lookup.ts';
import { DEV_FILES, DEV_KERNEL, type Superblock } from './superblock.ts';

/** What all files the guest writes may take, in bytes. */
export const DEFAULT_STORAGE = 512 << 20;
/** Most inodes the guest may make. */
const MAX_CREATED = 200_000;

/** Wall clock in nanoseconds. */
export interface Clock {
  readonly realtime: bigint;
}

export class FileSystem implements Superblock {
  readonly dev = DEV_FILES;
  readonly root: Directory;
  /** Bytes taken by what the guest wrote. */
  used = 0;
  created = 0;
  private nextIno = 2;

  constructor(
    private readonly clock: Clock,
    mounts: readonly Mount[] = [],
    readonly capacity = DEFAULT_STORAGE,
  ) {
    const top = mounts.find(({ at }) => at === '/');
    this.root = new Directory(this, 0o755, undefined, top && { tree: top.tree, path: [] });
    for (const mount of mounts) if (mount !== top) this.mount(mount);
    for (const [name, permissions] of [
      ['tmp', 0o1777],
      ['dev', 0o755],
      ['proc', 0o555],
      ['sys', 0o555],
    ] as const) {
      if (name === 'tmp' && this.root.get(name)) continue;
      this.root.place(
        name,
        new Directory(this, permissions, this.root, undefined, name === 'tmp' ? this.dev : DEV_KERNEL),
      );
    }
  }

  get now(): bigint {
    return this.clock.realtime;
  }

  newIno(): number {
    return this.nextIno++;
  }

  reserve(bytes: number): boolean {
    if (bytes > 0 && this.used + bytes > this.capacity) return false;
    this.used += bytes;
    return true;
  }

  /** Whether the guest may make one more file. */
  mayCreate(): boolean {
    return this.created < MAX_CREATED;
  }

  /** Lets `mount.tree` appear at its place. */
  private mount({ at, tree }: Mount): void {
    const parent = this.directory(at.slice(0, at.lastIndexOf('/')), this.dev);
    const folder = new Directory(this, 0o755, parent, { tree, path: [] });
    const entry = tree.stat([]);
    if (entry) folder.adopt(entry);
    parent.place(at.slice(at.lastIndexOf('/') + 1), folder);
  }

  /** The directory at an absolute path without links; what is missing on the way is made, on the device `dev`. */
  directory(path: string, dev = DEV_KERNEL): Directory {
    let at = this.root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      const found = at.get(name);
      if (found instanceof Directory) at = found;
      else {
        const made = new Directory(this, 0o755, at, undefined, dev);
        at.place(name, made);
        at = made;
      }
    }
    return at;
  }

  /** The bytes of a regular file, for who looks from outside. */
  readFile(path: string): Uint8Array | undefined {
    const inode = find({ root: this.root, cwd: this.root, pid: 0, tid: 0 }, path, { follow: true });
    const content = inode instanceof RegularFile ? inode.load() : undefined;
    return typeof content === 'object' ? content.all : undefined;
  }

  /** What the guest has changed, by path. */
  changes(): FileChange[] {
    return [...this.root.changes()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  }
}
