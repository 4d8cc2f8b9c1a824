/** What a session needs of the place it lives in. */
import type { HostTree } from '../kernel/files/host-tree.ts';

/** Files of this machine, read at once. Paths are those of the launch configuration and of the debug information. */
export interface HostFiles {
  /** The bytes of a file, or one sentence why there are none. */
  read(path: string): Uint8Array | { error: string };
  /** What a program's `/` is if the configuration does not say. */
  readonly sysroot?: string;
  /** Names of the files in a folder; none if it cannot be read. */
  list?(folder: string): string[];
  /** Whether a file can be read. */
  exists(path: string): boolean;
  /** A folder for a program to see, and to change if `writable`. Throws if there is none. */
  tree?(folder: string, writable: boolean): HostTree;
}

export interface SessionHost {
  files: HostFiles;
  /** The program's output as exact bytes, for hosts with a terminal. It is sent as output events in any case. */
  onOutput?(fd: 1 | 2, bytes: Uint8Array): void;
}
