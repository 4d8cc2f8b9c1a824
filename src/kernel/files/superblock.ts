/** What the parts of a file system have in common (Linux: super_block). */
import type { Storage } from './content.ts';

/** Device numbers (st_dev). */
export const DEV_FILES = 0x801;
export const DEV_KERNEL = 0x15;

export interface Superblock extends Storage {
  /** st_dev of the guest's files. */
  readonly dev: number;
  /** Wall clock in nanoseconds. */
  readonly now: bigint;
  /** What the guest's files may take, and have taken, in bytes. */
  readonly capacity: number;
  readonly used: number;
  /** Inodes the guest has made. */
  created: number;
  newIno(): number;
  /** Whether the guest may make one more file. */
  mayCreate(): boolean;
}

/** Who looks: /proc/self depends on it. */
export interface Viewer {
  pid: number;
  tid: number;
}
