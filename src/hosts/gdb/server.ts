/** Serves one GDB on a TCP port of this machine. */
import net from 'node:net';
import { encodePacket, PacketReader } from './packets.ts';
import type { GdbStub } from './stub.ts';
import type { GdbStop, GdbTarget } from './target.ts';

/** Instructions between two looks at the connection. */
const SLICE = 5_000_000;

export interface GdbServer {
  /** The port that is listened on; differs from the one asked for if that was 0. */
  port: number;
  /** Settles when GDB has let go, killed the program or gone. */
  over: Promise<void>;
}

/** Listens on the loopback interface for one connection. `input` settles when the program may find new input: false if it never will. */
export function listenForGdb(
  port: number,
  target: GdbTarget,
  stub: GdbStub,
  input: () => Promise<boolean>,
): Promise<GdbServer> {
  const server = net.createServer();
  const over = new Promise<void>((resolve) => {
    server.on('connection', (socket) => {
      server.close();
      new Connection(socket, target, stub, input);
      socket.on('close', () => resolve());
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Error(`Port ${port} is already in use.`) : error),
    );
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve({ port: typeof address === 'object' && address ? address.port : port, over });
    });
  });
}

class Connection {
  private readonly reader = new PacketReader();

  constructor(
    private readonly socket: net.Socket,
    private readonly target: GdbTarget,
    private readonly stub: GdbStub,
    private readonly input: () => Promise<boolean>,
  ) {
    socket.setNoDelay(true);
    // Whoever goes away in the middle of a reply is gone: the close event follows.
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => this.receive(bytes));
  }

  private receive(bytes: Uint8Array): void {
    try {
      for (const incoming of this.reader.take(bytes)) {
        if (incoming.kind === 'interrupt') this.report(this.target.interrupt());
        else if (this.stub.acknowledges) this.socket.write(incoming.kind === 'broken' ? '-' : '+');
        if (incoming.kind === 'packet') this.obey(incoming.payload);
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.socket.destroy();
    }
  }

  private obey(payload: string): void {
    const reply = this.stub.handle(payload);
    if (reply !== undefined) this.socket.write(encodePacket(reply));
    if (this.stub.over) this.socket.end();
    else if (reply === undefined) this.run();
  }

  private report(stop: GdbStop | undefined): void {
    if (stop) this.socket.write(encodePacket(this.stub.stopReply(stop)));
  }

  /** Slices of running, with the connection looked at in between. */
  private run(): void {
    setImmediate(() => {
      if (this.socket.destroyed || !this.target.running) return;
      const stop = this.target.slice(SLICE);
      // With no input to come the program waits for good: GDB may still interrupt it.
      if (stop === 'waiting') void this.input().then((more) => more && this.run());
      else if (stop) this.report(stop);
      else this.run();
    });
  }
}
