/** Where a process stands in the file system (Linux: fs_struct). */
import type { Directory } from './directory.ts';

export class FsStruct {
  umask = 0o022;
  constructor(
    public root: Directory,
    public cwd: Directory,
  ) {}

  /** A struct of its own (fork). */
  copy(): FsStruct {
    const copy = new FsStruct(this.root, this.cwd);
    copy.umask = this.umask;
    return copy;
  }
}
