/** Timers: interval timers of processes (setitimer, alarm) and POSIX timers. They are data of the world; signals tell of their expiry. */
import type { Process } from '../process.ts';
import type { Timer } from '../sched/timer.ts';
import { send_sig_to_process, send_sig_to_task } from '../signal/send.ts';
import { type KernelSiginfo, SI_KERNEL } from '../signal/types.ts';
import type { Task } from '../task.ts';
import type { World } from '../world.ts';
import { cpuTime } from './clocks.ts';

const SI_TIMER = -2;

/** What a timer's clock shows. */
export function timerNow(process: Process<Task>, timer: Pick<Timer, 'clock'>): bigint {
  return timer.clock === 'cpu' ? cpuTime(process) : process.world.now;
}

/** Tells of `times` expirations by one signal; a signal still pending only counts them. */
function tell(process: Process<Task>, timer: Timer, times: number): void {
  const { id, signo, value, tid } = timer;
  if (signo === 0) return;
  if (timer.kind === 'interval') {
    send_sig_to_process(process, { signo, code: SI_KERNEL, errno: 0, address: 0n });
    return;
  }
  const task = tid === undefined ? undefined : process.tasks.find((one) => one.tid === tid);
  if (tid !== undefined && !task) return;
  const pending = (task?.pending ?? process.sharedPending).find((info) => info.timer?.id === id);
  if (pending?.timer) {
    pending.timer.overrun += times;
    timer.overrun = pending.timer.overrun;
    return;
  }
  timer.overrun = times - 1;
  const info: KernelSiginfo = {
    signo,
    code: SI_TIMER,
    errno: 0,
    address: 0n,
    value,
    timer: { id, overrun: timer.overrun },
  };
  if (task) send_sig_to_task(task, info);
  else send_sig_to_process(process, info);
}

/** Lets expire what is due. */
export function expire_timers(world: World<Process<Task>>): void {
  for (const timer of world.timers) {
    const { expires, interval } = timer;
    const process = world.processes.find(({ pid }) => pid === timer.pid);
    if (expires === undefined || !process || process.exit) continue;
    const now = timerNow(process, timer);
    if (expires > now) continue;
    const times = interval > 0n ? (now - expires) / interval + 1n : 1n;
    timer.expires = interval > 0n ? expires + times * interval : undefined;
    tell(process, timer, Number(times));
    // Its signal may be what somebody sleeps for.
    world.scheduler.noteProgress();
  }
}

/** Takes the timers of a process out: all, or only its POSIX timers (execve). */
export function drop_timers({ world, pid }: Process<Task>, kind?: Timer['kind']): void {
  const { timers } = world;
  for (let i = timers.length - 1; i >= 0; i--)
    if (timers[i].pid === pid && (!kind || timers[i].kind === kind)) timers.splice(i, 1);
}
