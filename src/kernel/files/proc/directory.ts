/** /proc: what the kernel tells about itself and its processes, made when it is read. */
import { EACCES } from '../../errno.ts';
import { Directory } from '../directory.ts';
import type { FileSystem } from '../file-system.ts';
import { Inode, S_IFLNK, S_IFREG, Symlink } from '../inode.ts';
import { O_ACCMODE, type Openable, type OpenFile, TextFile } from '../open-file.ts';
import { DEV_KERNEL, type Superblock, type Viewer } from '../superblock.ts';
import { PagemapFile } from './pagemap.ts';
import { PROCESS_FILES } from './process-files.ts';
import type { AnyProcess, ProcessList } from './process-list.ts';
import { SYSTEM_FILES } from './system-files.ts';

const encoder = new TextEncoder();

/** A file whose text is made when it is read. */
class GeneratedFile extends Inode implements Openable {
  constructor(
    fs: Superblock,
    private readonly text: () => string | Uint8Array,
    permissions = 0o444,
  ) {
    super(fs, S_IFREG | permissions, DEV_KERNEL);
  }

  open(_view: Viewer, flags: number, path: string): OpenFile | number {
    return (flags & O_ACCMODE) !== 0 ? -EACCES : new TextFile(this, flags, path, this);
  }

  content(): Uint8Array {
    const text = this.text();
    return typeof text === 'string' ? encoder.encode(text) : text;
  }
}

/** A link whose target is known when it is followed; it leads to what is open even if that has no name any more. */
class ProcLink extends Symlink {
  constructor(
    fs: Superblock,
    private readonly where: (view: Viewer) => string,
    override readonly jump?: (view: Viewer) => Inode | undefined,
  ) {
    super(fs, '');
    this.mode = S_IFLNK | 0o777;
  }
  override get size(): number {
    return 0;
  }
  override target(view: Viewer): string {
    return this.where(view);
  }
}

/** A directory whose names and entries are found anew each time. */
abstract class LiveDirectory extends Directory {
  constructor(fs: Superblock, parent: Directory, permissions = 0o555) {
    super(fs, permissions, parent, undefined, DEV_KERNEL);
  }
  abstract override get(name: string): Inode | undefined;
  abstract override list(): string[];

  override add(): number {
    return -EACCES;
  }
  override remove(): number {
    return -EACCES;
  }

  /** An entry that is made once and stays the same as long as it is there. */
  protected keep(name: string, make: () => Inode): Inode {
    const known = this.entries.get(name);
    if (known) return known;
    const made = make();
    this.place(name, made);
    return made;
  }
}

const isNumber = (name: string) => /^(0|[1-9]\d{0,8})$/.test(name);

class DescriptorDirectory extends LiveDirectory {
  constructor(
    parent: Directory,
    private readonly process: AnyProcess,
  ) {
    super(parent.fs, parent, 0o500);
  }
  override get(name: string): Inode | undefined {
    const open = () => this.process.files.get(BigInt(name));
    if (!isNumber(name) || !open()) return undefined;
    return this.keep(
      name,
      () =>
        new ProcLink(
          this.fs,
          () => open()?.path ?? '',
          () => open()?.inode,
        ),
    );
  }
  override list(): string[] {
    return this.process.files.numbers.map(String);
  }
}

class DescriptorInfoDirectory extends LiveDirectory {
  constructor(
    parent: Directory,
    private readonly process: AnyProcess,
  ) {
    super(parent.fs, parent);
  }
  override get(name: string): Inode | undefined {
    const open = () => this.process.files.get(BigInt(name));
    if (!isNumber(name) || !open()) return undefined;
    const text = () => {
      const file = open();
      const position = file ? file.seek(0n, 1) : 0n;
      return `pos:\t${position < 0n ? 0 : position}\nflags:\t0${(file?.flags ?? 0).toString(8)}\nmnt_id:\t1\n`;
    };
    return this.keep(name, () => new GeneratedFile(this.fs, text));
  }
  override list(): string[] {
    return this.process.files.numbers.map(String);
  }
}

class TasksDirectory extends LiveDirectory {
  constructor(
    parent: Directory,
    private readonly process: AnyProcess,
  ) {
    super(parent.fs, parent);
  }
  override get(name: string): Inode | undefined {
    const task = this.process.tasks.find(({ tid }) => String(tid) === name);
    return task && this.keep(name, () => new ProcessDirectory(this, this.process));
  }
  override list(): string[] {
    return this.process.tasks.map(({ tid }) => String(tid));
  }
}

/** /proc/PID. */
class ProcessDirectory extends LiveDirectory {
  constructor(
    parent: Directory,
    private readonly process: AnyProcess,
  ) {
    super(parent.fs, parent);
  }

  private make(name: string): Inode | undefined {
    const { fs, process } = this;
    const text = PROCESS_FILES[name];
    if (text) return new GeneratedFile(fs, () => text(process), name === 'auxv' || name === 'environ' ? 0o400 : 0o444);
    switch (name) {
      case 'exe':
        return new ProcLink(fs, () => process.image.path);
      case 'cwd':
        return new ProcLink(
          fs,
          () => process.fs.cwd.path,
          () => process.fs.cwd,
        );
      case 'root':
        return new ProcLink(
          fs,
          () => '/',
          () => process.fs.root,
        );
      case 'pagemap':
        return new PagemapInode(fs, process);
      case 'fd':
        return new DescriptorDirectory(this, process);
      case 'fdinfo':
        return new DescriptorInfoDirectory(this, process);
      case 'task':
        return this.parent instanceof TasksDirectory ? undefined : new TasksDirectory(this, process);
      default:
        return undefined;
    }
  }

  override get(name: string): Inode | undefined {
    const known = this.entries.get(name);
    if (known) return known;
    const made = this.make(name);
    if (made) this.place(name, made);
    return made;
  }

  override list(): string[] {
    return [...Object.keys(PROCESS_FILES), 'cwd', 'exe', 'fd', 'fdinfo', 'pagemap', 'root', 'task'].sort();
  }
}

class PagemapInode extends Inode implements Openable {
  constructor(
    fs: Superblock,
    private readonly process: AnyProcess,
  ) {
    super(fs, S_IFREG | 0o400, DEV_KERNEL);
  }
  open(_view: Viewer, flags: number, path: string): OpenFile {
    return new PagemapFile(this, flags, path, this.process);
  }
}

class ProcRoot extends LiveDirectory {
  constructor(
    fs: FileSystem,
    private readonly world: ProcessList,
  ) {
    super(fs, fs.root);
  }

  override get(name: string): Inode | undefined {
    if (isNumber(name)) {
      const process = this.world.processes.find(({ pid }) => String(pid) === name);
      return process && this.keep(name, () => new ProcessDirectory(this, process));
    }
    if (name === 'self') return this.keep(name, () => new ProcLink(this.fs, ({ pid }) => String(pid)));
    if (name === 'thread-self')
      return this.keep(name, () => new ProcLink(this.fs, ({ pid, tid }) => `${pid}/task/${tid}`));
    return this.entries.get(name);
  }

  override list(): string[] {
    const processes = this.world.processes.map(({ pid }) => String(pid));
    return [...new Set([...processes, 'self', 'thread-self', ...this.entries.keys()])];
  }
}

/** Makes /proc. */
export function makeProc(fs: FileSystem, world: ProcessList): void {
  const proc = new ProcRoot(fs, world);
  fs.root.place('proc', proc);
  for (const [path, text] of Object.entries(SYSTEM_FILES)) {
    const folder = path.lastIndexOf('/');
    const parent = folder < 0 ? proc : fs.directory(`/proc/${path.slice(0, folder)}`);
    parent.place(path.slice(folder + 1), new GeneratedFile(fs, () => text(world)));
  }
  const dev = fs.directory('/dev');
  for (const [name, target] of [
    ['fd', '/proc/self/fd'],
    ['stdin', '/proc/self/fd/0'],
    ['stdout', '/proc/self/fd/1'],
    ['stderr', '/proc/self/fd/2'],
  ])
    dev.place(name, new Symlink(fs, target));
}
