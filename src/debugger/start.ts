/** Starts a program under the debugger: machine, process and symbols from the bytes of an ELF file. */
import type { Inputs, KernelEvent, Outputs } from '../kernel/api.ts';
import { ExecError, startProcess } from '../kernel/exec.ts';
import type { Mount } from '../kernel/files/host-tree.ts';
import { UnknownProfile } from '../kernel/mpx/profiles.ts';
import type { Process } from '../kernel/process.ts';
import type { Task } from '../kernel/task.ts';
import { createMachine } from '../machine/machine.ts';
import type { LaunchConfiguration } from '../protocol/launch.ts';
import { ElfError } from '../symbols/api.ts';
import type { FileReader } from '../symbols/debug-files.ts';
import { loadModule, type Module } from '../symbols/module.ts';
import { UserError } from './errors.ts';
import { baseName, type LoadedModule } from './symbols.ts';

/** p_type of segments that are loaded. */
const PT_LOAD = 1;

export interface Started {
  process: Process<Task>;
  module: LoadedModule & { symbols: Module };
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
  onEvent(event: KernelEvent): void;
}

/** Loads the program; nothing has run yet. Throws UserError (one sentence) if it cannot be run. */
export function startProgram({
  configuration,
  bytes,
  inputs,
  outputs,
  mounts,
  readDebugFile,
  onEvent,
}: StartRequest): Started {
  try {
    const { program: path, mpx, cpu } = configuration;
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
      inputs,
      outputs,
      mounts,
      onEvent,
      limits: { memory: configuration.limits?.memory },
      seed: configuration.seed,
      autoEnable: mpx?.autoEnable && { bndpreserve: mpx.bndpreserve },
    });
    const { fileSystem } = process.world;
    const reader: FileReader = (name) => fileSystem.readFile(name) ?? readDebugFile?.(name);
    return { process, module: moduleOf(path, bytes, process.image?.loadBias ?? 0n, reader) };
  } catch (error) {
    if (error instanceof ExecError || error instanceof ElfError || error instanceof UnknownProfile)
      throw new UserError(error.message);
    throw error;
  }
}

function moduleOf(path: string, bytes: Uint8Array, bias: bigint, readFile: FileReader | undefined): Started['module'] {
  const symbols = loadModule(bytes, { bias, name: path, readFile });
  const loaded = symbols.elf.segments.filter(({ type }) => type === PT_LOAD);
  // Load segments are in ascending order of their addresses (ELF specification).
  const first = loaded[0]?.vaddr ?? 0n;
  const last = loaded.at(-1);
  return {
    name: baseName(path),
    path,
    start: first + bias,
    end: (last ? last.vaddr + last.memsz : 0n) + bias,
    symbols,
    get debug() {
      return symbols.debug;
    },
  };
}
