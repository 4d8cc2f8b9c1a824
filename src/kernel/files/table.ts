/** The descriptor table of a process. */

import type { Inputs, Outputs } from '../api.ts';
import { EBADF, EMFILE } from '../errno.ts';
import { type OpenFile, S_IFIFO, StreamFile } from './open-file.ts';

/** RLIMIT_NOFILE. */
export const MAX_FILES = 1024;

interface Descriptor {
  file: OpenFile;
  closeOnExec: boolean;
}

export class FileTable {
  constructor(private readonly entries: (Descriptor | undefined)[] = []) {}

  /** A table with the three standard streams. */
  static standard(inputs: Inputs, outputs: Outputs): FileTable {
    const table = new FileTable();
    const refuse = () => -EBADF;
    const output = (fd: 1 | 2) => (bytes: Uint8Array) => outputs.write(fd, bytes) ?? bytes.length;
    const none = () => new Uint8Array(0);
    table.add(new StreamFile('stdin', S_IFIFO | 0o600, (count) => inputs.stdin(count), refuse));
    table.add(new StreamFile('stdout', S_IFIFO | 0o600, none, output(1)));
    table.add(new StreamFile('stderr', S_IFIFO | 0o600, none, output(2)));
    return table;
  }

  private entry(fd: bigint): Descriptor | undefined {
    const index = BigInt.asIntN(32, fd);
    return index >= 0n && index < BigInt(MAX_FILES) ? this.entries[Number(index)] : undefined;
  }

  get(fd: bigint): OpenFile | undefined {
    return this.entry(fd)?.file;
  }

  /** Puts `file` at the lowest free descriptor from `from` on. → descriptor or −EMFILE */
  add(file: OpenFile, closeOnExec = false, from = 0): number {
    let fd = from;
    while (this.entries[fd]) fd++;
    if (fd >= MAX_FILES) return -EMFILE;
    this.entries[fd] = { file, closeOnExec };
    return fd;
  }

  /** Puts `file` at exactly `fd`. → fd or −EBADF */
  put(file: OpenFile, fd: bigint, closeOnExec: boolean): number {
    const index = Number(BigInt.asIntN(32, fd));
    if (index < 0 || index >= MAX_FILES) return -EBADF;
    this.entries[index] = { file, closeOnExec };
    return index;
  }

  /** → 0 or −EBADF */
  close(fd: bigint): number {
    if (!this.entry(fd)) return -EBADF;
    this.entries[Number(BigInt.asIntN(32, fd))] = undefined;
    return 0;
  }

  /** A table of its own with the same open files (fork). */
  copy(): FileTable {
    return new FileTable(this.entries.map((entry) => entry && { ...entry }));
  }

  /** Closes what is not to survive execve. */
  closeForExec(): void {
    for (const [fd, entry] of this.entries.entries()) if (entry?.closeOnExec) this.entries[fd] = undefined;
  }

  closeOnExec(fd: bigint): boolean {
    return this.entry(fd)?.closeOnExec ?? false;
  }

  setCloseOnExec(fd: bigint, on: boolean): void {
    const entry = this.entry(fd);
    if (entry) entry.closeOnExec = on;
  }
}
