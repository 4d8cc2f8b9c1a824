/** The program's standard streams are ours: bytes pass through unchanged. */
import fs from 'node:fs';
import { SeededRandom } from '../base/random.ts';
import type { Inputs, Outputs } from '../kernel/api.ts';
import { EBADF, EFBIG, EIO, ENOSPC, EPIPE } from '../kernel/errno.ts';

/** Linux's numbers for what may go wrong in writing; the host's own numbers depend on its system. */
const WRITE_ERRORS: Record<string, number> = { EBADF, EFBIG, ENOSPC, EPIPE };

/** The standard output and error stream of this process. */
export class StandardOutputs implements Outputs {
  /** Writes all of `bytes`, waiting where a pipe is full. */
  write(fd: 1 | 2, bytes: Uint8Array): number | undefined {
    let written = 0;
    while (written < bytes.length) {
      try {
        written += fs.writeSync(fd, bytes, written);
      } catch (error) {
        const { code = '' } = error as NodeJS.ErrnoException;
        // After a part that was taken, the next write meets the error again.
        if (code !== 'EAGAIN') return written > 0 ? undefined : -(WRITE_ERRORS[code] ?? EIO);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
      }
    }
    return undefined;
  }
}

/** Standard input, read when the program asks for it; random bytes from the seed. */
export class StandardInputs implements Inputs {
  private readonly chunks: Uint8Array[] = [];
  private ended = false;
  private started = false;
  private wake: (() => void) | undefined;
  private readonly generator: SeededRandom;

  constructor(seed: number) {
    this.generator = new SeededRandom(seed);
  }

  random(count: number): Uint8Array {
    return this.generator.bytes(count);
  }

  /** The same for every run: equal input gives equal runs. */
  startTime(): bigint {
    return 1_420_070_400n; // 2015-01-01, when MPX came to Linux
  }

  stdin(count: number): Uint8Array | undefined {
    const first = this.chunks[0];
    if (!first) return this.ended ? new Uint8Array() : undefined;
    const part = first.subarray(0, count);
    if (part.length < first.length) this.chunks[0] = first.subarray(part.length);
    else this.chunks.shift();
    return part;
  }

  /** Waits until `stdin` has something to say. False if it never will. */
  async more(): Promise<boolean> {
    if (this.ended) return false;
    if (!this.started) {
      this.started = true;
      process.stdin.on('data', (chunk: Buffer) => {
        this.chunks.push(new Uint8Array(chunk));
        this.wake?.();
      });
      const end = () => {
        this.ended = true;
        this.wake?.();
      };
      process.stdin.on('end', end).on('error', end);
    }
    if (!this.chunks.length) await new Promise<void>((resolve) => (this.wake = resolve));
    return true;
  }

  /** Lets the process end although somebody may still type. */
  release(): void {
    if (this.started) process.stdin.pause().unref?.();
  }
}
