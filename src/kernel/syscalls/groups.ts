/** Parents, process groups and sessions. */
import { EINVAL, EPERM, ESRCH } from '../errno.ts';
import type { Process } from '../process.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';

/** The process that adopts orphans. */
const INIT = 1;

const int = (value: bigint): number => Number(BigInt.asIntN(32, value));

/** The process with this number (0: the caller's), if it lives or is yet to be reaped. */
function processOf(task: Task, pid: bigint): Process<Task> | undefined {
  const number = int(pid);
  return number === 0 ? task.process : task.process.world.processes.find((other) => other.pid === number);
}

export const sys_getppid = kernelFunction('sys_getppid', function* (frame, task: Task): Steps<number> {
  yield frame.at('sys_getppid: tell the parent');
  return task.process.parent?.pid ?? INIT;
});

export const sys_getpgid = kernelFunction('sys_getpgid', function* (frame, task: Task, pid: bigint): Steps<number> {
  yield frame.at('sys_getpgid: tell the group', { pid });
  return processOf(task, pid)?.pgid ?? -ESRCH;
});

export const sys_getpgrp = kernelFunction('sys_getpgrp', function* (frame, task: Task): Steps<number> {
  yield frame.at('sys_getpgrp: tell the group');
  return task.process.pgid;
});

export const sys_getsid = kernelFunction('sys_getsid', function* (frame, task: Task, pid: bigint): Steps<number> {
  yield frame.at('sys_getsid: tell the session', { pid });
  return processOf(task, pid)?.sid ?? -ESRCH;
});

export const sys_setsid = kernelFunction('sys_setsid', function* (frame, task: Task): Steps<number> {
  const { process } = task;
  yield frame.at('sys_setsid: begin a session');
  if (process.world.processes.some(({ pgid }) => pgid === process.pid)) return -EPERM;
  process.sid = process.pid;
  process.pgid = process.pid;
  return process.pid;
});

export const sys_setpgid = kernelFunction(
  'sys_setpgid',
  function* (frame, task: Task, pid: bigint, pgid: bigint): Steps<number> {
    yield frame.at('sys_setpgid: move to a group', { pid, pgid });
    const { process } = task;
    const target = processOf(task, pid);
    if (int(pgid) < 0) return -EINVAL;
    if (!target || (target !== process && target.parent !== process)) return -ESRCH;
    // A session leader stays where it is, and nobody leaves the session this way.
    if (target.sid === target.pid || target.sid !== process.sid) return -EPERM;
    const group = int(pgid) || target.pid;
    const exists = process.world.processes.some((other) => other.pgid === group && other.sid === process.sid);
    if (group !== target.pid && !exists) return -EPERM;
    target.pgid = group;
    return 0;
  },
);
