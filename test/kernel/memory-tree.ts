/** A host folder that lies in memory: paths below it → content. */
import type { HostEntry, HostTree } from '../../src/kernel/files/host-tree.ts';

export class MemoryTree implements HostTree {
  constructor(private readonly files: Readonly<Record<string, Uint8Array | string>>) {}

  private content(path: readonly string[]): Uint8Array | undefined {
    const found = this.files[path.join('/')];
    return typeof found === 'string' ? new TextEncoder().encode(found) : found;
  }

  stat(path: readonly string[]): HostEntry | undefined {
    const content = this.content(path);
    const kind = content ? 'file' : this.list(path).length > 0 ? 'directory' : undefined;
    return kind && { kind, mode: 0o755, uid: 0, gid: 0, nlink: 1, size: content?.length ?? 0, mtime: 0n };
  }

  list(path: readonly string[]): string[] {
    const prefix = path.map((name) => `${name}/`).join('');
    const below = Object.keys(this.files).filter((name) => name.startsWith(prefix));
    return [...new Set(below.map((name) => name.slice(prefix.length).split('/')[0]))];
  }

  readLink(): undefined {
    return undefined;
  }

  read(path: readonly string[]): Uint8Array | undefined {
    return this.content(path);
  }
}
