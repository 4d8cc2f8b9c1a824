/** Resource limits and what there is of memory. */
import { lesser } from '../../base/address.ts';
import { wordBytes, wordsOf } from '../abi.ts';
import { EFAULT, EINVAL, ESRCH } from '../errno.ts';
import { MAX_FILES } from '../files/table.ts';
import { RLIM_INFINITY } from '../mm/mm.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_from_user, copy_to_user } from '../user.ts';

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

/** A limit as a word: one that is too large for it is none. */
const toWord = (value: bigint, word: 4 | 8): bigint =>
  value >> BigInt(8 * word) ? (1n << BigInt(8 * word)) - 1n : value;
const fromWord = (value: bigint, word: 4 | 8): bigint => (word === 4 && value === 0xffff_ffffn ? RLIM_INFINITY : value);

function* get_rlimit(task: Task, resource: number, rlim: bigint, word: 4 | 8): Steps<number> {
  const current = readLimit(task, resource);
  const most = resource === RLIMIT_NOFILE || resource === RLIMIT_NPROC ? BigInt(MAX_FILES) : RLIM_INFINITY;
  const image = wordBytes(word, [toWord(current, word), toWord(most, word)]);
  return (yield* copy_to_user(task, rlim, image)) === 0 ? 0 : -EFAULT;
}

function* set_rlimit(task: Task, resource: number, rlim: bigint, word: 4 | 8): Steps<number> {
  const bytes = yield* copy_from_user(task, rlim, 2 * word);
  if (bytes.length < 2 * word) return -EFAULT;
  const [current, most] = wordsOf(word, bytes).map((value) => fromWord(value, word));
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
    return number === undefined ? -EINVAL : yield* get_rlimit(task, number, rlim, task.abi.word);
  },
);

export const sys_setrlimit = kernelFunction(
  'sys_setrlimit',
  function* (frame, task: Task, resource: bigint, rlim: bigint): Steps<number> {
    yield frame.at('sys_setrlimit: set the limit', { resource, rlim });
    const number = resourceOf(resource);
    return number === undefined ? -EINVAL : yield* set_rlimit(task, number, rlim, task.abi.word);
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
      const told = yield* get_rlimit(task, number, old, 8);
      if (told !== 0) return told;
    }
    return next !== 0n ? yield* set_rlimit(task, number, next, 8) : 0;
  },
);

export const sys_sysinfo = kernelFunction('sys_sysinfo', function* (frame, task: Task, info: bigint): Steps<number> {
  yield frame.at('sys_sysinfo: tell about memory', { info });
  const { mm, world } = task.process;
  const { word } = task.abi;
  const total = BigInt(mm.limit.max_pages) * 4096n;
  const free = total - BigInt(mm.limit.presentPages) * 4096n;
  // uptime, three loads, totalram, freeram, sharedram, bufferram, totalswap, freeswap; procs (a short); totalhigh, freehigh; mem_unit (an int).
  const words = [world.now / 1_000_000_000n, 0n, 0n, 0n, total, free, 0n, 0n, 0n, 0n, 1n, 0n, 0n, 1n];
  const image = new Uint8Array(word === 8 ? 112 : 64);
  image.set(wordBytes(word, words));
  return (yield* copy_to_user(task, info, image)) === 0 ? 0 : -EFAULT;
});
