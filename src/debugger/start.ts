/** Starts a program under the debugger: machine, process and symbols from the bytes of an ELF file. */
import type { Inputs, KernelEvent, Outputs } from '../kernel/api.ts';
import { ExecError, startProcess } from '../kernel/exec.ts';
import { FileSystem } from '../kernel/files/file-system.ts';
import type { Mount } from '../kernel/files/host-tree.ts';
import { UnknownProfile } from '../kernel/mpx/profiles.ts';
import type { Process } from '../kernel/process.ts';
import { recordedInputs, recordedOutputs, recordedTree } from '../kernel/snapshot/recorded.ts';
import type { Tape } from '../kernel/snapshot/tape.ts';
import type { Task } from '../kernel/task.ts';
import { createMachine } from '../machine/machine.ts';
import type { LaunchConfiguration } from '../protocol/launch.ts';
import { ElfError } from '../symbols/api.ts';
import type { FileReader } from '../symbols/debug-files.ts';
import { readElf } from '../symbols/elf/file.ts';
import { UserError } from './errors.ts';
import { LoadedModules, loadedModule, type ModuleChanges } from './loaded-modules.ts';
import { ProgramSymbols } from './symbols.ts';

export interface Started {
  process: Process<Task>;
  /** Of all files that are mapped as code; kept up to date. */
  symbols: ProgramSymbols;
  /** Finds the modules anew where no event told of a change of the mappings. */
  refreshModules(): void;
}

export interface StartRequest {
  configuration: LaunchConfiguration;
  bytes: Uint8Array;
  inputs: Inputs;
  outputs: Outputs;
  /** Folders of the host that the program sees. */
  mounts?: readonly Mount[];
  /** Files with debug information that was taken out of the program and is not among the files it sees. */
  readDebugFile?: FileReader;
  /** What comes from outside is recorded here, and played from here. */
  tape?: Tape;
  onEvent(event: KernelEvent): void;
  /** What happens is on the way to another moment: modules are found anew once it has been reached, by `refreshModules`. */
  isReplay?(): boolean;
  /** Code was mapped or unmapped after the start. */
  onModules?(changes: ModuleChanges): void;
}

const CHANGES_CODE = new Set<KernelEvent['kind']>(['code-mapped', 'code-unmapped', 'exec']);

/** Loads the program; nothing has run yet. Throws UserError (one sentence) if it cannot be run. */
export function startProgram({
  configuration,
  bytes,
  inputs,
  outputs,
  mounts = [],
  readDebugFile,
  tape,
  onEvent,
  isReplay,
  onModules,
}: StartRequest): Started {
  try {
    const { program: path, mpx, cpu } = configuration;
    let started: { process: Process<Task>; modules: LoadedModules } | undefined;
    const refreshModules = () => {
      const changes = started?.modules.update(started.process.vmas());
      if (changes && (changes.added.length || changes.removed.length)) onModules?.(changes);
    };
    const process = startProcess({
      machine: createMachine({ features: cpu && { model: cpu } }),
      path,
      bytes,
      args: configuration.args,
      env: Object.entries(configuration.env ?? {}).flatMap(([name, value]) =>
        value === null ? [] : [`${name}=${value}`],
      ),
      cwd: configuration.cwd,
      kernel: configuration.kernel,
      inputs: tape ? recordedInputs(inputs, tape) : inputs,
      outputs: tape ? recordedOutputs(outputs, tape) : outputs,
      mounts: tape ? mounts.map(({ at, tree }) => ({ at, tree: recordedTree(tree, tape) })) : mounts,
      onEvent: (event) => {
        onEvent(event);
        if (event.pid !== started?.process.pid || !CHANGES_CODE.has(event.kind)) return;
        if (!isReplay?.()) refreshModules();
      },
      limits: { memory: configuration.limits?.memory },
      seed: configuration.seed,
      autoEnable: mpx?.autoEnable && { bndpreserve: mpx.bndpreserve },
    });
    const { world } = process;
    if (tape) tape.clock = () => world.now;
    // A view of its own: who debugs leaves no trace in the program's file system, nor on the tape.
    const view = new FileSystem({ realtime: 0n }, mounts);
    const reader: FileReader = (name) => view.readFile(name) ?? readDebugFile?.(name);
    const symbols = new ProgramSymbols([
      loadedModule(readElf(bytes, path), path, process.image?.loadBias ?? 0n, reader),
    ]);
    const modules = new LoadedModules(symbols, reader);
    modules.update(process.vmas());
    started = { process, modules };
    return { process, symbols, refreshModules };
  } catch (error) {
    if (error instanceof ExecError || error instanceof ElfError || error instanceof UnknownProfile)
      throw new UserError(error.message);
    throw error;
  }
}
