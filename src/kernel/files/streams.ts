/** Standard streams and devices: bytes from and to the outside. */

import type { Inputs, Outputs } from '../api.ts';
import { EBADF, ENOSPC, ENXIO } from '../errno.ts';
import type { FileSystem } from './file-system.ts';
import { Inode, S_IFCHR, S_IFIFO } from './inode.ts';
import { O_WRONLY, type Openable, OpenFile, READABLE, WAIT, type Wait, WRITABLE } from './open-file.ts';
import type { Superblock, Viewer } from './superblock.ts';
import { FileTable } from './table.ts';

/** Standard input, output and error are the ends of pipes whose other ends are outside. */
class StreamInode extends Inode {
  constructor(fs: Superblock) {
    super(fs, S_IFIFO | 0o600);
  }
}

export class InputStream extends OpenFile {
  /** Bytes that came but could not be delivered, or were only looked for. */
  private ahead: Uint8Array | undefined;

  constructor(
    fs: Superblock,
    private readonly inputs: Inputs,
  ) {
    super(new StreamInode(fs), 0, 'pipe:[stdin]');
  }

  override read(count: number): Uint8Array | Wait {
    const { ahead } = this;
    if (!ahead) return this.inputs.stdin(count) ?? WAIT;
    this.ahead = ahead.length > count ? ahead.subarray(count) : undefined;
    return ahead.subarray(0, count);
  }

  override unread(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const joined = new Uint8Array(bytes.length + (this.ahead?.length ?? 0));
    joined.set(bytes);
    if (this.ahead) joined.set(this.ahead, bytes.length);
    this.ahead = joined;
  }

  override write(): number {
    return -EBADF;
  }

  override poll(): number {
    // Whether there is input can only be told by taking some; at the end of input reading gives nothing, at once.
    this.ahead ??= this.inputs.stdin(1);
    return this.ahead ? READABLE : 0;
  }
}

export class OutputStream extends OpenFile {
  constructor(
    fs: Superblock,
    private readonly outputs: Outputs,
    private readonly fd: 1 | 2,
  ) {
    super(new StreamInode(fs), O_WRONLY, fd === 1 ? 'pipe:[stdout]' : 'pipe:[stderr]');
  }

  override read(): number {
    return -EBADF;
  }

  override write(bytes: Uint8Array): number {
    return this.outputs.write(this.fd, bytes) ?? bytes.length;
  }

  override poll(): number {
    return WRITABLE;
  }
}

/** Most bytes one read of a device gives. */
const DEVICE_READ = 1 << 20;
const RANDOM_READ = 256;

/** A memory device (major 1). */
class MemoryDevice extends Inode implements Openable {
  override readonly rdev: number;
  constructor(
    fs: Superblock,
    private readonly inputs: Inputs,
    private readonly minor: number,
    dev: number,
  ) {
    super(fs, S_IFCHR | 0o666, dev);
    this.rdev = 0x100 | minor;
  }

  open(_viewer: Viewer, flags: number, path: string): OpenFile {
    return new DeviceFile(this, flags, path, this.inputs, this.minor);
  }
}

const MINOR = { null: 3, zero: 5, full: 7, random: 8, urandom: 9 } as const;

class DeviceFile extends OpenFile {
  constructor(
    inode: Inode,
    flags: number,
    path: string,
    private readonly inputs: Inputs,
    private readonly minor: number,
  ) {
    super(inode, flags, path);
  }

  override read(count: number): Uint8Array | number {
    if (this.minor === MINOR.null) return new Uint8Array(0);
    if (this.minor === MINOR.random || this.minor === MINOR.urandom)
      return this.inputs.random(Math.min(count, RANDOM_READ));
    return new Uint8Array(Math.min(count, DEVICE_READ));
  }

  override pread(count: number): Uint8Array | number {
    return this.read(count);
  }

  override write(bytes: Uint8Array): number {
    return this.minor === MINOR.full ? -ENOSPC : bytes.length;
  }

  override pwrite(bytes: Uint8Array): number {
    return this.write(bytes);
  }

  override seek(): bigint {
    return 0n;
  }
}

/** The terminal of a process that has none. */
class NoTerminal extends Inode implements Openable {
  override readonly rdev = 0x500;
  constructor(fs: Superblock, dev: number) {
    super(fs, S_IFCHR | 0o666, dev);
  }
  open(): number {
    return -ENXIO;
  }
}

/** Fills /dev. */
export function makeDevices(fs: FileSystem, inputs: Inputs): void {
  const dev = fs.directory('/dev');
  for (const [name, minor] of Object.entries(MINOR)) dev.place(name, new MemoryDevice(fs, inputs, minor, dev.dev));
  dev.place('tty', new NoTerminal(fs, dev.dev));
}

/** The descriptors a program starts with. */
export function standardFiles(fs: Superblock, inputs: Inputs, outputs: Outputs): FileTable {
  const files = new FileTable();
  files.add(new InputStream(fs, inputs));
  files.add(new OutputStream(fs, outputs, 1));
  files.add(new OutputStream(fs, outputs, 2));
  return files;
}
