/** `mpxdbg gdbserver`: one program, one GDB; the program has our standard streams. */
import { UserError } from '../debugger/errors.ts';
import { listenForGdb } from '../hosts/gdb/server.ts';
import { GdbStub } from '../hosts/gdb/stub.ts';
import { GdbTarget } from '../hosts/gdb/target.ts';
import { start } from './launch.ts';
import type { ProgramOptions } from './options.ts';
import { StandardInputs, StandardOutputs } from './standard-streams.ts';

/** Serves until GDB has gone. → exit status. Throws UserError with one sentence if there is nothing to run. */
export async function serveGdb(port: number, options: ProgramOptions): Promise<number> {
  const inputs = new StandardInputs(options.seed);
  let target: GdbTarget | undefined;
  // Nothing that happens before the first instruction is a stop.
  const { process: guest } = start(options, inputs, new StandardOutputs(), (event) => target?.noteEvent(event));
  if (guest.bits === 32)
    throw new UserError(
      `${guest.image.path} is a 32-bit program, and gdbserver serves 64-bit ones only: use mpxdbg run, or debug it in VS Code.`,
    );
  target = new GdbTarget(guest);
  const stub = new GdbStub(target, guest.image.path, () => guest.image.auxv);
  const server = await listenForGdb(port, target, stub, () => inputs.more());
  process.stderr.write(
    `mpxdbg: waiting for gdb on 127.0.0.1:${server.port}; in gdb: target remote 127.0.0.1:${server.port}\n`,
  );
  await server.over;
  inputs.release();
  return 0;
}
