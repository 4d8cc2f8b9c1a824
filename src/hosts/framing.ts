/** The base protocol of DAP: `Content-Length: N`, an empty line, N bytes of JSON. */

const SEPARATOR = Buffer.from('\r\n\r\n');
/** A header longer than this is none; a message longer than that is not meant for us. */
const MAX_HEADER = 4096;
const MAX_BODY = 256 * 2 ** 20;

/** What came in: a message, or one sentence about bytes that are none. */
export type Frame = { message: unknown } | { problem: string };

export class FrameReader {
  private buffered: Buffer = Buffer.alloc(0);
  /** Bytes of the body still awaited, once the header is read. */
  private bodyLength: number | undefined;

  /** Takes bytes as they come. → what is complete. */
  push(chunk: Uint8Array): Frame[] {
    this.buffered = Buffer.concat([this.buffered, chunk]);
    const frames: Frame[] = [];
    for (;;) {
      if (this.bodyLength === undefined && !this.readHeader(frames)) return frames;
      if (this.bodyLength === undefined) continue;
      if (this.buffered.length < this.bodyLength) return frames;
      frames.push(parse(this.buffered.subarray(0, this.bodyLength).toString('utf8')));
      this.buffered = this.buffered.subarray(this.bodyLength);
      this.bodyLength = undefined;
    }
  }

  /** Reads a header if it is complete. False if more bytes are needed. */
  private readHeader(frames: Frame[]): boolean {
    const end = this.buffered.indexOf(SEPARATOR);
    if (end < 0) {
      if (this.buffered.length <= MAX_HEADER) return false;
      frames.push({ problem: 'The input is not the Debug Adapter Protocol: no header was found.' });
      this.buffered = Buffer.alloc(0);
      return false;
    }
    const header = this.buffered.subarray(0, end).toString('latin1');
    this.buffered = this.buffered.subarray(end + SEPARATOR.length);
    const length = /^content-length:\s*(\d+)\s*$/im.exec(header);
    if (length && Number(length[1]) <= MAX_BODY) this.bodyLength = Number(length[1]);
    else frames.push({ problem: `A message without a usable Content-Length was skipped: “${header.slice(0, 80)}”.` });
    return true;
  }
}

function parse(text: string): Frame {
  try {
    return { message: JSON.parse(text) };
  } catch {
    return { problem: 'A message that is not JSON was skipped.' };
  }
}

/** The bytes of a message with its header. */
export function frame(message: unknown): Buffer {
  // bigints never belong into a message; as text they at least do not break the connection.
  const body = Buffer.from(
    JSON.stringify(message, (_key, value) => (typeof value === 'bigint' ? value.toString() : value)),
    'utf8',
  );
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`, 'latin1'), body]);
}
