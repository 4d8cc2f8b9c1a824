/** System calls that send signals: to processes, groups and threads. */
import { wordsOf } from '../abi.ts';
import { EAGAIN, EFAULT, EINVAL, EPERM, ESRCH } from '../errno.ts';
import type { Process } from '../process.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_from_user } from '../user.ts';
import { SIGINFO_SIZE, siginfoFields } from './layout.ts';
import { send_sig_to_process, send_sig_to_task } from './send.ts';
import { type KernelSiginfo, NSIG, SI_TKILL, SI_USER } from './types.ts';

const int = (value: bigint): number => Number(BigInt.asIntN(32, value));

/** Signal number of an argument; undefined if there is none such. 0 only probes. */
function signalOf(sig: bigint): number | undefined {
  const signo = int(sig);
  return signo >= 0 && signo <= NSIG ? signo : undefined;
}

/** Processes that kill(`pid`) means. init is not to be had. */
function targets(process: Process<Task>, pid: number): Process<Task>[] {
  const { processes } = process.world;
  if (pid > 0) return processes.filter((other) => other.pid === pid);
  if (pid === -1) return processes.filter((other) => other !== process);
  const group = pid === 0 ? process.pgid : -pid;
  return processes.filter((other) => other.pgid === group);
}

export const sys_kill = kernelFunction(
  'sys_kill',
  function* (frame, task: Task, pid: bigint, sig: bigint): Steps<number> {
    yield frame.at('sys_kill: send to a process or a group', { pid, sig });
    const { process } = task;
    const signo = signalOf(sig);
    if (signo === undefined) return -EINVAL;
    const found = targets(process, int(pid));
    if (found.length === 0) return -ESRCH;
    if (signo === 0) return 0;
    for (const target of found)
      if (!target.exit)
        send_sig_to_process(target, { signo, code: SI_USER, errno: 0, address: 0n, pid: process.pid, uid: 0 });
    return 0;
  },
);

/** Sends `info` (or only probes) to a thread; `group`: of this process. → 0 or −errno */
function sendTo(task: Task, tid: number, group: number | undefined, signo: number, info: KernelSiginfo): number {
  if (tid <= 0 || (group !== undefined && group <= 0)) return -EINVAL;
  const target = task.process.world.scheduler.tasks.find((other) => other.tid === tid);
  if (!target || (group !== undefined && target.process.pid !== group)) return -ESRCH;
  return signo === 0 || send_sig_to_task(target, info) ? 0 : -EAGAIN;
}

const plain = (task: Task, signo: number): KernelSiginfo => ({
  signo,
  code: SI_TKILL,
  errno: 0,
  address: 0n,
  pid: task.process.pid,
  uid: 0,
});

export const sys_tkill = kernelFunction(
  'sys_tkill',
  function* (frame, task: Task, tid: bigint, sig: bigint): Steps<number> {
    yield frame.at('sys_tkill: send to the thread', { tid, sig });
    const signo = signalOf(sig);
    return signo === undefined ? -EINVAL : sendTo(task, int(tid), undefined, signo, plain(task, signo));
  },
);

export const sys_tgkill = kernelFunction(
  'sys_tgkill',
  function* (frame, task: Task, tgid: bigint, tid: bigint, sig: bigint): Steps<number> {
    yield frame.at('sys_tgkill: send to the thread', { tgid, tid, sig });
    const signo = signalOf(sig);
    return signo === undefined ? -EINVAL : sendTo(task, int(tid), int(tgid), signo, plain(task, signo));
  },
);

/** The siginfo a program has made itself; −EPERM if it poses as one of the kernel's or of kill's to somebody else. */
function* readSiginfo(task: Task, address: bigint, signo: number, to: number): Steps<KernelSiginfo | number> {
  const bytes = yield* copy_from_user(task, address, SIGINFO_SIZE);
  if (bytes.length < SIGINFO_SIZE) return -EFAULT;
  const view = new DataView(bytes.buffer, bytes.byteOffset, SIGINFO_SIZE);
  const code = view.getInt32(8, true);
  if ((code >= 0 || code === SI_TKILL) && to !== task.process.pid) return -EPERM;
  const { word } = task.abi;
  const fields = siginfoFields(word);
  const [value] = wordsOf(word, bytes.subarray(fields + 8, fields + 8 + word));
  return {
    signo,
    code,
    errno: view.getInt32(4, true),
    address: 0n,
    pid: view.getInt32(fields, true),
    uid: view.getInt32(fields + 4, true),
    value,
  };
}

export const sys_rt_sigqueueinfo = kernelFunction(
  'sys_rt_sigqueueinfo',
  function* (frame, task: Task, pid: bigint, sig: bigint, uinfo: bigint): Steps<number> {
    yield frame.at('sys_rt_sigqueueinfo: queue to the process', { pid, sig, uinfo });
    const signo = signalOf(sig);
    if (signo === undefined) return -EINVAL;
    const info = yield* readSiginfo(task, uinfo, signo, int(pid));
    if (typeof info === 'number') return info;
    const target = task.process.world.processes.find((other) => other.pid === int(pid));
    if (!target) return -ESRCH;
    return signo === 0 || target.exit || send_sig_to_process(target, info) ? 0 : -EAGAIN;
  },
);

export const sys_rt_tgsigqueueinfo = kernelFunction(
  'sys_rt_tgsigqueueinfo',
  function* (frame, task: Task, tgid: bigint, tid: bigint, sig: bigint, uinfo: bigint): Steps<number> {
    yield frame.at('sys_rt_tgsigqueueinfo: queue to the thread', { tgid, tid, sig, uinfo });
    const signo = signalOf(sig);
    if (signo === undefined) return -EINVAL;
    const info = yield* readSiginfo(task, uinfo, signo, int(tid));
    return typeof info === 'number' ? info : sendTo(task, int(tid), int(tgid), signo, info);
  },
);
