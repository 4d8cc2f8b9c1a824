/** The bytes of a regular file, held in memory. */

/** Who grants memory for contents: false once the guest's files have taken what they may. */
export interface Storage {
  reserve(bytes: number): boolean;
}

export class Content {
  private bytes: Uint8Array;
  private length: number;
  /** What this content has taken from the storage. */
  private reserved = 0;

  /** `bytes` are not copied before they change; only what the guest writes counts against `storage`. */
  constructor(
    private readonly storage: Storage,
    bytes: Uint8Array = new Uint8Array(0),
    private shared = bytes.length > 0,
  ) {
    this.bytes = bytes;
    this.length = bytes.length;
  }

  get size(): number {
    return this.length;
  }

  /** Up to `count` bytes at `offset`; shorter at the end. A view that is valid until the next change. */
  read(offset: number, count: number): Uint8Array {
    return this.bytes.subarray(Math.min(offset, this.length), Math.min(offset + count, this.length));
  }

  /** All bytes; a view. */
  get all(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  /** Makes room for `size` bytes of our own. False if the storage refuses. */
  private own(size: number): boolean {
    if (!this.shared && size <= this.bytes.length) return true;
    const wanted =
      size <= this.bytes.length ? this.bytes.length : Math.max(size, Math.min(this.bytes.length * 2, size + (1 << 24)));
    const capacity = Math.max(wanted, 256);
    if (!this.storage.reserve(capacity - this.reserved)) return false;
    this.reserved = capacity;
    const bytes = new Uint8Array(capacity);
    bytes.set(this.all);
    this.bytes = bytes;
    this.shared = false;
    return true;
  }

  /** Writes at `offset`; a gap before it reads as zeros. False if there is no room. */
  write(offset: number, data: Uint8Array): boolean {
    const end = offset + data.length;
    if (!this.own(Math.max(end, this.length))) return false;
    if (offset > this.length) this.bytes.fill(0, this.length, offset);
    this.bytes.set(data, offset);
    this.length = Math.max(end, this.length);
    return true;
  }

  /** Cuts or extends with zeros. False if there is no room. */
  truncate(size: number): boolean {
    if (!this.own(size)) return false;
    if (size > this.length) this.bytes.fill(0, this.length, size);
    this.length = size;
    return true;
  }

  /** Gives the storage back: nobody refers to the file any more. */
  release(): void {
    this.storage.reserve(-this.reserved);
    this.reserved = 0;
    this.bytes = new Uint8Array(0);
    this.length = 0;
  }
}
