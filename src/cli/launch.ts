/** From the options of `run` to a process that is ready, with its violations and tables being recorded. */
import path from 'node:path';
import { mountsFor } from '../debugger/mounts.ts';
import { programBytes } from '../debugger/program-file.ts';
import { type Started, startProgram } from '../debugger/start.ts';
import type { ProgramSymbols } from '../debugger/symbols.ts';
import { defaultSysroot, NodeFiles } from '../hosts/node-files.ts';
import { InstructionFormatter } from '../isa/text/formatter.ts';
import type { Inputs, KernelEvent, Outputs, ProcessView } from '../kernel/api.ts';
import { printProblems } from './assemble.ts';
import type { ProgramOptions, RunOptions } from './options.ts';
import { Recorder } from './recorder.ts';

/** The process that `options` describe; nothing has run yet. Throws UserError with one sentence if the program cannot be run. */
export function start(
  options: ProgramOptions,
  inputs: Inputs,
  outputs: Outputs,
  onEvent: (event: KernelEvent) => void,
): Started {
  const program = path.resolve(options.program);
  const sysroot = options.sysroot === undefined ? defaultSysroot() : path.resolve(options.sysroot);
  const files = new NodeFiles();
  return startProgram({
    configuration: {
      program,
      args: options.args,
      env: Object.fromEntries(
        options.env.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
      ),
      kernel: options.kernel,
      cpu: options.cpu,
      mpx: { autoEnable: options.autoEnable },
      seed: options.seed,
      cwd: globalThis.process.cwd(),
    },
    bytes: programBytes(program, files, printProblems),
    inputs,
    outputs,
    mounts: mountsFor({
      program,
      sysroot,
      fileAccess: options.fileAccess,
      openTree: files.tree.bind(files),
    }),
    onEvent,
  });
}

/** The same, with its violations and tables being recorded. Throws UserError. */
export function launch(
  options: RunOptions,
  inputs: Inputs,
  outputs: Outputs,
): { process: ProcessView; recorder: Recorder; symbols: ProgramSymbols } {
  // Events of the start come before there is a recorder to take them.
  const early: KernelEvent[] = [];
  let recorder: Recorder | undefined;
  const { process, symbols } = start(options, inputs, outputs, (event) =>
    recorder ? recorder.noteEvent(event) : early.push(event),
  );
  const formatter = new InstructionFormatter({ flavor: 'att', bits: () => process.bits });
  recorder = new Recorder(
    symbols,
    (code, address) => formatter.format(code, address).text,
    options.stopOnViolation,
    options.html !== undefined,
  );
  recorder.attach(process);
  for (const event of early) recorder.noteEvent(event);
  return { process, recorder, symbols };
}
