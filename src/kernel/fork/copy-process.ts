/** A new thread or process (Linux: copy_process). */
import type { Machine } from '../../machine/api.ts';
import { EAGAIN, EINVAL, ENOMEM } from '../errno.ts';
import { setTls, type TlsDescriptor } from '../ia32/tls.ts';
import { Process } from '../process.ts';
import { Task } from '../task.ts';
import { dup_mm } from './dup-mm.ts';

export const CSIGNAL = 0xffn;
export const CLONE_VM = 0x100n;
const CLONE_FS = 0x200n;
const CLONE_FILES = 0x400n;
const CLONE_SIGHAND = 0x800n;
const CLONE_PIDFD = 0x1000n;
export const CLONE_VFORK = 0x4000n;
const CLONE_PARENT = 0x8000n;
const CLONE_THREAD = 0x10000n;
export const CLONE_SETTLS = 0x80000n;
export const CLONE_PARENT_SETTID = 0x100000n;
const CLONE_CHILD_CLEARTID = 0x200000n;
export const CLONE_CHILD_SETTID = 0x1000000n;
/** Namespaces of their own: mounts, cgroups, host names, IPC, users, processes, networks. */
const CLONE_NEW = 0x7e020000n;

export interface CloneRequest {
  flags: bigint;
  /** Stack pointer of the new task; 0 keeps the caller's. */
  stack: bigint;
  parentTid: bigint;
  childTid: bigint;
  tls: bigint;
  /** Of 32-bit programs, instead of `tls`. */
  descriptor?: TlsDescriptor;
  exitSignal: number;
}

/** Most threads and most processes at once: a guest must not exhaust the host. */
const MAX_TASKS = 1000;
const MAX_PROCESSES = 64;
const RAX = 0;
const RSP = 4;

/** → 0, or −EINVAL for flags that contradict each other or are not offered here */
export function checkFlags(flags: bigint): number {
  if (flags & (CLONE_NEW | CLONE_PIDFD)) return -EINVAL;
  if (flags & CLONE_THREAD && !(flags & CLONE_SIGHAND)) return -EINVAL;
  if (flags & CLONE_SIGHAND && !(flags & CLONE_VM)) return -EINVAL;
  return 0;
}

/** An unused machine, or a new one of the same kind. */
export function freeMachine({ world, machine }: Process<Task>): Machine {
  return world.spareMachines.pop() ?? machine.sibling();
}

function copyTo(
  process: Process<Task>,
  task: Task,
  tid: number,
  { flags, stack, tls, descriptor, childTid }: CloneRequest,
): Task {
  const child = new Task(process, tid, process.machine.newVcpu(), task.name);
  const { cpu } = child;
  // Bounds registers, BNDCFGU and BNDSTATUS come along (spec B.9, H).
  cpu.restore(task.cpu.save());
  cpu.setGpr(RAX, 0n);
  if (stack !== 0n) cpu.setGpr(RSP, stack);
  if (descriptor?.index !== undefined) setTls(cpu, descriptor.index, descriptor.base);
  else if (flags & CLONE_SETTLS) cpu.fsBase = tls;
  child.blocked = task.blocked;
  Object.assign(child.thread, task.thread);
  if (!(flags & CLONE_VM) || flags & CLONE_VFORK) child.sas = { ...task.sas };
  if (flags & CLONE_CHILD_CLEARTID) child.clear_child_tid = childTid;
  process.addTask(child);
  return child;
}

/** Where the new process lives: in the caller's memory, or in a copy of its own. undefined if memory runs out. */
function placeOf(process: Process<Task>, shares: boolean): Pick<Process<Task>, 'machine' | 'mm'> | undefined {
  const { machine, mm, world } = process;
  if (shares) return { machine, mm };
  const own = freeMachine(process);
  world.machines.add(own);
  const copy = dup_mm(mm, own.memory);
  if (copy) return { machine: own, mm: copy };
  world.spareMachines.push(own);
  return undefined;
}

/** Makes the task that `request` describes; it has not run yet. → the task, or −errno */
export function copy_process(task: Task, request: CloneRequest): Task | number {
  const { process } = task;
  const { world } = process;
  const { flags } = request;
  if (world.scheduler.tasks.length >= MAX_TASKS) return -EAGAIN;
  if (flags & CLONE_THREAD) {
    const child = copyTo(process, task, world.newPid(), request);
    process.emit(task, { kind: 'thread-started', child: child.tid });
    return child;
  }
  if (world.processes.length >= MAX_PROCESSES) return -EAGAIN;
  const place = placeOf(process, (flags & CLONE_VM) !== 0n);
  if (!place) {
    process.emit(task, { kind: 'memory-limit', what: 'page', address: 0n });
    return -ENOMEM;
  }
  const created = new Process<Task>({
    world,
    ...place,
    parent: flags & CLONE_PARENT ? process.parent : process,
    files: flags & CLONE_FILES ? process.files : process.files.copy(),
    fs: flags & CLONE_FS ? process.fs : process.fs.copy(),
    actions: flags & CLONE_SIGHAND ? process.actions : process.actions.map((action) => ({ ...action })),
    exitSignal: request.exitSignal,
  });
  created.inherit(process);
  const child = copyTo(created, task, created.pid, request);
  process.emit(task, { kind: 'process-started', child: created.pid });
  return child;
}
