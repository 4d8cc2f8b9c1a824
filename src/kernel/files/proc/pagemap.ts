/** /proc/PID/pagemap: eight bytes for each page of the address space. */
import { EINVAL } from '../../errno.ts';
import { VM_MAYSHARE } from '../../mm/vma.ts';
import type { Process } from '../../process.ts';
import type { Task } from '../../task.ts';
import type { Inode } from '../inode.ts';
import { SeekableFile } from '../open-file.ts';

const PRESENT = 1n << 63n;
/** The page belongs to a file or is shared. */
const SHARED = 1n << 61n;
const PAGE = 4096n;
/** Most pages told of by one read. */
const MAX_PAGES = 1 << 16;

export class PagemapFile extends SeekableFile {
  constructor(
    inode: Inode,
    flags: number,
    path: string,
    private readonly process: Process<Task>,
  ) {
    super(inode, flags, path);
  }

  protected get end(): number {
    return 0;
  }

  override pread(count: number, offset: number): Uint8Array | number {
    if (count % 8 !== 0 || offset % 8 !== 0) return -EINVAL;
    const pages = Math.min(count / 8, MAX_PAGES);
    const { mm } = this.process;
    const bytes = new DataView(new ArrayBuffer(pages * 8));
    const start = BigInt(offset / 8) * PAGE;
    for (const page of mm.memory.presentPages(start, start + BigInt(pages) * PAGE)) {
      const vma = mm.find_vma(page);
      const shared = vma && vma.vm_start <= page && (vma.file || vma.vm_flags & VM_MAYSHARE);
      bytes.setBigUint64(Number((page - start) / PAGE) * 8, PRESENT | (shared ? SHARED : 0n), true);
    }
    return new Uint8Array(bytes.buffer);
  }
}
