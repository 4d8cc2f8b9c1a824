/** clone, clone3, fork, vfork. */
import { E2BIG, EFAULT, EINVAL } from '../errno.ts';
import { readUserDesc } from '../ia32/tls.ts';
import { SIGCHLD } from '../signal/types.ts';
import { blocked, complete, kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_from_user, put_user } from '../user.ts';
import {
  CLONE_CHILD_SETTID,
  CLONE_PARENT_SETTID,
  CLONE_SETTLS,
  CLONE_VFORK,
  CLONE_VM,
  type CloneRequest,
  CSIGNAL,
  checkFlags,
  copy_process,
} from './copy-process.ts';

/** Whether the child of a vfork still runs in its parent's memory. */
function borrows(task: Task, pid: number): boolean {
  const child = task.process.world.processes.find((process) => process.pid === pid);
  return child !== undefined && child.exit === undefined && child.mm === task.mm;
}

/** The parent of a vfork sleeps until its child has another memory or is gone. → the child's number */
const wait_for_vfork_done: (task: Task, pid: number) => Steps<number> = kernelFunction(
  'wait_for_vfork_done',
  function* (frame, task: Task, pid: number) {
    task.wait = { kind: 'vfork', pid };
    while (borrows(task, pid))
      yield blocked(frame.at('wait_for_vfork_done: sleep until the child has another memory', { pid }));
    return pid;
  },
);

/** Makes the task; → its number, or −errno */
const do_fork: (task: Task, request: CloneRequest) => Steps<number> = kernelFunction(
  'do_fork',
  function* (frame, task: Task, request: CloneRequest) {
    if (task.wait?.kind === 'vfork') return yield* wait_for_vfork_done(task, task.wait.pid);
    const { flags, stack, parentTid, childTid } = request;
    yield frame.at('do_fork: check the flags', { flags, stack });
    const wrong = checkFlags(flags);
    if (wrong !== 0) return wrong;
    const descriptor = flags & CLONE_SETTLS && task.abi.word === 4 ? yield* readUserDesc(task, request.tls) : undefined;
    if (typeof descriptor === 'number') return descriptor;
    if (descriptor && descriptor.index === undefined) return -EINVAL;
    yield frame.at('do_fork: copy what is not shared', { flags, stack });
    const child = copy_process(task, { ...request, descriptor });
    if (typeof child === 'number') return child;
    const tid = BigInt(child.tid);
    if (flags & CLONE_PARENT_SETTID) yield* put_user(task, parentTid, 4, tid);
    if (flags & CLONE_CHILD_SETTID) {
      // In shared memory it does not matter who writes; a copy is the child's alone, so nobody holds its lock.
      if (flags & CLONE_VM) yield* put_user(task, childTid, 4, tid);
      else complete(put_user(child, childTid, 4, tid));
    }
    return flags & CLONE_VFORK ? yield* wait_for_vfork_done(task, child.tid) : child.tid;
  },
);

const PLAIN = { stack: 0n, parentTid: 0n, childTid: 0n, tls: 0n, exitSignal: SIGCHLD } as const;

export const sys_fork = kernelFunction('sys_fork', function* (frame, task: Task): Steps<number> {
  yield frame.at('sys_fork: make a child');
  return yield* do_fork(task, { ...PLAIN, flags: 0n });
});

export const sys_vfork = kernelFunction('sys_vfork', function* (frame, task: Task): Steps<number> {
  yield frame.at('sys_vfork: make a child that borrows the memory');
  return yield* do_fork(task, { ...PLAIN, flags: CLONE_VFORK | CLONE_VM });
});

export const sys_clone = kernelFunction(
  'sys_clone',
  function* (
    frame,
    task: Task,
    flags: bigint,
    stack: bigint,
    parentTid: bigint,
    childTid: bigint,
    tls: bigint,
  ): Steps<number> {
    yield frame.at('sys_clone: make a thread or a child', { flags, stack, parentTid, childTid, tls });
    const exitSignal = Number(flags & CSIGNAL);
    return yield* do_fork(task, { flags: flags & ~CSIGNAL, stack, parentTid, childTid, tls, exitSignal });
  },
);

/** Size of the first version of struct clone_args, and the most a caller may give. */
const CLONE_ARGS_SIZE = 64;
const PAGE_SIZE = 4096n;

export const sys_clone3 = kernelFunction(
  'sys_clone3',
  function* (frame, task: Task, args: bigint, size: bigint): Steps<number> {
    yield frame.at('sys_clone3: read the arguments', { args, size });
    if (size > PAGE_SIZE) return -E2BIG;
    if (size < BigInt(CLONE_ARGS_SIZE)) return -EINVAL;
    const bytes = yield* copy_from_user(task, args, Number(size));
    if (bytes.length < Number(size)) return -EFAULT;
    // Fields of later versions are not known here.
    if (bytes.subarray(CLONE_ARGS_SIZE).some((byte) => byte !== 0)) return -E2BIG;
    const view = new DataView(bytes.buffer, bytes.byteOffset, CLONE_ARGS_SIZE);
    const [flags, , childTid, parentTid, exitSignal, base, length, tls] = Array.from({ length: 8 }, (_, i) =>
      view.getBigUint64(8 * i, true),
    );
    if (exitSignal & ~CSIGNAL || flags & CSIGNAL || (base === 0n) !== (length === 0n)) return -EINVAL;
    const stack = base + length;
    return yield* do_fork(task, { flags, stack, parentTid, childTid, tls, exitSignal: Number(exitSignal) });
  },
);
