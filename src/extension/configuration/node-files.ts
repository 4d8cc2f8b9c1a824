import fs from 'node:fs/promises';
import type { Files } from './files.ts';

/** The disk of the machine where the extension runs. */
export const nodeFiles: Files = {
  async kind(path) {
    try {
      const stat = await fs.stat(path);
      return stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : undefined;
    } catch {
      return undefined;
    }
  },

  async head(path, count) {
    try {
      const file = await fs.open(path);
      try {
        const { buffer, bytesRead } = await file.read(new Uint8Array(count), 0, count, 0);
        return buffer.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    } catch {
      return new Uint8Array();
    }
  },

  async list(path) {
    try {
      const entries = await fs.readdir(path, { withFileTypes: true });
      return entries.map((entry) => ({ name: entry.name, directory: entry.isDirectory() }));
    } catch {
      return [];
    }
  },
};
