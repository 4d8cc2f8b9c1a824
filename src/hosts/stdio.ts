/** `mpxdbg dap`: a session over standard input and output, as editors start debug adapters. */
import { serveStreams } from './stream-session.ts';

/** Resolves when the client has gone. Standard output belongs to the protocol; complaints go to standard error. */
export async function serveStdio(): Promise<void> {
  await serveStreams(process.stdin, process.stdout, (problem) => process.stderr.write(`mpxdbg: ${problem}\n`));
  process.stdin.pause();
}
