/** What follows the end of a process: its parent is told, its children get another parent, its memory goes back. */

import { releaseLocks } from '../files/locks.ts';
import { TASK_SIZE } from '../mm/mm.ts';
import { save_shared_pages } from '../mm/munmap.ts';
import type { Process } from '../process.ts';
import { send_sig_to_process } from '../signal/send.ts';
import { SA_NOCLDSTOP, SA_NOCLDWAIT, SIG_IGN, SIGCHLD } from '../signal/types.ts';
import type { Task } from '../task.ts';
import { drop_timers } from '../time/timers.ts';

const CLD_EXITED = 1;
const CLD_KILLED = 2;
const CLD_STOPPED = 5;
const CLD_CONTINUED = 6;

/** Sends the parent the signal it gets for news of a child. */
function tell(parent: Process<Task>, child: Process<Task>, signo: number, code: number, status: number): void {
  send_sig_to_process(parent, { signo, code, errno: 0, address: 0n, pid: child.pid, uid: 0, status });
}

/** The child has stopped or goes on. */
export function notify_stopped(child: Process<Task>): void {
  const { parent, news } = child;
  if (!parent || !news || parent.actions[SIGCHLD].flags & SA_NOCLDSTOP) return;
  if (news.kind === 'stopped') tell(parent, child, SIGCHLD, CLD_STOPPED, news.signo);
  else tell(parent, child, SIGCHLD, CLD_CONTINUED, 18);
}

/** Gives the address space back, unless others still run in it or someone looks at it. */
export function exit_mm(process: Process<Task>): void {
  const { world, mm, machine } = process;
  const inUse = world.processes.some((other) => other !== process && other.mm === mm && !other.exit);
  if (inUse || process.watched) return;
  save_shared_pages(mm, 0n, TASK_SIZE);
  machine.memory.discard(0n, TASK_SIZE);
  mm.limit.memories.delete(machine.memory);
  world.spareMachines.push(machine);
}

/** Takes a zombie out: its number is no longer known. */
export function release_task(process: Process<Task>): void {
  const { processes } = process.world;
  const index = processes.indexOf(process);
  if (index >= 0) processes.splice(index, 1);
}

/** Closes the descriptors, unless another process shares the table. Record locks go in any case. */
function exit_files(process: Process<Task>): void {
  const { world, files, pid } = process;
  for (const fd of files.numbers) releaseLocks(files.get(BigInt(fd))!.inode, pid);
  if (!world.processes.some((other) => other !== process && other.files === files && !other.exit)) files.closeAll();
}

export function exit_notify(process: Process<Task>): void {
  exit_files(process);
  drop_timers(process);
  exit_mm(process);
  for (const child of process.children) {
    child.parent = undefined;
    // init reaps what it inherits.
    if (child.exit) release_task(child);
  }
  const { parent, exit } = process;
  if (!parent || !exit) return;
  const action = parent.actions[SIGCHLD];
  const unwanted =
    process.exitSignal === SIGCHLD && (action.handler === SIG_IGN || (action.flags & SA_NOCLDWAIT) !== 0n);
  if (process.exitSignal !== 0 && action.handler !== SIG_IGN) {
    if ('code' in exit) tell(parent, process, process.exitSignal, CLD_EXITED, exit.code);
    else tell(parent, process, process.exitSignal, CLD_KILLED, exit.signal);
  }
  if (unwanted) release_task(process);
}
