/** The descriptor table of a process (Linux: files_struct). */
import { EBADF, EMFILE } from '../errno.ts';
import type { OpenFile } from './open-file.ts';

/** RLIMIT_NOFILE. */
export const MAX_FILES = 1024;
/** Slots of a new table (NR_OPEN_DEFAULT), and the unit in which it grows (alloc_fdtable). */
const SLOTS = 64;
const GROWTH = 128;

/** Slots of a table that had to grow for `fd`. */
function slotsFor(fd: number): number {
  let slots = GROWTH;
  while (slots <= fd) slots *= 2;
  return slots;
}

interface Descriptor {
  file: OpenFile;
  closeOnExec: boolean;
}

export class FileTable {
  private readonly entries: (Descriptor | undefined)[] = [];
  /** Descriptors must be below this (RLIMIT_NOFILE). */
  limit = MAX_FILES;
  /** Descriptors the table has room for now: `select` looks no further. It grows and never shrinks. */
  slots = SLOTS;

  private entry(fd: bigint): Descriptor | undefined {
    const index = BigInt.asIntN(32, fd);
    return index >= 0n && index < BigInt(this.entries.length) ? this.entries[Number(index)] : undefined;
  }

  get(fd: bigint): OpenFile | undefined {
    return this.entry(fd)?.file;
  }

  /** Open descriptors in ascending order. */
  get numbers(): number[] {
    return [...this.entries.keys()].filter((fd) => this.entries[fd]);
  }

  /** Puts `file` at the lowest free descriptor from `from` on. → descriptor or −EMFILE, and then the file is closed if nobody else has it */
  add(file: OpenFile, closeOnExec = false, from = 0): number {
    let fd = from;
    while (this.entries[fd]) fd++;
    file.references++;
    if (fd >= this.limit) {
      file.release();
      return -EMFILE;
    }
    this.set(fd, { file, closeOnExec });
    return fd;
  }

  /** Puts `file` at exactly `fd`, closing what was there. → fd or −EBADF */
  put(file: OpenFile, fd: bigint, closeOnExec: boolean): number {
    const index = Number(BigInt.asIntN(32, fd));
    if (index < 0 || index >= this.limit) return -EBADF;
    file.references++;
    this.close(fd);
    this.set(index, { file, closeOnExec });
    return index;
  }

  private set(fd: number, entry: Descriptor): void {
    if (fd >= this.slots) this.slots = slotsFor(fd);
    this.entries[fd] = entry;
  }

  /** → 0 or −EBADF */
  close(fd: bigint): number {
    const entry = this.entry(fd);
    if (!entry) return -EBADF;
    this.entries[Number(BigInt.asIntN(32, fd))] = undefined;
    entry.file.release();
    return 0;
  }

  closeOnExec(fd: bigint): boolean {
    return this.entry(fd)?.closeOnExec ?? false;
  }

  setCloseOnExec(fd: bigint, on: boolean): void {
    const entry = this.entry(fd);
    if (entry) entry.closeOnExec = on;
  }

  /** A table of its own with the same descriptors (fork). */
  copy(): FileTable {
    const copy = new FileTable();
    copy.limit = this.limit;
    for (const [fd, entry] of this.entries.entries()) {
      if (!entry) continue;
      entry.file.references++;
      copy.entries[fd] = { ...entry };
    }
    // Sized by words of open descriptors, not by the original.
    const last = (this.numbers.at(-1) ?? 0) | (SLOTS - 1);
    if (last >= SLOTS) copy.slots = slotsFor(last);
    return copy;
  }

  /** Closes what a new program must not inherit (exec). */
  closeForExec(): void {
    for (const fd of this.numbers) if (this.entries[fd]?.closeOnExec) this.close(BigInt(fd));
  }

  /** Closes everything: the process has ended. */
  closeAll(): void {
    for (const fd of this.numbers) this.close(BigInt(fd));
  }
}
