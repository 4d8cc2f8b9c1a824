import path from 'node:path';
import type { Files } from '../../src/extension/configuration/files.ts';

/** A file system made of `contents` by path; folders follow from the paths. */
export function memoryFiles(contents: Record<string, Uint8Array | string>): Files {
  const files = new Map(
    Object.entries(contents).map(([name, data]) => [
      name,
      typeof data === 'string' ? new TextEncoder().encode(data) : data,
    ]),
  );
  const isFolder = (folder: string) =>
    [...files.keys()].some((file) => file.startsWith(`${folder === '/' ? '' : folder}/`));
  return {
    kind: async (name) => (files.has(name) ? 'file' : isFolder(name) ? 'directory' : undefined),
    head: async (name, count) => files.get(name)?.slice(0, count) ?? new Uint8Array(),
    list: async (folder) => {
      const names = new Set<string>();
      for (const file of files.keys()) {
        const relative = path.relative(folder, file);
        if (!relative.startsWith('..')) names.add(relative.split('/')[0]);
      }
      return [...names].map((name) => ({ name, directory: !files.has(path.join(folder, name)) }));
    },
  };
}

/** The first bytes of an ELF file of `type` for `machine`. */
export function elfHead({ type, machine }: { type: number; machine: number }): Uint8Array {
  const head = new Uint8Array(64);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  head[16] = type;
  head[18] = machine;
  return head;
}
