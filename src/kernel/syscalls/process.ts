/** System calls about the process and its threads. */
import { EFAULT, EINVAL, EPERM } from '../errno.ts';
import { TASK_SIZE } from '../mm/mm.ts';
import {
  mpx_disable_management,
  mpx_enable_management,
  PR_MPX_DISABLE_MANAGEMENT,
  PR_MPX_ENABLE_MANAGEMENT,
} from '../mpx/management.ts';
import { release } from '../release.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_from_user, copy_to_user, put_user } from '../user.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const ARCH_SET_GS = 0x1001n;
const ARCH_SET_FS = 0x1002n;
const ARCH_GET_FS = 0x1003n;
const ARCH_GET_GS = 0x1004n;

export const sys_arch_prctl = kernelFunction(
  'sys_arch_prctl',
  function* (frame, task: Task, code: bigint, addr: bigint): Steps<number> {
    yield frame.at('sys_arch_prctl: set or get a segment base', { code, addr });
    const { cpu } = task;
    switch (BigInt.asUintN(32, code)) {
      case ARCH_SET_FS:
        if (addr >= TASK_SIZE) return -EPERM;
        cpu.fsBase = addr;
        return 0;
      case ARCH_SET_GS:
        if (addr >= TASK_SIZE) return -EPERM;
        cpu.gsBase = addr;
        return 0;
      case ARCH_GET_FS:
        return yield* put_user(task, addr, 8, cpu.fsBase);
      case ARCH_GET_GS:
        return yield* put_user(task, addr, 8, cpu.gsBase);
      default:
        return -EINVAL;
    }
  },
);

export const sys_set_tid_address = kernelFunction(
  'sys_set_tid_address',
  function* (frame, task: Task, tidptr: bigint): Steps<number> {
    yield frame.at('sys_set_tid_address: note the address');
    task.clear_child_tid = tidptr;
    return task.tid;
  },
);

export const sys_getpid = kernelFunction('sys_getpid', function* (frame, task: Task): Steps<number> {
  yield frame.at('sys_getpid: tell the process');
  return task.process.pid;
});
export const sys_gettid = kernelFunction('sys_gettid', function* (frame, task: Task): Steps<number> {
  yield frame.at('sys_gettid: tell the thread');
  return task.tid;
});
/** Every identity is root's. */
export const sys_getuid = kernelFunction('sys_getuid', function* (frame): Steps<number> {
  yield frame.at('sys_getuid: tell the user');
  return 0;
});

const UTSNAME_FIELD = 65;

export const sys_newuname = kernelFunction('sys_newuname', function* (frame, task: Task, name: bigint): Steps<number> {
  const { version, bits } = task.process.profile;
  const own = release(version);
  yield frame.at('sys_newuname: copy the names', { name, release: own });
  const image = new Uint8Array(6 * UTSNAME_FIELD);
  ['Linux', 'mpx', own, '#1 SMP', bits === 32 ? 'i686' : 'x86_64', '(none)'].forEach((text, i) => {
    image.set(encoder.encode(text), i * UTSNAME_FIELD);
  });
  return (yield* copy_to_user(task, name, image)) === 0 ? 0 : -EFAULT;
});

const PR_SET_NAME = 15;
const PR_GET_NAME = 16;
const PR_GET_DUMPABLE = 3;
const PR_SET_DUMPABLE = 4;
const COMM_LENGTH = 16;

export const sys_prctl = kernelFunction(
  'sys_prctl',
  function* (frame, task: Task, option: bigint, arg2: bigint, arg3: bigint, arg4: bigint, arg5: bigint): Steps<number> {
    const code = Number(BigInt.asUintN(32, option));
    yield frame.at('sys_prctl: choose by option', { option: code, arg2, arg3, arg4, arg5 });
    switch (code) {
      case PR_MPX_ENABLE_MANAGEMENT:
      case PR_MPX_DISABLE_MANAGEMENT: {
        if (!task.process.profile.switches.configMpx || arg2 | arg3 | arg4 | arg5) return -EINVAL;
        return yield* code === PR_MPX_ENABLE_MANAGEMENT ? mpx_enable_management(task) : mpx_disable_management(task);
      }
      case PR_SET_NAME: {
        const bytes = yield* copy_from_user(task, arg2, COMM_LENGTH);
        if (bytes.length === 0) return -EFAULT;
        const end = bytes.indexOf(0);
        task.name = decoder.decode(bytes.subarray(0, end < 0 ? COMM_LENGTH - 1 : Math.min(end, COMM_LENGTH - 1)));
        return 0;
      }
      case PR_GET_NAME: {
        const image = new Uint8Array(COMM_LENGTH);
        image.set(encoder.encode(task.name).subarray(0, COMM_LENGTH - 1));
        return (yield* copy_to_user(task, arg2, image)) === 0 ? 0 : -EFAULT;
      }
      case PR_GET_DUMPABLE:
        return 1;
      case PR_SET_DUMPABLE:
        return arg2 > 1n ? -EINVAL : 0;
      default:
        return -EINVAL;
    }
  },
);

/** Random bytes one call gives at most. */
const RANDOM_MAX = 1 << 20;
export const sys_getrandom = kernelFunction(
  'sys_getrandom',
  function* (frame, task: Task, buf: bigint, count: bigint, flags: bigint): Steps<number> {
    yield frame.at('sys_getrandom: copy random bytes', { buf, count, flags });
    if (flags & ~7n) return -EINVAL;
    const bytes = task.process.inputs.random(count > BigInt(RANDOM_MAX) ? RANDOM_MAX : Number(count));
    return (yield* copy_to_user(task, buf, bytes)) === 0 ? bytes.length : -EFAULT;
  },
);
