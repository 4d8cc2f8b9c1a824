/** Waiting for children: wait4 and waitid. */
import type { ExitStatus } from '../api.ts';
import { ECHILD, EFAULT, EINVAL } from '../errno.ts';
import type { Process } from '../process.ts';
import { siginfoFields, siginfoImage } from '../signal/layout.ts';
import { signal_pending } from '../signal/pending.ts';
import { ERESTARTSYS } from '../signal/restart.ts';
import { SIGCHLD } from '../signal/types.ts';
import { blocked, kernelFunction, type Steps } from '../steps.ts';
import { RUSAGE_WORDS } from '../syscalls/time.ts';
import type { Task } from '../task.ts';
import { copy_to_user, put_user } from '../user.ts';
import { release_task } from './notify.ts';

const WNOHANG = 1;
const WSTOPPED = 2;
const WEXITED = 4;
const WCONTINUED = 8;
const WNOWAIT = 0x01000000;
const WNOTHREAD = 0x20000000;
const WALL = 0x40000000;
const WCLONE = 0x80000000;
const P_ALL = 0n;
const P_PID = 1n;
const P_PGID = 2n;
const STOPPED = 0x7f;
const CONTINUED = 0xffff;
const CLD = { EXITED: 1, KILLED: 2, STOPPED: 5, CONTINUED: 6 } as const;

/** What became of a child. */
interface Found {
  child: Process<Task>;
  what: { exit: ExitStatus } | { stopped: number } | 'continued';
}

interface WaitRequest {
  matches(child: Process<Task>): boolean;
  options: number;
}

/** The first child of which there is something to tell. */
function look(children: readonly Process<Task>[], options: number): Found | undefined {
  for (const child of children) {
    const { exit, news } = child;
    if (exit && options & WEXITED) return { child, what: { exit } };
    if (news?.kind === 'stopped' && options & WSTOPPED) return { child, what: { stopped: news.signo } };
    if (news?.kind === 'continued' && options & WCONTINUED) return { child, what: 'continued' };
  }
  return undefined;
}

/** → what was found, 0 if nothing (WNOHANG), −ECHILD, or a restart code */
const do_wait: (task: Task, request: WaitRequest) => Steps<Found | number> = kernelFunction(
  'do_wait',
  function* (frame, task: Task, { matches, options }: WaitRequest) {
    for (;;) {
      const children = task.process.children.filter(matches);
      if (children.length === 0) return -ECHILD;
      const found = look(children, options);
      if (found) {
        if (!(options & WNOWAIT)) {
          if (typeof found.what === 'object' && 'exit' in found.what) release_task(found.child);
          else found.child.news = undefined;
        }
        return found;
      }
      if (options & WNOHANG) return 0;
      if (signal_pending(task)) return -ERESTARTSYS;
      task.wait = { kind: 'child' };
      yield blocked(frame.at('do_wait: sleep until a child has news', { children: children.length }));
    }
  },
);

/** Whether the child tells its parent in the way the options ask about. */
function isEligible(child: Process<Task>, options: number): boolean {
  if (options & WALL) return true;
  return (child.exitSignal !== SIGCHLD) === ((options & WCLONE) >>> 0 !== 0);
}

function waitStatus(what: Found['what']): number {
  if (what === 'continued') return CONTINUED;
  if ('stopped' in what) return (what.stopped << 8) | STOPPED;
  return 'code' in what.exit ? what.exit.code << 8 : what.exit.signal;
}

export const sys_wait4 = kernelFunction(
  'sys_wait4',
  function* (frame, task: Task, pid: bigint, status: bigint, options: bigint, usage: bigint): Steps<number> {
    const which = Number(BigInt.asIntN(32, pid));
    const flags = Number(BigInt.asUintN(32, options));
    yield frame.at('sys_wait4: for which children', { pid: which, status, options: flags });
    const allowed = WNOHANG | WSTOPPED | WCONTINUED | WNOTHREAD | WALL | WCLONE;
    if (flags & ~allowed) return -EINVAL;
    const { process } = task;
    const matches = (child: Process<Task>) =>
      isEligible(child, flags) &&
      (which === -1 || (which > 0 ? child.pid === which : child.pgid === (which === 0 ? process.pgid : -which)));
    const found = yield* do_wait(task, { matches, options: flags | WEXITED });
    if (typeof found === 'number') return found;
    if (status !== 0n && (yield* put_user(task, status, 4, BigInt(waitStatus(found.what)))) !== 0) return -EFAULT;
    if (usage !== 0n && (yield* copy_to_user(task, usage, new Uint8Array(RUSAGE_WORDS * task.abi.word))) !== 0)
      return -EFAULT;
    return found.child.pid;
  },
);

function childInfo({ child, what }: Found): { code: number; status: number; pid: number; uid: number } {
  const common = { pid: child.pid, uid: 0 };
  if (what === 'continued') return { ...common, code: CLD.CONTINUED, status: 18 };
  if ('stopped' in what) return { ...common, code: CLD.STOPPED, status: what.stopped };
  return 'code' in what.exit
    ? { ...common, code: CLD.EXITED, status: what.exit.code }
    : { ...common, code: CLD.KILLED, status: what.exit.signal };
}

export const sys_waitid = kernelFunction(
  'sys_waitid',
  function* (
    frame,
    task: Task,
    which: bigint,
    id: bigint,
    infop: bigint,
    options: bigint,
    usage: bigint,
  ): Steps<number> {
    const flags = Number(BigInt.asUintN(32, options));
    const wanted = Number(BigInt.asIntN(32, id));
    yield frame.at('sys_waitid: for which children', { which, id: wanted, infop, options: flags });
    const allowed = WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | WNOTHREAD | WALL | WCLONE;
    if (flags & ~allowed || !(flags & (WEXITED | WSTOPPED | WCONTINUED))) return -EINVAL;
    if (which > P_PGID || (which === P_PID && wanted <= 0) || (which === P_PGID && wanted < 0)) return -EINVAL;
    const group = wanted || task.process.pgid;
    const matches = (child: Process<Task>) =>
      isEligible(child, flags) && (which === P_ALL || (which === P_PID ? child.pid === wanted : child.pgid === group));
    const found = yield* do_wait(task, { matches, options: flags });
    if (typeof found === 'number' && found < 0) return found;
    if (usage !== 0n && (yield* copy_to_user(task, usage, new Uint8Array(RUSAGE_WORDS * task.abi.word))) !== 0)
      return -EFAULT;
    if (infop === 0n) return 0;
    const image =
      typeof found === 'number'
        ? new Uint8Array(48)
        : siginfoImage({ signo: SIGCHLD, errno: 0, address: 0n, ...childInfo(found) }, task.abi.word);
    // The kernel writes the fields one by one: only those there are.
    return (yield* copy_to_user(task, infop, image.subarray(0, siginfoFields(task.abi.word) + 12))) === 0 ? 0 : -EFAULT;
  },
);
