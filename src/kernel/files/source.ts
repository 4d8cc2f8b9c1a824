/** Files of the host a guest may read. */

/** Gives the guest read-only files; without one every path is absent. */
export interface FileSource {
  /** The bytes of the regular file at `path` (absolute, normalised), or undefined if there is none that may be read. */
  read(path: string): Uint8Array | undefined;
}

export const NO_FILES: FileSource = { read: () => undefined };

/** Makes `path` absolute against `cwd` and removes `.`, `..` and empty parts. */
export function normalise(path: string, cwd: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${cwd}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
