/** Sockets of the emulated world: stream sockets of the local family, alone or in connected pairs. */

import { ENOTCONN, EPIPE } from '../errno.ts';
import { Inode, S_IFSOCK } from './inode.ts';
import { O_RDWR, OpenFile, POLLHUP, READABLE, WAIT, type Wait, WRITABLE } from './open-file.ts';
import { ByteQueue } from './pipe.ts';
import type { Superblock } from './superblock.ts';

const CAPACITY = 212_992;

class SocketInode extends Inode {
  constructor(fs: Superblock) {
    super(fs, S_IFSOCK | 0o777);
  }
}

export class SocketFile extends OpenFile {
  readonly incoming = new ByteQueue(CAPACITY);
  peer: SocketFile | undefined;
  connected = false;
  /** shutdown has been called for sending. */
  sendingOver = false;

  constructor(fs: Superblock, flags: number) {
    const inode = new SocketInode(fs);
    super(inode, flags | O_RDWR, `socket:[${inode.ino}]`);
  }

  override read(count: number): Uint8Array | number | Wait {
    if (this.incoming.size > 0 || (count === 0 && this.connected)) return this.incoming.take(count);
    if (!this.connected) return -ENOTCONN;
    return this.peer && !this.peer.sendingOver ? WAIT : new Uint8Array(0);
  }

  override unread(bytes: Uint8Array): void {
    this.incoming.unshift(bytes);
  }

  override write(bytes: Uint8Array): number | Wait {
    if (!this.connected) return -ENOTCONN;
    if (!this.peer || this.sendingOver) return -EPIPE;
    const { incoming } = this.peer;
    if (incoming.room === 0 && bytes.length > 0) return WAIT;
    return incoming.push(bytes);
  }

  override poll(): number {
    if (!this.connected) return WRITABLE | POLLHUP;
    const over = !this.peer || this.peer.sendingOver;
    const readable = this.incoming.size > 0 || over ? READABLE : 0;
    if (!this.peer) return readable | WRITABLE | POLLHUP;
    return readable | (this.peer.incoming.room > 0 ? WRITABLE : 0);
  }

  protected override closed(): void {
    if (this.peer) this.peer.peer = undefined;
    this.peer = undefined;
  }
}

/** Two connected stream sockets: what one writes the other reads. */
export function makeSocketPair(fs: Superblock, flags: number): [SocketFile, SocketFile] {
  const [a, b] = [new SocketFile(fs, flags), new SocketFile(fs, flags)];
  a.peer = b;
  b.peer = a;
  a.connected = true;
  b.connected = true;
  return [a, b];
}
