/** What a session needs of the place it lives in. */

/** Files of this machine, read at once. Paths are those of the launch configuration and of the debug information. */
export interface HostFiles {
  /** The bytes of a file, or one sentence why there are none. */
  read(path: string): Uint8Array | { error: string };
  /** Whether a file can be read. */
  exists(path: string): boolean;
  /** The regular file that a program whose `/` is `root` finds at the absolute `path`; never one outside `root`, not even through a link. */
  readInside?(root: string, path: string): Uint8Array | undefined;
}

export interface SessionHost {
  files: HostFiles;
  /** The program's output as exact bytes, for hosts with a terminal. It is sent as output events in any case. */
  onOutput?(fd: 1 | 2, bytes: Uint8Array): void;
}
