/** The clocks of a process: all run with the world's, in nanoseconds. */
import type { Process } from '../process.ts';
import type { Task } from '../task.ts';
import { NS_PER_SECOND } from './timespec.ts';

export const CLOCK_REALTIME = 0n;
export const CLOCK_MONOTONIC = 1n;
const CLOCK_REALTIME_COARSE = 5n;
const CLOCK_REALTIME_ALARM = 8n;
const CLOCK_SGI_CYCLE = 10n;
const CLOCK_TAI = 11n;
const CPU_CLOCKS: readonly bigint[] = [2n, 3n];
const WALL_CLOCKS: readonly bigint[] = [CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_REALTIME_ALARM, CLOCK_TAI];

/** Seconds since 1970 as nanoseconds. */
export const realtime = (process: Process<Task>): bigint =>
  process.inputs.startTime() * NS_PER_SECOND + process.world.now;

/** CPU time the process has used: an instruction takes a nanosecond. */
export const cpuTime = (process: Process<Task>): bigint => process.machine.retired;

/** The time of clock `clock`; undefined if there is no such clock. */
export function readClock(task: Task, clock: bigint): bigint | undefined {
  const id = BigInt.asIntN(32, clock);
  if (id < 0n) return cpuTime(task.process);
  if (id > CLOCK_TAI || id === CLOCK_SGI_CYCLE) return undefined;
  if (CPU_CLOCKS.includes(id)) return id === 2n ? cpuTime(task.process) : task.cpu.retired;
  return WALL_CLOCKS.includes(id) ? realtime(task.process) : task.process.world.now;
}

/** The moment on the world's clock at which `clock` shows `time`. */
export function worldTime(task: Task, clock: bigint, time: bigint): bigint {
  const { now } = task.process.world;
  return now + (time - (readClock(task, clock) ?? now));
}
