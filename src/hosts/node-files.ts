/** Files of this machine for a session, through Node. */
import fs from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import type { HostFiles } from '../dap/host.ts';

/** Larger files are no programs or sources that anyone debugs; reading one would only hang the session. */
const MAX_BYTES = 2 ** 30;

function reason(path: string, error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `There is no file ${path}.`;
    case 'EACCES':
    case 'EPERM':
      return `The file ${path} may not be read.`;
    case 'EISDIR':
      return `${path} is a folder, not a program.`;
    default:
      return `The file ${path} cannot be read (${code ?? String(error)}).`;
  }
}

export class NodeFiles implements HostFiles {
  read(path: string): Uint8Array | { error: string } {
    try {
      const { size } = fs.statSync(path);
      if (size > MAX_BYTES) return { error: `The file ${path} is too large (${Math.round(size / 2 ** 20)} MiB).` };
      return new Uint8Array(fs.readFileSync(path));
    } catch (error) {
      return { error: reason(path, error) };
    }
  }

  readInside(root: string, path: string): Uint8Array | undefined {
    try {
      // Links are followed first: what counts is where the file really lies.
      const top = fs.realpathSync(root);
      const real = fs.realpathSync(join(top, path));
      const below = relative(top, real);
      if (below.startsWith('..') || isAbsolute(below) || !fs.statSync(real).isFile()) return undefined;
      const bytes = this.read(real);
      return 'error' in bytes ? undefined : bytes;
    } catch {
      return undefined;
    }
  }

  exists(path: string): boolean {
    try {
      return fs.statSync(path).isFile();
    } catch {
      return false;
    }
  }
}
