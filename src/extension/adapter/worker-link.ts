/** A session in a worker thread of the extension's process, so that a busy machine does not hold up VS Code. */
import { Worker } from 'node:worker_threads';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { SessionLink } from './session-link.ts';

/** Starts the session's worker; `script` is the built dist/worker.js. */
export function startWorker(script: string): SessionLink {
  const worker = new Worker(script);
  let closed = false;
  return {
    send: (message) => worker.postMessage(message),
    onMessage: (listener) => void worker.on('message', (message: DebugProtocol.ProtocolMessage) => listener(message)),
    onLost(listener) {
      let reason: string | undefined;
      worker.on('error', (error) => {
        reason = error.message;
      });
      worker.on('exit', (code) => {
        // It ends by itself, and orderly, once the client has disconnected.
        if (!closed && code !== 0)
          listener(`The debugger's worker ended unexpectedly (${reason ?? `exit code ${code}`}).`);
      });
    },
    close() {
      closed = true;
      void worker.terminate();
    },
  };
}
