/** The program's standard input: what the user has typed and the program has not read yet. */
export class StandardInput {
  private pending = new Uint8Array();
  private closed = false;

  /** Adds input. */
  add(bytes: Uint8Array): void {
    const joined = new Uint8Array(this.pending.length + bytes.length);
    joined.set(this.pending);
    joined.set(bytes, this.pending.length);
    this.pending = joined;
  }

  addText(text: string): void {
    this.add(new TextEncoder().encode(text));
  }

  /** No more will come: reads find the end of the file. */
  close(): void {
    this.closed = true;
  }

  /** Up to `count` bytes; empty at the end; undefined while none is there. */
  take(count: number): Uint8Array | undefined {
    if (this.pending.length === 0) return this.closed ? new Uint8Array() : undefined;
    const taken = this.pending.slice(0, count);
    this.pending = this.pending.slice(count);
    return taken;
  }
}
