/** From a launch configuration to a program that is ready to run. */
import { SeededRandom } from '../base/random.ts';
import { Debuggee } from '../debugger/debuggee.ts';
import { mountsFor } from '../debugger/mounts.ts';
import { programBytes } from '../debugger/program-file.ts';
import { StandardInput } from '../debugger/standard-input.ts';
import { startProgram } from '../debugger/start.ts';
import type { Inputs, KernelEvent } from '../kernel/api.ts';
import type { Mount } from '../kernel/files/host-tree.ts';
import { Tape } from '../kernel/snapshot/tape.ts';
import type { LaunchConfiguration } from '../protocol/launch.ts';
import type { ProblemsEvent } from '../protocol/problems.ts';
import type { FileReader } from '../symbols/debug-files.ts';
import { announceModules } from './modules.ts';
import { ProgramOutput } from './output.ts';
import { Sources } from './sources.ts';
import type { Launched, SessionState } from './state.ts';

/** 2015-01-01, when MPX came to Linux: the same in every run, so that equal input gives equal runs. */
const START_TIME = 1_420_070_400n;

/** Host memory for snapshots, if the configuration does not say. */
const RECORDING_MIB = 256;
const MIB = 1 << 20;

function inputsOf(input: StandardInput, seed: number): Inputs {
  const generator = new SeededRandom(seed);
  return {
    random: (count) => generator.bytes(count),
    stdin: (count) => input.take(count),
    startTime: () => START_TIME,
  };
}

/** What the program sees of this machine. */
function mountsOf({ host: { files } }: SessionState, configuration: LaunchConfiguration): Mount[] {
  const { program, fileAccess, sysroot = files.sysroot } = configuration;
  const { tree } = files;
  return tree ? mountsFor({ program, sysroot, fileAccess, openTree: tree.bind(files) }) : [];
}

/** Debug information that was taken out of a file, on this machine beside the file. It belongs to the file, or is not used. */
function debugFileReader({ host: { files } }: SessionState): FileReader {
  return (path) => {
    const found = files.read(path);
    return 'error' in found ? undefined : found;
  };
}

/** Throws UserError (one sentence) if the program cannot be run. */
export function launch(state: SessionState, configuration: LaunchConfiguration): Launched {
  const { host } = state;
  const bytes = programBytes(configuration.program, host.files, (problems) =>
    state.emit('mpx/problems', { problems } satisfies ProblemsEvent),
  );
  const input = new StandardInput();
  const output = new ProgramOutput((body) => state.emit('output', body));
  // Events of the start come before there is a debuggee to take them.
  const early: KernelEvent[] = [];
  let debuggee: Debuggee | undefined;
  const recorded = !configuration.noDebug && (configuration.timeTravel?.enabled ?? true);
  const tape = recorded ? new Tape() : undefined;
  const started = startProgram({
    configuration,
    bytes,
    inputs: inputsOf(input, configuration.seed ?? 0),
    outputs: {
      write: (fd, written) => {
        host.onOutput?.(fd, written);
        output.write(fd, written);
        return undefined;
      },
    },
    mounts: mountsOf(state, configuration),
    readDebugFile: debugFileReader(state),
    tape,
    onEvent: (event) => (debuggee ? debuggee.noteEvent(event) : early.push(event)),
    isReplay: () => debuggee?.isReplay ?? false,
    onModules: (changes) => announceModules(state, changes),
  });
  const { world } = started.process;
  const { symbols, refreshModules } = started;
  state.breakpoints.rebind(symbols);
  debuggee = new Debuggee(started.process, {
    symbols,
    breakpoints: state.breakpoints,
    filters: state.filters,
    flavor: configuration.disassemblyFlavor ?? 'att',
    instructionLimit:
      configuration.limits?.instructions === undefined ? undefined : BigInt(configuration.limits.instructions),
    data: state.data,
    recording: tape && { world, tape, memory: (configuration.timeTravel?.memory ?? RECORDING_MIB) * MIB },
    quiet: configuration.noDebug ?? false,
    onThread: (reason, threadId) => state.emit('thread', { reason, threadId }),
    onLog: (text, location) => {
      output.flush();
      state.console(text, 'console', location);
    },
  });
  for (const event of early) debuggee.noteEvent(event);
  const sources = new Sources(host.files, state.counter, configuration.program, configuration.sourceMap);
  const profile = started.process.profile;
  return {
    configuration,
    debuggee,
    sources,
    input,
    output,
    profile: profile.id,
    refreshModules,
    toldRemarks: new Set(),
  };
}
