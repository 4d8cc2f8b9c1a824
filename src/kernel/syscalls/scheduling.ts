/** Priorities, policies and CPUs: there is one CPU, and all threads are equal. */
import { EFAULT, EINVAL, EPERM, ESRCH } from '../errno.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { get_user, put_user } from '../user.ts';

/** The only policy (SCHED_OTHER) and its only priority. */
const SCHED_OTHER = 0;
const SCHED_FIFO = 1;
const SCHED_IDLE = 5;
const MAX_RT_PRIORITY = 99;
/** getpriority answers 20 − nice. */
const NICE_0 = 20;

const int = (value: bigint): number => Number(BigInt.asIntN(32, value));
const exists = (task: Task, pid: bigint): boolean =>
  int(pid) === 0 || task.process.world.scheduler.tasks.some(({ tid }) => tid === int(pid));

export const sys_sched_yield = kernelFunction('sys_sched_yield', function* (frame, task: Task): Steps<number> {
  yield frame.at('sys_sched_yield: give up the rest of the turn');
  task.process.world.scheduler.yield();
  return 0;
});

/** One CPU: bit 0. */
export const sys_sched_getaffinity = kernelFunction(
  'sys_sched_getaffinity',
  function* (frame, task: Task, pid: bigint, len: bigint, mask: bigint): Steps<number> {
    yield frame.at('sys_sched_getaffinity: one CPU', { pid, len, mask });
    const { word } = task.abi;
    if (len < BigInt(word) || len % BigInt(word)) return -EINVAL;
    if (!exists(task, pid)) return -ESRCH;
    const size = len < 8n ? 4 : 8;
    const stored = yield* put_user(task, mask, size, 1n);
    return stored !== 0 ? stored : size;
  },
);

export const sys_sched_setaffinity = kernelFunction(
  'sys_sched_setaffinity',
  function* (frame, task: Task, pid: bigint, len: bigint, mask: bigint): Steps<number> {
    yield frame.at('sys_sched_setaffinity: CPU 0 must be among them', { pid, len, mask });
    if (!exists(task, pid)) return -ESRCH;
    const bits = len === 0n ? 0n : yield* get_user(task, mask, 1);
    if (bits === undefined) return -EFAULT;
    return bits & 1n ? 0 : -EINVAL;
  },
);

export const sys_getcpu = kernelFunction(
  'sys_getcpu',
  function* (frame, task: Task, cpu: bigint, node: bigint): Steps<number> {
    yield frame.at('sys_getcpu: CPU 0 of node 0', { cpu, node });
    if (cpu !== 0n && (yield* put_user(task, cpu, 4, 0n)) !== 0) return -EFAULT;
    return node !== 0n ? yield* put_user(task, node, 4, 0n) : 0;
  },
);

export const sys_sched_getscheduler = kernelFunction(
  'sys_sched_getscheduler',
  function* (frame, task: Task, pid: bigint): Steps<number> {
    yield frame.at('sys_sched_getscheduler: the ordinary policy', { pid });
    return exists(task, pid) ? SCHED_OTHER : -ESRCH;
  },
);

export const sys_sched_setscheduler = kernelFunction(
  'sys_sched_setscheduler',
  function* (frame, task: Task, pid: bigint, policy: bigint): Steps<number> {
    yield frame.at('sys_sched_setscheduler: only the ordinary policy', { pid, policy });
    if (!exists(task, pid)) return -ESRCH;
    if (int(policy) < 0 || int(policy) > SCHED_IDLE) return -EINVAL;
    return int(policy) === SCHED_OTHER ? 0 : -EPERM;
  },
);

export const sys_sched_getparam = kernelFunction(
  'sys_sched_getparam',
  function* (frame, task: Task, pid: bigint, param: bigint): Steps<number> {
    yield frame.at('sys_sched_getparam: priority 0', { pid, param });
    return exists(task, pid) ? yield* put_user(task, param, 4, 0n) : -ESRCH;
  },
);

const isRealTime = (policy: bigint): boolean => int(policy) === SCHED_FIFO || int(policy) === SCHED_FIFO + 1;

export const sys_sched_get_priority_max = kernelFunction(
  'sys_sched_get_priority_max',
  function* (frame, _task: Task, policy: bigint): Steps<number> {
    yield frame.at('sys_sched_get_priority_max: of the policy', { policy });
    if (int(policy) < 0 || int(policy) > SCHED_IDLE) return -EINVAL;
    return isRealTime(policy) ? MAX_RT_PRIORITY : 0;
  },
);

export const sys_sched_get_priority_min = kernelFunction(
  'sys_sched_get_priority_min',
  function* (frame, _task: Task, policy: bigint): Steps<number> {
    yield frame.at('sys_sched_get_priority_min: of the policy', { policy });
    if (int(policy) < 0 || int(policy) > SCHED_IDLE) return -EINVAL;
    return isRealTime(policy) ? 1 : 0;
  },
);

export const sys_getpriority = kernelFunction('sys_getpriority', function* (frame): Steps<number> {
  yield frame.at('sys_getpriority: nice 0');
  return NICE_0;
});

const MEMBARRIER_CMD_QUERY = 0;
/** Commands that mean something with one CPU: each turn begins with all memory as the last one left it. */
const MEMBARRIER_COMMANDS = 0x1f;

export const sys_membarrier = kernelFunction(
  'sys_membarrier',
  function* (frame, _task: Task, command: bigint, flags: bigint): Steps<number> {
    yield frame.at('sys_membarrier: one CPU has one order', { command, flags });
    if (flags !== 0n) return -EINVAL;
    const wanted = int(command);
    if (wanted === MEMBARRIER_CMD_QUERY) return MEMBARRIER_COMMANDS;
    return (wanted & MEMBARRIER_COMMANDS) === wanted && (wanted & (wanted - 1)) === 0 ? 0 : -EINVAL;
  },
);
