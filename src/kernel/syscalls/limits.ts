/** Resource limits and what there is of memory. */
import { lesser } from '../../base/address.ts';
import { EFAULT, EINVAL, ESRCH } from '../errno.ts';
import { MAX_FILES } from '../files/table.ts';
import { RLIM_INFINITY } from '../mm/mm.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_to_user, get_user, put_user } from '../user.ts';

const RLIMIT_STACK = 3;
const RLIMIT_NPROC = 6;
const RLIMIT_NOFILE = 7;
const RLIMIT_AS = 9;
const RLIM_NLIMITS = 16;

function readLimit(task: Task, resource: number): bigint {
  switch (resource) {
    case RLIMIT_STACK:
      return task.mm.rlimit_stack;
    case RLIMIT_AS:
      return task.mm.rlimit_as;
    case RLIMIT_NOFILE:
      return BigInt(task.process.files.limit);
    case RLIMIT_NPROC:
      return BigInt(MAX_FILES);
    default:
      return RLIM_INFINITY;
  }
}

function* get_rlimit(task: Task, resource: number, rlim: bigint): Steps<number> {
  const current = readLimit(task, resource);
  const most = resource === RLIMIT_NOFILE || resource === RLIMIT_NPROC ? BigInt(MAX_FILES) : RLIM_INFINITY;
  const stored = yield* put_user(task, rlim, 8, current);
  return stored !== 0 ? stored : yield* put_user(task, rlim + 8n, 8, most);
}

function* set_rlimit(task: Task, resource: number, rlim: bigint): Steps<number> {
  const current = yield* get_user(task, rlim, 8);
  const most = yield* get_user(task, rlim + 8n, 8);
  if (current === undefined || most === undefined) return -EFAULT;
  if (current > most) return -EINVAL;
  if (resource === RLIMIT_STACK) task.mm.rlimit_stack = current;
  if (resource === RLIMIT_NOFILE) task.process.files.limit = Number(lesser(current, BigInt(MAX_FILES)));
  if (resource === RLIMIT_AS) task.mm.rlimit_as = current;
  return 0;
}

const resourceOf = (resource: bigint): number | undefined => {
  const number = Number(BigInt.asUintN(32, resource));
  return number < RLIM_NLIMITS ? number : undefined;
};

export const sys_getrlimit = kernelFunction(
  'sys_getrlimit',
  function* (frame, task: Task, resource: bigint, rlim: bigint): Steps<number> {
    yield frame.at('sys_getrlimit: tell the limit', { resource, rlim });
    const number = resourceOf(resource);
    return number === undefined ? -EINVAL : yield* get_rlimit(task, number, rlim);
  },
);

export const sys_setrlimit = kernelFunction(
  'sys_setrlimit',
  function* (frame, task: Task, resource: bigint, rlim: bigint): Steps<number> {
    yield frame.at('sys_setrlimit: set the limit', { resource, rlim });
    const number = resourceOf(resource);
    return number === undefined ? -EINVAL : yield* set_rlimit(task, number, rlim);
  },
);

export const sys_prlimit64 = kernelFunction(
  'sys_prlimit64',
  function* (frame, task: Task, pid: bigint, resource: bigint, next: bigint, old: bigint): Steps<number> {
    yield frame.at('sys_prlimit64: tell and set the limit', { pid, resource, next, old });
    const number = resourceOf(resource);
    if (number === undefined) return -EINVAL;
    if (pid !== 0n && Number(BigInt.asIntN(32, pid)) !== task.process.pid) return -ESRCH;
    if (old !== 0n) {
      const told = yield* get_rlimit(task, number, old);
      if (told !== 0) return told;
    }
    return next !== 0n ? yield* set_rlimit(task, number, next) : 0;
  },
);

export const sys_sysinfo = kernelFunction('sys_sysinfo', function* (frame, task: Task, info: bigint): Steps<number> {
  yield frame.at('sys_sysinfo: tell about memory', { info });
  const { mm, world } = task.process;
  const view = new DataView(new ArrayBuffer(112));
  const total = BigInt(mm.limit.max_pages) * 4096n;
  view.setBigInt64(0, world.now / 1_000_000_000n, true);
  view.setBigUint64(32, total, true);
  view.setBigUint64(40, total - BigInt(mm.limit.presentPages) * 4096n, true);
  view.setUint16(80, 1, true);
  view.setUint32(104, 1, true);
  return (yield* copy_to_user(task, info, new Uint8Array(view.buffer))) === 0 ? 0 : -EFAULT;
});
