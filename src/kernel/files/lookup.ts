/** From a path to an inode (Linux: namei), component by component: links are the guest's, and nothing lies above the root. */
import { ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR } from '../errno.ts';
import { Directory } from './directory.ts';
import { type Inode, Symlink } from './inode.ts';
import type { Viewer } from './superblock.ts';

/** From where a process looks at the file system. */
export interface Viewpoint extends Viewer {
  root: Directory;
  cwd: Directory;
}

/** A name in a directory, and what it stands for now. A path that ends in a directory itself (`/`, `..`) has the name `.`. */
export interface Place {
  parent: Directory;
  name: string;
  inode: Inode | undefined;
  /** The path ends in a slash: only a directory will do. */
  slash: boolean;
}

const PATH_MAX = 4096;
const NAME_MAX = 255;
const MAX_LINKS = 40;

const encoder = new TextEncoder();
const tooLong = (name: string) => name.length > NAME_MAX / 4 && encoder.encode(name).length > NAME_MAX;

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '');

class Walk {
  private links = 0;
  private readonly rest: string[];
  private place: Place;
  private slash: boolean;

  constructor(
    private readonly view: Viewpoint,
    path: string,
    private dir: Directory,
    private readonly follow: boolean,
  ) {
    if (path.startsWith('/')) this.dir = view.root;
    this.rest = partsOf(path).reverse();
    this.slash = path.endsWith('/');
    this.place = this.here();
  }

  private here(): Place {
    return { parent: this.dir, name: '.', inode: this.dir, slash: this.slash };
  }

  run(): Place | number {
    for (let name = this.rest.pop(); name !== undefined; name = this.rest.pop()) {
      const error = this.step(name, this.rest.length === 0);
      if (error !== 0) return error;
    }
    return this.place;
  }

  private step(name: string, last: boolean): number {
    if (name === '.' || name === '..') {
      if (name === '..' && this.dir !== this.view.root) this.dir = this.dir.parent;
      this.place = this.here();
      return 0;
    }
    if (tooLong(name)) return -ENAMETOOLONG;
    const inode = this.dir.get(name, this.view);
    if (inode instanceof Symlink && (!last || this.follow || this.slash)) return this.through(inode, name, last);
    return this.arrive(name, inode, last);
  }

  private arrive(name: string, inode: Inode | undefined, last: boolean): number {
    if (!inode && !last) return -ENOENT;
    if (inode && !(inode instanceof Directory) && (!last || this.slash)) return -ENOTDIR;
    this.place = { parent: this.dir, name, inode, slash: this.slash };
    if (inode instanceof Directory) this.dir = inode;
    return 0;
  }

  private through(link: Symlink, name: string, last: boolean): number {
    if (++this.links > MAX_LINKS) return -ELOOP;
    if (link.jump) return this.arrive(name, link.jump(this.view), last);
    const target = link.target(this.view);
    if (target === '') return -ENOENT;
    if (target.startsWith('/')) this.dir = this.view.root;
    if (last && target.endsWith('/')) this.slash = true;
    this.rest.push(...partsOf(target).reverse());
    this.place = this.here();
    return 0;
  }
}

export interface LookupOptions {
  /** Where a relative path begins; the current directory by default. */
  at?: Directory;
  /** Follow a link in the last component. */
  follow: boolean;
}

/** → place (its inode undefined if only the last name is missing), or −errno */
export function lookup(view: Viewpoint, path: string, { at, follow }: LookupOptions): Place | number {
  if (path === '') return -ENOENT;
  if (path.length >= PATH_MAX && encoder.encode(path).length >= PATH_MAX) return -ENAMETOOLONG;
  return new Walk(view, path, at ?? view.cwd, follow).run();
}

/** The inode of a path that must exist. → inode or −errno */
export function find(view: Viewpoint, path: string, options: LookupOptions): Inode | number {
  const place = lookup(view, path, options);
  return typeof place === 'number' ? place : (place.inode ?? -ENOENT);
}
