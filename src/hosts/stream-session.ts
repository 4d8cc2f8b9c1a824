/** A session over a pair of byte streams. */
import type { Readable, Writable } from 'node:stream';
import { Session } from '../dap/session.ts';
import { FrameReader, frame } from './framing.ts';
import { NodeFiles } from './node-files.ts';
import { SessionRunner } from './runner.ts';

/**
 * Serves one client. Resolves when it has disconnected or is gone; `complain` gets a sentence about input that is no message.
 */
export function serveStreams(input: Readable, output: Writable, complain: (problem: string) => void): Promise<void> {
  return new Promise((resolve) => {
    const reader = new FrameReader();
    const session = new Session({ files: new NodeFiles() });
    const finish = () => {
      runner.close();
      resolve();
    };
    const runner = new SessionRunner(
      session,
      (message) => output.write(frame(message)),
      // The answer to `disconnect` must leave before the connection is closed.
      () => output.write('', finish),
    );
    input.on('data', (chunk: Buffer) => {
      for (const received of reader.push(chunk)) {
        if ('problem' in received) complain(received.problem);
        else runner.receive(received.message);
      }
    });
    input.on('end', finish);
    input.on('close', finish);
    input.on('error', finish);
    output.on('error', finish);
  });
}
