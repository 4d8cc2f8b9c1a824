/** `mpxdbg dap --port N`: sessions over TCP on this machine, one a connection. */
import net from 'node:net';
import { serveStreams } from './stream-session.ts';

export interface TcpServer {
  /** The port that is listened on; differs from the one asked for if that was 0. */
  port: number;
  close(): Promise<void>;
}

/** Listens on the loopback interface only: whoever connects can read the files of this user. */
export function listen(port: number, log: (line: string) => void): Promise<TcpServer> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
    void serveStreams(socket, socket, log).then(() => socket.end());
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Error(`Port ${port} is already in use.`) : error),
    );
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve({
        port: typeof address === 'object' && address ? address.port : port,
        close: () =>
          new Promise((done) => {
            for (const socket of sockets) socket.destroy();
            server.close(() => done());
          }),
      });
    });
  });
}

/** Serves until the process is interrupted. */
export async function serveTcp(port: number): Promise<void> {
  const server = await listen(port, (line) => process.stderr.write(`mpxdbg: ${line}\n`));
  process.stderr.write(`mpxdbg: listening on 127.0.0.1:${server.port}\n`);
  await new Promise<void>((resolve) => process.once('SIGINT', resolve));
  await server.close();
}
