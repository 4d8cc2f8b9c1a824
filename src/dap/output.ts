/** Turns what the program writes into output events: text for people, and the exact bytes where text would lose something. */
import type { DebugProtocol } from './messages.ts';

export type OutputBody = DebugProtocol.OutputEvent['body'];

/** Beyond this many bytes a pending text is sent at once. */
const FLUSH_AT = 64 * 1024;

const CATEGORY = { 1: 'stdout', 2: 'stderr' } as const;
type Stream = keyof typeof CATEGORY;

interface Pending {
  decoder: TextDecoder;
  chunks: Uint8Array[];
  length: number;
}

export class ProgramOutput {
  private readonly streams: Record<Stream, Pending> = { 1: newStream(), 2: newStream() };

  constructor(private readonly send: (body: OutputBody) => void) {}

  write(fd: Stream, bytes: Uint8Array): void {
    // The order of the two streams is kept: the other one goes first.
    this.flushStream(fd === 1 ? 2 : 1, false);
    const stream = this.streams[fd];
    stream.chunks.push(bytes.slice());
    stream.length += bytes.length;
    if (stream.length >= FLUSH_AT) this.flushStream(fd, false);
  }

  /** Sends what waits. `last`: no more will come, so half a character is sent as it is. */
  flush(last = false): void {
    this.flushStream(1, last);
    this.flushStream(2, last);
  }

  private flushStream(fd: Stream, last: boolean): void {
    const stream = this.streams[fd];
    if (stream.length === 0 && !last) return;
    const bytes = concat(stream.chunks, stream.length);
    stream.chunks = [];
    stream.length = 0;
    const output = stream.decoder.decode(bytes, { stream: !last });
    if (last) stream.decoder = newStream().decoder;
    if (output === '') return;
    // U+FFFD stands for bytes that are no UTF-8; then the bytes themselves go along.
    const data = output.includes('\ufffd') ? { base64: base64Of(bytes) } : undefined;
    this.send({ category: CATEGORY[fd], output, data });
  }
}

function newStream(): Pending {
  return { decoder: new TextDecoder('utf-8', { ignoreBOM: true }), chunks: [], length: 0 };
}

function concat(chunks: Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** Base64 without help of the host (the session also runs in a browser). */
export function base64Of(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}

/** Bytes of base64 text; undefined if it is none. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
