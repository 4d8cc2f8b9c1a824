/** Files of this machine for a session, through Node. */
import fs from 'node:fs';
import type { HostFiles } from '../dap/host.ts';
import type { HostTree } from '../kernel/files/host-tree.ts';
import { NodeTree } from './node-tree.ts';

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

/** What a program's `/` is if nobody says: where this machine is Linux, its own root, for dynamic linkers and libraries. */
export const defaultSysroot = (): string | undefined => (process.platform === 'linux' ? '/' : undefined);

export class NodeFiles implements HostFiles {
  readonly sysroot = defaultSysroot();

  read(path: string): Uint8Array | { error: string } {
    try {
      const { size } = fs.statSync(path);
      if (size > MAX_BYTES) return { error: `The file ${path} is too large (${Math.round(size / 2 ** 20)} MiB).` };
      const { buffer, byteOffset, byteLength } = fs.readFileSync(path);
      // Programs with debug information are large: not copied.
      return new Uint8Array(buffer, byteOffset, byteLength);
    } catch (error) {
      return { error: reason(path, error) };
    }
  }

  list(folder: string): string[] {
    try {
      return fs.readdirSync(folder === '' ? '.' : folder);
    } catch {
      return [];
    }
  }

  tree(folder: string, writable: boolean): HostTree {
    return new NodeTree(folder, writable);
  }

  exists(path: string): boolean {
    try {
      return fs.statSync(path).isFile();
    } catch {
      return false;
    }
  }
}
