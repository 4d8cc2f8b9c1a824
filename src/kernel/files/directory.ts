/** Directories: names of the guest over those of a host folder. */
import { EACCES, ENOENT, EXDEV } from '../errno.ts';
import type { HostEntry } from './host-tree.ts';
import { type HostPlace, Inode, RegularFile, S_IFDIR, Symlink } from './inode.ts';
import type { Superblock, Viewer } from './superblock.ts';

const DIRECTORY_SIZE = 4096;

/** A line of the report: what the guest did to a name. `size` in bytes. */
export interface FileChange {
  path: string;
  what: 'created' | 'changed' | 'removed';
  size?: number;
}

export class Directory extends Inode {
  /** What the guest made here, and what of the host it has looked at: an inode stays the same once it has been seen. */
  protected readonly entries = new Map<string, Inode>();
  /** Names of the host that the guest has removed. */
  private readonly removed = new Set<string>();
  /** Directories have one name only. The root is its own parent. */
  parent: Directory;
  name = '';
  /** It has been removed; who is still in it can make nothing there. */
  deleted = false;

  constructor(
    fs: Superblock,
    permissions: number,
    parent: Directory | undefined,
    public host?: HostPlace,
    dev?: number,
  ) {
    super(fs, S_IFDIR | permissions, dev);
    this.parent = parent ?? this;
    this.nlink = 2;
  }

  override get size(): number {
    return DIRECTORY_SIZE;
  }

  /** The absolute path. */
  get path(): string {
    const names: string[] = [];
    for (let at: Directory = this; at.parent !== at; at = at.parent) names.unshift(at.name);
    return `/${names.join('/')}`;
  }

  pathOf(name: string): string {
    const { path } = this;
    return name === '.' ? path : path === '/' ? `/${name}` : `${path}/${name}`;
  }

  get(name: string, _view?: Viewer): Inode | undefined {
    const known = this.entries.get(name);
    if (known || !this.host || this.removed.has(name)) return known;
    const { tree, path } = this.host;
    const place = { tree, path: [...path, name] };
    const entry = tree.stat(place.path);
    const inode = entry && this.hostInode(entry, place);
    if (inode) this.place(name, inode);
    return inode;
  }

  private hostInode(entry: HostEntry, place: HostPlace): Inode | undefined {
    let inode: Inode;
    if (entry.kind === 'directory') inode = new Directory(this.fs, entry.mode, this, place);
    else if (entry.kind === 'file') inode = new RegularFile(this.fs, entry.mode, place, entry.size);
    else {
      const target = place.tree.readLink(place.path);
      if (target === undefined) return undefined;
      inode = new Symlink(this.fs, target);
    }
    inode.adopt(entry);
    return inode;
  }

  /** Puts `inode` here without a trace: the kernel's own entries. */
  place(name: string, inode: Inode): void {
    this.entries.set(name, inode);
    if (inode instanceof Directory) {
      inode.parent = this;
      inode.name = name;
    }
  }

  /** Gives `inode` the name, also on the host where that is granted. → 0 or −errno */
  add(name: string, inode: Inode): number {
    if (this.deleted) return -ENOENT;
    if (this.host?.tree.changes) {
      const place = { tree: this.host.tree, path: [...this.host.path, name] };
      if (!inode.writeThrough(place)) return -EACCES;
    }
    this.place(name, inode);
    if (inode instanceof Directory) this.nlink++;
    this.touch();
    return 0;
  }

  /** Takes the name away. → 0 or −errno */
  remove(name: string): number {
    const { host } = this;
    if (host?.tree.changes && !host.tree.changes.remove([...host.path, name])) return -EACCES;
    if (this.get(name) instanceof Directory) this.nlink--;
    this.entries.delete(name);
    if (host) this.removed.add(name);
    this.touch();
    return 0;
  }

  /** Moves a name to another directory, over what is there (`replaced` is told), or exchanges the two. → 0 or −errno */
  move(name: string, to: Directory, newName: string, exchange: boolean, replaced: (inode: Inode) => void): number {
    const source = this.get(name);
    const target = to.get(newName);
    const outside = this.host?.tree.changes ?? to.host?.tree.changes;
    // Folders on the host are moved file by file: the program does that, as between file systems.
    if (!source || (outside && (source instanceof Directory || exchange))) return -EXDEV;
    if (target) {
      const removed = to.remove(newName);
      if (removed !== 0) return removed;
      if (!exchange) replaced(target);
    }
    const added = to.add(newName, source);
    if (added !== 0) return added;
    source.created = true;
    source.ctime = this.fs.now;
    const left = this.remove(name);
    if (left !== 0 || !exchange || !target) return left;
    target.created = true;
    return this.add(name, target);
  }

  /** All names but `.` and `..`. */
  list(_view?: Viewer): string[] {
    const { host } = this;
    const below = host ? host.tree.list(host.path).filter((name) => !this.removed.has(name)) : [];
    const known = new Set(below);
    return [...below, ...[...this.entries.keys()].filter((name) => !known.has(name))];
  }

  override writeThrough(place: HostPlace): boolean {
    this.host = place;
    return place.tree.changes?.makeFolder(place.path, this.mode & 0o777) ?? false;
  }

  get isEmpty(): boolean {
    return this.list().length === 0;
  }

  /** What the guest has made, changed and removed below this directory. */
  *changes(): Generator<FileChange> {
    for (const name of this.removed) if (!this.entries.has(name)) yield { path: this.pathOf(name), what: 'removed' };
    for (const [name, inode] of this.entries) {
      if (inode.dev !== this.dev) continue;
      const changed = inode instanceof RegularFile && inode.dirty;
      const { size } = inode;
      if (inode.created || this.removed.has(name)) yield { path: this.pathOf(name), what: 'created', size };
      else if (changed) yield { path: this.pathOf(name), what: 'changed', size };
      if (inode instanceof Directory) yield* inode.changes();
    }
  }
}
