/** execve: another program in the same process. */
import { E2BIG, EACCES, EFAULT, ENOENT, ENOEXEC } from '../errno.ts';
import { mm_release } from '../exit/exit.ts';
import { Directory } from '../files/directory.ts';
import { RegularFile } from '../files/inode.ts';
import { freeMachine } from '../fork/copy-process.ts';
import { Mm, TASK_SIZE } from '../mm/mm.ts';
import { save_shared_pages } from '../mm/munmap.ts';
import { attachMpx } from '../mpx/unmap.ts';
import { defaultActions, type Process } from '../process.ts';
import { SIG_IGN, SIGKILL } from '../signal/types.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import { executable } from '../syscalls/open.ts';
import { CWD, placeAt } from '../syscalls/path-argument.ts';
import type { Task } from '../task.ts';
import { drop_timers } from '../time/timers.ts';
import { get_user, strncpy_from_user } from '../user.ts';
import { type Binary, loadBinary } from './binary.ts';
import { ExecError, readProgram } from './elf.ts';
import { findInterpreter } from './interpreter.ts';

const PATH_MAX = 4096;
/** Longest single string, and all strings together. */
const MAX_ARG_STRLEN = 131072;
const MAX_STRINGS = 0x7fff;
/** A script's interpreter may be a script. */
const MAX_INTERPRETERS = 4;
const HASH_BANG = [0x23, 0x21];
/** So much of a script is looked at for its first line. */
const BINPRM_BUF_SIZE = 256;
const decoder = new TextDecoder();

/** The strings of an array that ends in a null pointer, or −errno. */
function* readStrings(task: Task, array: bigint): Steps<string[] | number> {
  const strings: string[] = [];
  const { word } = task.abi;
  for (let at = array; array !== 0n; at += BigInt(word)) {
    const pointer = yield* get_user(task, at, word);
    if (pointer === undefined) return -EFAULT;
    if (pointer === 0n) break;
    const bytes = yield* strncpy_from_user(task, pointer, MAX_ARG_STRLEN);
    if (!bytes) return -EFAULT;
    if (strings.push(decoder.decode(bytes)) > MAX_STRINGS) return -E2BIG;
  }
  return strings;
}

/** Interpreter and its argument from a script's first line; undefined if the file is no script. */
function interpreterOf(bytes: Uint8Array): { path: string; argument: string[] } | undefined {
  if (HASH_BANG.some((byte, i) => bytes[i] !== byte)) return undefined;
  const [line] = decoder.decode(bytes.subarray(2, BINPRM_BUF_SIZE)).split('\n');
  const [, path, argument] = /^[ \t]*(\S+)[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
  return path ? { path, argument: argument ? [argument] : [] } : undefined;
}

/** A file that may be executed, and its absolute path. → or −errno */
function openExecutable(task: Task, filename: string): { path: string; bytes: Uint8Array } | number {
  const place = placeAt(task, CWD, filename, true);
  if (typeof place === 'number') return place;
  const { inode, parent, name } = place;
  if (!inode) return -ENOENT;
  if (inode instanceof Directory || !(inode instanceof RegularFile) || !executable(inode)) return -EACCES;
  const content = inode.load();
  return typeof content === 'number' ? content : { path: parent.pathOf(name), bytes: content.all };
}

/** The program that is to run: the file itself, or the interpreter that its first line names. → −errno if there is none */
function findBinary(task: Task, filename: string, argv: string[], env: string[]): Binary | number {
  let name = filename;
  let args = argv;
  for (let i = 0; i <= MAX_INTERPRETERS; i++) {
    const file = openExecutable(task, name);
    if (typeof file === 'number') return file;
    const { path, bytes } = file;
    const script = interpreterOf(bytes);
    if (!script) return readBinary(task.process, path, bytes, args, env);
    args = [script.path, ...script.argument, name, ...args.slice(1)];
    name = script.path;
  }
  return -ENOEXEC;
}

function readBinary(
  process: Process<Task>,
  path: string,
  bytes: Uint8Array,
  args: string[],
  env: string[],
): Binary | number {
  try {
    const program = readProgram(bytes, path, process.profile.bits);
    try {
      return { program, path, bytes, interpreter: findInterpreter(process, program, path), args, env };
    } catch (error) {
      if (error instanceof ExecError) return -ENOENT;
      throw error;
    }
  } catch (error) {
    if (error instanceof ExecError) return -ENOEXEC;
    throw error;
  }
}

/** A new, empty address space, with MPX management off (spec B.9); the old one goes unless somebody else runs in it (vfork). */
function flush_old_exec(task: Task): void {
  const { process } = task;
  const { world, mm: old, machine } = process;
  const isShared = world.processes.some((other) => other !== process && other.mm === old && !other.exit);
  if (isShared) {
    process.machine = freeMachine(process);
    world.machines.add(process.machine);
    task.cpu = process.machine.newVcpu();
  } else {
    save_shared_pages(old, 0n, TASK_SIZE);
    machine.memory.discard(0n, TASK_SIZE);
    task.cpu.restore(machine.newVcpu().save());
  }
  const mm = new Mm(process.machine.memory, old.vm_mpx, old.limit);
  mm.id = world.nextOrder();
  mm.rlimit_stack = old.rlimit_stack;
  mm.rlimit_as = old.rlimit_as;
  attachMpx(mm);
  process.mm = mm;
}

/** What a process does not take along: other threads, handlers, descriptors marked so. */
function resetProcess(task: Task): void {
  const { process } = task;
  for (const other of process.tasks.filter((one) => one !== task)) process.removeTask(other);
  // The thread that is left is the first one, whoever it was.
  task.tid = process.pid;
  const { actions } = process;
  process.actions = defaultActions();
  for (const [signo, { handler }] of actions.entries())
    if (handler === SIG_IGN) process.actions[signo].handler = SIG_IGN;
  process.files.closeForExec();
  drop_timers(process, 'posix');
  task.sas = { ss_sp: 0n, ss_size: 0n, ss_flags: 0 };
  task.robust_list = 0n;
  task.restartBlock = undefined;
  task.entered = 'trap';
}

export const do_execve: (task: Task, filename: string, argv: bigint, envp: bigint) => Steps<number> = kernelFunction(
  'do_execve',
  function* (frame, task: Task, filename: string, argv: bigint, envp: bigint) {
    yield frame.at('do_execve: read arguments and environment', { filename, argv, envp });
    const args = yield* readStrings(task, argv);
    if (typeof args === 'number') return args;
    const env = yield* readStrings(task, envp);
    if (typeof env === 'number') return env;
    yield frame.at('do_execve: find the program', { argc: args.length });
    const binary = findBinary(task, filename, args, env);
    if (typeof binary === 'number') return binary;
    yield* mm_release(task);
    yield frame.at('do_execve: leave the old program behind', { path: binary.path });
    resetProcess(task);
    flush_old_exec(task);
    try {
      loadBinary(task, binary);
    } catch (error) {
      // There is nothing left to go back to.
      if (error instanceof ExecError) task.process.die(task, { signal: SIGKILL });
      throw error;
    }
    task.process.emit(task, { kind: 'exec', path: binary.path });
    return 0;
  },
);

export const sys_execve = kernelFunction(
  'sys_execve',
  function* (frame, task: Task, filename: bigint, argv: bigint, envp: bigint): Steps<number> {
    yield frame.at('sys_execve: read the path', { filename });
    const path = yield* strncpy_from_user(task, filename, PATH_MAX);
    if (!path) return -EFAULT;
    return path.length === 0 ? -ENOENT : yield* do_execve(task, decoder.decode(path), argv, envp);
  },
);
