/** Entry point of `mpxdbg`. */
import fs from 'node:fs';
import { version } from '../../package.json';
import { UserError } from '../debugger/errors.ts';
import { serveStdio } from '../hosts/stdio.ts';
import { serveTcp } from '../hosts/tcp.ts';
import { assemble } from './assemble.ts';
import { serveGdb } from './gdbserver.ts';
import { parseCommandLine, USAGE, UsageError } from './options.ts';
import { run } from './run.ts';
import { runVectors } from './vectors/run.ts';

/** Status for a command line that cannot be obeyed. */
const USAGE_STATUS = 2;
/** Status of `run` for a program that cannot be run. */
const CANNOT_RUN_STATUS = 126;

function vectors(files: string[]): number {
  const texts = files.map((name) => {
    try {
      return { name, text: fs.readFileSync(name, 'utf8') };
    } catch (error) {
      throw new UsageError(`Cannot read ${name}: ${(error as Error).message}.`);
    }
  });
  const { failed } = runVectors(texts, (line) => process.stdout.write(`${line}\n`));
  return failed ? 1 : 0;
}

async function main(words: string[]): Promise<number> {
  const line = parseCommandLine(words);
  switch (line.command) {
    case 'help':
      process.stdout.write(`${USAGE}\n`);
      return 0;
    case 'version':
      process.stdout.write(`${version}\n`);
      return 0;
    case 'run':
      return run(line);
    case 'gdbserver':
      return serveGdb(line.port, line.program);
    case 'asm':
      return assemble(line.sources, line.output);
    case 'vectors':
      return vectors(line.files);
    case 'dap':
      await (line.port === undefined ? serveStdio() : serveTcp(line.port));
      return 0;
  }
}

// Whoever reads our text may stop early (`mpxdbg … | head -1`): that is no error.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    const known = error instanceof UsageError || error instanceof UserError;
    process.stderr.write(`mpxdbg: ${known || !(error instanceof Error) ? (error as Error).message : error.stack}\n`);
    process.exitCode = error instanceof UsageError ? USAGE_STATUS : CANNOT_RUN_STATUS;
  },
);
