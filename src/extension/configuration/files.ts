/** The little that finding a program needs of a file system. */
export interface Files {
  kind(path: string): Promise<'file' | 'directory' | undefined>;
  /** Up to `count` bytes from the start of a file; empty if it cannot be read. */
  head(path: string, count: number): Promise<Uint8Array>;
  /** What lies in a folder; empty if it cannot be read. */
  list(path: string): Promise<{ name: string; directory: boolean }[]>;
}
