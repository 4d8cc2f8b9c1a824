/** The command line of `mpxdbg`, parsed into what is to be done; a wrong one becomes one clear sentence. */
import path from 'node:path';
import { CPU_MODELS, type CpuModel } from '../isa/model.ts';
import type { FileAccess, KernelChoice } from '../protocol/launch.ts';

/** A command line that cannot be obeyed; `message` says how to mend it. */
export class UsageError extends Error {}

/** Which program is run, and in which world. */
export interface ProgramOptions {
  program: string;
  args: string[];
  kernel: KernelChoice['profile'];
  cpu: CpuModel;
  env: string[];
  seed: number;
  autoEnable: boolean;
  /** Folder that is the program's `/`; undefined is the default. */
  sysroot: string | undefined;
  /** Further folders the program sees, by absolute path. */
  fileAccess: FileAccess[];
}

export interface RunOptions extends ProgramOptions {
  command: 'run';
  /** End with status 125 after so many instructions. */
  maxInstructions: number | undefined;
  stopOnViolation: boolean;
  quiet: boolean;
  /** File for the machine-readable report. */
  json: string | undefined;
  /** File for the report as SARIF. */
  sarif: string | undefined;
  /** File for the report as a page. */
  html: string | undefined;
}

export type CommandLine =
  | RunOptions
  | { command: 'asm'; sources: string[]; output: string }
  | { command: 'vectors'; files: string[] }
  | { command: 'dap'; port: number | undefined }
  | { command: 'gdbserver'; port: number; program: ProgramOptions }
  | { command: 'help' }
  | { command: 'version' };

export const PROFILES: readonly KernelChoice['profile'][] = ['v4.1', 'v4.19', 'v5.5', 'ideal', 'v4.1-i386'];

export const USAGE = `mpxdbg - run and debug programs with Intel MPX on an emulated CPU

  mpxdbg run [OPTIONS] PROGRAM [ARGS…]   run a program, report its bounds violations on stderr
    --kernel PROFILE         kernel behaviour: ${PROFILES.join(', ')} (default v4.1)
    --cpu MODEL              instruction sets: ${CPU_MODELS.join(', ')} (default x86-64-v2)
    --env KEY=VALUE          set an environment variable of the program (repeatable)
    --sysroot FOLDER         the program's /: dynamic linker, libraries, files (default on Linux: this machine's)
    --read FOLDER            a further folder the program sees, at its own path (repeatable)
    --write FOLDER           the same, and what it writes there is written on this machine (repeatable)
    --seed N                 address layout and random bytes (default 0)
    --max-instructions N     end with status 125 after N instructions
    --auto-enable            enable MPX before the first instruction, for programs without a runtime
    --stop-on-violation      end with status 99 at the first violation
    --quiet                  no report on stderr
    --json FILE              write the report as JSON (schema: docs/report.schema.json)
    --sarif FILE             write the violations as SARIF 2.1.0, for tools that show findings in code
    --html FILE              write the report as one page, with the map of the tables and the timeline
  mpxdbg dap [--port N]                  serve the Debug Adapter Protocol on stdio or on a TCP port of this machine
  mpxdbg gdbserver --port N [OPTIONS] PROGRAM [ARGS…]
                                         wait for gdb on a TCP port of this machine (options of run, but those about the report)
  mpxdbg asm FILE… [-o OUT]              assemble GNU assembly to a program (run, dap and gdbserver take FILE.s too)
  mpxdbg vectors FILE…                   run golden vectors
  mpxdbg --help | --version`;

/** Options of `run`: those that take a value, and flags. */
const WITH_VALUE = new Set([
  '--kernel',
  '--cpu',
  '--env',
  '--seed',
  '--max-instructions',
  '--json',
  '--sarif',
  '--html',
  '--sysroot',
  '--read',
  '--write',
]);
const FLAGS = new Set(['--auto-enable', '--stop-on-violation', '--quiet']);

function wholeNumber(option: string, text: string, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > most)
    throw new UsageError(`${option} takes a whole number from 0 to ${most}, not '${text}'.`);
  return value;
}

/** `FILE… [-o OUT]`; the program is called like the first file, without its ending. */
function parseAsm(words: string[]): CommandLine {
  const at = words.indexOf('-o');
  if (at >= 0 && words[at + 1] === undefined) throw new UsageError('-o needs the name of a file; see mpxdbg --help.');
  const sources = at < 0 ? words : [...words.slice(0, at), ...words.slice(at + 2)];
  const unknown = sources.find((word) => word.startsWith('-'));
  if (unknown) throw new UsageError(`'${unknown}' is not an option of mpxdbg asm; see mpxdbg --help.`);
  if (!sources.length) throw new UsageError('Name at least one source: mpxdbg asm FILE… [-o OUT].');
  const { dir, name } = path.parse(sources[0]);
  return { command: 'asm', sources, output: at < 0 ? path.join(dir, name) : words[at + 1] };
}

function parseRun(words: string[]): RunOptions {
  const options: RunOptions = {
    command: 'run',
    program: '',
    args: [],
    kernel: 'v4.1',
    cpu: 'x86-64-v2',
    env: [],
    seed: 0,
    maxInstructions: undefined,
    autoEnable: false,
    stopOnViolation: false,
    quiet: false,
    json: undefined,
    sarif: undefined,
    html: undefined,
    sysroot: undefined,
    fileAccess: [],
  };
  let at = 0;
  for (; at < words.length && words[at].startsWith('-'); at++) {
    let option = words[at];
    if (option === '--') {
      at++;
      break;
    }
    if (FLAGS.has(option)) {
      if (option === '--auto-enable') options.autoEnable = true;
      else if (option === '--stop-on-violation') options.stopOnViolation = true;
      else options.quiet = true;
      continue;
    }
    const equals = option.indexOf('=');
    let value: string | undefined;
    if (equals > 0) {
      value = option.slice(equals + 1);
      option = option.slice(0, equals);
    } else value = words[at + 1];
    if (!WITH_VALUE.has(option)) throw new UsageError(`'${option}' is not an option of mpxdbg run; see mpxdbg --help.`);
    if (value === undefined) throw new UsageError(`${option} needs a value; see mpxdbg --help.`);
    if (equals <= 0) at++;
    switch (option) {
      case '--kernel': {
        const profile = PROFILES.find((known) => known === value);
        if (!profile) throw new UsageError(`'${value}' is not a kernel profile; choose one of ${PROFILES.join(', ')}.`);
        options.kernel = profile;
        break;
      }
      case '--cpu': {
        const model = CPU_MODELS.find((known) => known === value);
        if (!model) throw new UsageError(`'${value}' is not a CPU model; choose one of ${CPU_MODELS.join(', ')}.`);
        options.cpu = model;
        break;
      }
      case '--env':
        if (value.indexOf('=') < 1) throw new UsageError(`--env takes KEY=VALUE, not '${value}'.`);
        options.env = [
          ...options.env.filter((known) => !known.startsWith(value.slice(0, value.indexOf('=') + 1))),
          value,
        ];
        break;
      case '--seed':
        options.seed = wholeNumber(option, value, 0xffffffff);
        break;
      case '--max-instructions':
        options.maxInstructions = wholeNumber(option, value, Number.MAX_SAFE_INTEGER);
        break;
      case '--read':
      case '--write':
        options.fileAccess.push({ path: path.resolve(value), mode: option === '--read' ? 'read' : 'write' });
        break;
      case '--sysroot':
        options.sysroot = value;
        break;
      case '--sarif':
        options.sarif = value;
        break;
      case '--html':
        options.html = value;
        break;
      default:
        options.json = value;
    }
  }
  if (at >= words.length) throw new UsageError('Name the program to run: mpxdbg run [OPTIONS] PROGRAM [ARGS…].');
  options.program = words[at];
  options.args = words.slice(at + 1);
  return options;
}

/** `--port N` comes first; then the line is that of `run`, whose report nobody would get. */
function parseGdbServer(words: string[]): CommandLine {
  const [first = ''] = words;
  const [option, joined] = first.split('=');
  const value = joined ?? words[1];
  if (option !== '--port' || value === undefined)
    throw new UsageError('Say on which port gdb will connect: mpxdbg gdbserver --port N [OPTIONS] PROGRAM [ARGS…].');
  const port = wholeNumber('--port', value, 65535);
  const program = parseRun(words.slice(joined === undefined ? 2 : 1));
  const { json, sarif, html, quiet, stopOnViolation, maxInstructions } = program;
  if (
    [json, sarif, html].some((file) => file !== undefined) ||
    quiet ||
    stopOnViolation ||
    maxInstructions !== undefined
  )
    throw new UsageError(
      'mpxdbg gdbserver writes no report: leave out --json, --sarif, --html, --quiet, --stop-on-violation and --max-instructions.',
    );
  return { command: 'gdbserver', port, program };
}

/** Parses the words after `mpxdbg`. Throws UsageError. */
export function parseCommandLine(words: string[]): CommandLine {
  const [command, ...rest] = words;
  switch (command) {
    case undefined:
      throw new UsageError('Say what to do: mpxdbg run, dap, gdbserver or vectors; see mpxdbg --help.');
    case '--help':
    case '-h':
    case 'help':
      return { command: 'help' };
    case '--version':
      return { command: 'version' };
    case 'run':
      return rest.includes('--help') && rest[0] === '--help' ? { command: 'help' } : parseRun(rest);
    case 'asm':
      return parseAsm(rest);
    case 'vectors':
      if (!rest.length) throw new UsageError('Name at least one vectors file: mpxdbg vectors FILE….');
      return { command: 'vectors', files: rest };
    case 'dap': {
      if (!rest.length) return { command: 'dap', port: undefined };
      const [option, value] = rest[0].includes('=') ? rest[0].split('=') : rest;
      if (option !== '--port' || value === undefined)
        throw new UsageError('mpxdbg dap takes --port N or nothing (stdio).');
      return { command: 'dap', port: wholeNumber('--port', value, 65535) };
    }
    case 'gdbserver':
      return parseGdbServer(rest);
    default:
      throw new UsageError(`'${command}' is not a command of mpxdbg; see mpxdbg --help.`);
  }
}
