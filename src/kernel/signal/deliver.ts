/** Delivering signals on the way back to user mode (Linux: do_signal, get_signal, handle_signal). */
import { EINTR } from '../errno.ts';
import { notify_stopped } from '../exit/notify.ts';
import { ia32_setup_frame } from '../ia32/frame.ts';
import type { Process } from '../process.ts';
import { blocked, kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { setup_rt_frame } from './frame.ts';
import { dequeue_signal } from './pending.ts';
import { ERESTART_RESTARTBLOCK, ERESTARTNOINTR, ERESTARTSYS } from './restart.ts';
import { force_sigsegv } from './send.ts';
import {
  ignoredByDefault,
  type KernelSiginfo,
  SA_NODEFER,
  SA_RESETHAND,
  SA_RESTART,
  SIG_DFL,
  SIG_IGN,
  SIGSTOP,
  type SigAction,
  STOPPING,
  sigbit,
  UNBLOCKABLE,
} from './types.ts';

/** Length of SYSCALL, and of INT 80h. */
const SYSCALL_LENGTH = 2n;

/** Makes a cut-short system call return −EINTR, or run again with its number back in RAX. `action`: of the handler that runs first. */
function restart_syscall(task: Task, action: SigAction | undefined): void {
  const call = task.interruptedSyscall;
  if (!call) return;
  task.interruptedSyscall = undefined;
  const { code, number, restart } = call;
  const again = !action || code === ERESTARTNOINTR || (code === ERESTARTSYS && (action.flags & SA_RESTART) !== 0n);
  if (!again) {
    task.restartBlock = undefined;
    task.cpu.setGpr(0, BigInt.asUintN(64, BigInt(-EINTR)));
    return;
  }
  task.cpu.setGpr(0, code === ERESTART_RESTARTBLOCK ? restart : number);
  task.cpu.rip -= SYSCALL_LENGTH;
}

/** Sets the handler's frame up and blocks what it wants blocked; a frame that cannot be written is a forced SIGSEGV. */
const handle_signal: (task: Task, info: KernelSiginfo, action: SigAction) => Steps<void> = kernelFunction(
  'handle_signal',
  function* (frame, task: Task, info: KernelSiginfo, action: SigAction) {
    const { signo } = info;
    yield frame.at('handle_signal: make the frame', { signo, handler: action.handler });
    restart_syscall(task, action);
    const mask = task.savedMask ?? task.blocked;
    const setup = task.mm.ia32 ? ia32_setup_frame : setup_rt_frame;
    if ((yield* setup(task, info, action, mask)) !== 0) {
      force_sigsegv(task, signo);
      return;
    }
    task.savedMask = undefined;
    yield frame.at('handle_signal: reset the FPU state, MPX is off in the handler');
    task.cpu.initFpu();
    const defer = action.flags & SA_NODEFER ? 0n : sigbit(signo);
    task.blocked = (task.blocked | action.mask | defer) & ~UNBLOCKABLE;
  },
);

/** Whether a stop would be for ever: nobody in the session could continue the group, so only SIGSTOP stops it. */
function is_orphaned_pgrp({ world, pgid, sid }: Process<Task>): boolean {
  return !world.processes.some(
    ({ pgid: group, exit, parent }) => group === pgid && !exit && parent && parent.pgid !== pgid && parent.sid === sid,
  );
}

/** Stops the whole process until SIGCONT (or SIGKILL) comes. */
const do_signal_stop: (task: Task, info: KernelSiginfo) => Steps<void> = kernelFunction(
  'do_signal_stop',
  function* (frame, task: Task, info: KernelSiginfo) {
    const { process } = task;
    // The first process has nobody who could let it go on.
    if (!process.parent || (info.signo !== SIGSTOP && is_orphaned_pgrp(process))) {
      process.emit(task, { kind: 'signal', info, action: 'ignore' });
      return;
    }
    process.emit(task, { kind: 'signal', info, action: 'stop' });
    process.stopped = true;
    process.news = { kind: 'stopped', signo: info.signo };
    notify_stopped(process);
    while (process.stopped) yield blocked(frame.at('do_signal_stop: stopped', { signo: info.signo }));
    notify_stopped(process);
  },
);

/** Acts on one signal by its disposition. */
const get_signal: (task: Task, info: KernelSiginfo) => Steps<void> = kernelFunction(
  'get_signal',
  function* (frame, task: Task, info: KernelSiginfo) {
    const { process } = task;
    const current = process.actions[info.signo];
    yield frame.at('get_signal: choose the action', { signo: info.signo, handler: current.handler });
    const ignored = current.handler === SIG_IGN || (current.handler === SIG_DFL && ignoredByDefault(info.signo));
    process.lastSiginfo = info;
    if (ignored) {
      process.emit(task, { kind: 'signal', info, action: 'ignore' });
      return;
    }
    if (current.handler === SIG_DFL && STOPPING.has(info.signo)) {
      yield* do_signal_stop(task, info);
      return;
    }
    if (current.handler === SIG_DFL) {
      process.emit(task, { kind: 'signal', info, action: 'kill' });
      process.die(task, { signal: info.signo });
    }
    process.emit(task, { kind: 'signal', info, action: 'handler' });
    const action = { ...current };
    if (action.flags & SA_RESETHAND) current.handler = SIG_DFL;
    yield* handle_signal(task, info, action);
  },
);

/** Delivers every pending signal; the last one's handler runs first. */
export const do_signal: (task: Task) => Steps<void> = kernelFunction('do_signal', function* (_frame, task: Task) {
  for (let info = dequeue_signal(task); info; info = dequeue_signal(task)) yield* get_signal(task, info);
  restart_syscall(task, undefined);
  if (task.savedMask !== undefined) task.blocked = task.savedMask;
  task.savedMask = undefined;
});
