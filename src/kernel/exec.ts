/** Starting a program: an address space, a first task, registers and stack as Linux hands them over. */
import type { Machine } from '../machine/api.ts';
import type { Inputs, KernelEvent, Outputs } from './api.ts';
import { KERNEL_CODE } from './entry.ts';
import { isError } from './errno.ts';
import { loadBinary } from './exec/binary.ts';
import { ExecError, readProgram } from './exec/elf.ts';
import { findInterpreter } from './exec/interpreter.ts';
import { furnish } from './files/furnish.ts';
import type { Mount } from './files/host-tree.ts';
import { DEV_FILES } from './files/superblock.ts';
import { Mm } from './mm/mm.ts';
import { do_mmap, MAP_NORESERVE, MAP_PRIVATE } from './mm/mmap.ts';
import { vmMpxBit } from './mm/vma.ts';
import { mpx_enable_management } from './mpx/management.ts';
import { type Profile, type ProfileChoice, resolveProfile } from './mpx/profiles.ts';
import { attachMpx } from './mpx/unmap.ts';
import { Process } from './process.ts';
import { complete } from './steps.ts';
import { Task } from './task.ts';
import { World } from './world.ts';

export { ExecError } from './exec/elf.ts';

export interface StartOptions {
  machine: Machine;
  /** Absolute path of the program: argv[0] by default, /proc/self/exe. */
  path: string;
  /** Content of the file. */
  bytes: Uint8Array;
  /** argv without the program's name. */
  args?: readonly string[];
  /** argv[0], if not the path. */
  argv0?: string;
  /** `NAME=value` strings. */
  env?: readonly string[];
  cwd?: string;
  kernel?: ProfileChoice | Profile;
  inputs: Inputs;
  outputs: Outputs;
  /** Folders of the host that the program sees. */
  mounts?: readonly Mount[];
  onEvent?(event: KernelEvent): void;
  limits?: { /** MiB the program may touch, and may map writable. */ memory?: number };
  /** Shifts the address layout if not 0. */
  seed?: number;
  /** Map a bounds directory and enable MPX and its management before the first instruction. */
  autoEnable?: boolean | { bndpreserve?: boolean };
}

const PAGES_PER_MIB = 256;
const BD_SIZE = 1n << 31n;

const resolve = (kernel: ProfileChoice | Profile | undefined): Profile =>
  typeof kernel === 'object' && 'id' in kernel ? kernel : resolveProfile(kernel);

/** Maps a 2 GiB directory and turns MPX on as a run-time library would. */
function enableMpx(task: Task, bndpreserve: boolean): void {
  const request = { addr: 0n, len: BD_SIZE, prot: 3n, flags: 0x20n | MAP_PRIVATE | MAP_NORESERVE, pgoff: 0n };
  const { address } = complete(do_mmap(task, request));
  if (isError(address)) throw new ExecError('There is no room for a bounds directory in the program’s address space.');
  task.cpu.bndcfgu = address | (bndpreserve ? 2n : 0n) | 1n;
  if (complete(mpx_enable_management(task)) !== 0)
    throw new ExecError('MPX cannot be enabled for this program: the emulated CPU or kernel does not offer it.');
}

/** Loads the program and makes its process, stopped at the first instruction. Throws ExecError (one sentence) if it cannot be run. */
export function startProcess(options: StartOptions): Process<Task> {
  const { machine, path, bytes, inputs, outputs, mounts, onEvent, seed } = options;
  const profile = resolve(options.kernel);
  const program = readProgram(bytes, path, profile.bits);
  const mm = new Mm(machine.memory, vmMpxBit(profile.version));
  attachMpx(mm);
  if (options.limits?.memory !== undefined)
    mm.limit.max_pages = Math.max(1, Math.floor(options.limits.memory * PAGES_PER_MIB));
  const world = new World<Process<Task>>({ profile, inputs, outputs, mounts, onEvent, seed, code: KERNEL_CODE });
  furnish(world);
  const process = new Process<Task>({ world, machine, mm });
  process.fs.cwd = world.fileSystem.directory(options.cwd ?? '/', DEV_FILES);
  const task = new Task(process, process.pid, machine.newVcpu(), '');
  process.addTask(task);
  const args = [options.argv0 ?? path, ...(options.args ?? [])];
  const interpreter = findInterpreter(process, program, path);
  loadBinary(task, { program, path, bytes, interpreter, args, env: options.env ?? [] });
  const auto = options.autoEnable;
  if (auto) enableMpx(task, typeof auto === 'object' && (auto.bndpreserve ?? false));
  return process;
}
