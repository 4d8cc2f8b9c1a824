/** Folders of the host that a guest may see. The guest kernel resolves every path itself; the host is asked for one entry at a time. */

/** An entry of a host folder, never one behind a symbolic link. */
export interface HostEntry {
  kind: 'file' | 'directory' | 'link';
  /** Permission bits (07777). */
  mode: number;
  uid: number;
  gid: number;
  nlink: number;
  /** Bytes. */
  size: number;
  /** Modification time in nanoseconds. */
  mtime: bigint;
}

/**
 * One granted folder. A path is the list of names below it: no name is empty, `.` or `..`, or contains a separator. Whatever is neither
 * file, folder nor link, or lies behind a link of the host, does not exist.
 */
export interface HostTree {
  stat(path: readonly string[]): HostEntry | undefined;
  /** Names in the folder, in the host's order. */
  list(path: readonly string[]): string[];
  /** Target of a symbolic link. */
  readLink(path: readonly string[]): string | undefined;
  /** The whole content of a regular file; undefined if it may not be read or is too large. */
  read(path: readonly string[]): Uint8Array | undefined;
  /** Present if the guest may change what is in the folder. Each method answers whether it has been done. */
  readonly changes?: HostChanges;
}

export interface HostChanges {
  /** Replaces the content of a regular file, which is made if it is not there. */
  write(path: readonly string[], bytes: Uint8Array, mode: number): boolean;
  makeFolder(path: readonly string[], mode: number): boolean;
  makeLink(path: readonly string[], target: string): boolean;
  /** Removes a file, a link or an empty folder. */
  remove(path: readonly string[]): boolean;
}

/** A host folder (or a single file's folder) and the place where the guest finds it. */
export interface Mount {
  /** Absolute path in the guest. */
  at: string;
  tree: HostTree;
}
