/** Entry of dist/worker.js: a session in a worker thread, so that a busy machine does not hold up the extension host. */
import { parentPort } from 'node:worker_threads';
import { Session } from '../dap/session.ts';
import { NodeFiles } from './node-files.ts';
import { SessionRunner } from './runner.ts';

const port = parentPort;
if (!port) throw new Error('worker.js runs as a worker thread only');

const runner = new SessionRunner(
  new Session({ files: new NodeFiles() }),
  // Messages are copied as structures; going through JSON drops `undefined` as the protocol wants.
  (message) => port.postMessage(JSON.parse(JSON.stringify(message))),
  () => port.close(),
);
port.on('message', (message: unknown) => runner.receive(message));
