/** Framing of GDB's remote protocol: `$payload#checksum`, acknowledged by `+` or `-`, and the single byte 03h for an interruption. */

/** What came in. `broken`: a packet whose checksum is wrong. */
export type Incoming = { kind: 'packet'; payload: string } | { kind: 'interrupt' } | { kind: 'broken' };

/** More than this without an end is no packet. */
const MAX_PACKET = 1 << 20;
const DOLLAR = 0x24;
const HASH = 0x23;
const INTERRUPT = 3;
const ESCAPE = 0x7d;
const ESCAPED = 0x20;
/** `#`, `$`, `}` and `*` stand for something else in a payload. */
const RESERVED = new Set([HASH, DOLLAR, ESCAPE, 0x2a]);

const checksum = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0);
const hexByte = (byte: number): string => byte.toString(16).padStart(2, '0');

/** A payload (one character a byte) as it goes out. */
export function encodePacket(payload: string): Buffer {
  const raw = Buffer.from(payload, 'latin1');
  const escaped = Buffer.from([...raw].flatMap((byte) => (RESERVED.has(byte) ? [ESCAPE, byte ^ ESCAPED] : [byte])));
  return Buffer.concat([Buffer.from('$'), escaped, Buffer.from(`#${hexByte(checksum(escaped))}`)]);
}

/** Finds packets in a stream of bytes. */
export class PacketReader {
  private pending = Buffer.alloc(0);

  /** Takes bytes as they arrive and gives what is complete. Throws RangeError for a packet without an end. */
  take(bytes: Uint8Array): Incoming[] {
    this.pending = Buffer.concat([this.pending, bytes]);
    const found: Incoming[] = [];
    for (let next = this.next(); next; next = this.next()) found.push(next);
    return found;
  }

  private next(): Incoming | undefined {
    const { pending } = this;
    // Acknowledgements and noise between packets are passed over.
    const start = pending.findIndex((byte) => byte === DOLLAR || byte === INTERRUPT);
    if (start < 0) {
      this.pending = Buffer.alloc(0);
      return undefined;
    }
    if (pending[start] === INTERRUPT) {
      this.pending = pending.subarray(start + 1);
      return { kind: 'interrupt' };
    }
    const end = pending.indexOf(HASH, start);
    if (end < 0 || end + 2 >= pending.length) {
      if (pending.length > MAX_PACKET) throw new RangeError('a packet without an end');
      return undefined;
    }
    const body = pending.subarray(start + 1, end);
    const sum = Number.parseInt(pending.toString('latin1', end + 1, end + 3), 16);
    this.pending = pending.subarray(end + 3);
    return sum === checksum(body) ? { kind: 'packet', payload: unescaped(body) } : { kind: 'broken' };
  }
}

function unescaped(body: Uint8Array): string {
  let text = '';
  for (let i = 0; i < body.length; i++)
    text += String.fromCharCode(body[i] === ESCAPE && i + 1 < body.length ? body[++i] ^ ESCAPED : body[i]);
  return text;
}
