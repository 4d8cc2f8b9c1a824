/** Delivering signals on the way back to user mode (Linux: do_signal, get_signal, handle_signal). */
import { EINTR } from '../errno.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { setup_rt_frame } from './frame.ts';
import { dequeue_signal } from './pending.ts';
import { force_sigsegv } from './send.ts';
import {
  ignoredByDefault,
  type KernelSiginfo,
  SA_NODEFER,
  SA_RESETHAND,
  SA_RESTART,
  SIG_DFL,
  SIG_IGN,
  type SigAction,
  sigbit,
  UNBLOCKABLE,
} from './types.ts';

/** A system call cut short by a signal: restarted if no handler runs or the handler has SA_RESTART. Never seen by user code. */
export const ERESTARTSYS = 512;
/** The same, but never restarted once a handler has run (pause, sigsuspend). */
export const ERESTARTNOHAND = 514;

/** Length of the SYSCALL instruction. */
const SYSCALL_LENGTH = 2n;

/** Makes a cut-short system call return −EINTR, or run again with its number back in RAX. */
function restart_syscall(task: Task, action: SigAction | undefined): void {
  const call = task.interruptedSyscall;
  if (!call) return;
  if (action && (call.once || !(action.flags & SA_RESTART))) task.cpu.setGpr(0, BigInt.asUintN(64, BigInt(-EINTR)));
  else {
    task.cpu.setGpr(0, call.number);
    task.cpu.rip -= SYSCALL_LENGTH;
  }
  task.interruptedSyscall = undefined;
}

/** Sets the handler's frame up and blocks what it wants blocked; a frame that cannot be written is a forced SIGSEGV. */
const handle_signal: (task: Task, info: KernelSiginfo, action: SigAction) => Steps<void> = kernelFunction(
  'handle_signal',
  function* (frame, task: Task, info: KernelSiginfo, action: SigAction) {
    const { signo } = info;
    yield frame.at('handle_signal: make the frame', { signo, handler: action.handler });
    restart_syscall(task, action);
    const mask = task.savedMask ?? task.blocked;
    if ((yield* setup_rt_frame(task, info, action, mask)) !== 0) {
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
