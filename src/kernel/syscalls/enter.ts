/** The system-call entry (Linux: do_syscall_64). */
import { lesser } from '../../base/address.ts';
import type { ProfileId } from '../api.ts';
import { ENOSYS } from '../errno.ts';
import { restartCode } from '../signal/restart.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { SYSTEM_CALLS } from './table.ts';

const RAX = 0;
/** Argument registers in order: rdi rsi rdx r10 r8 r9. */
const ARGUMENTS = [7, 6, 2, 10, 8, 9] as const;
/** Unknown calls reported at most; a program that keeps trying must not fill the host's memory. */
const MAX_REPORTED = 100;

/** Highest number each release knows: for calls of later releases ENOSYS is what the program should see, and nothing to report. */
const LAST_NUMBER: Readonly<Record<ProfileId, number>> = { 'v4.1': 322, 'v4.19': 334, 'v5.5': 435, ideal: 435 };
/** No release so far has given out a number above this: such a call is the program's mistake, and worth a line. */
const LAST_NUMBER_EVER = 500;
/** Restartable sequences: a kernel built without them answers ENOSYS, and every C library is prepared for it. */
const NR_RSEQ = 334;

function unknown(task: Task, number: number, args: bigint[]): void {
  const { process, cpu } = task;
  const isLater = number > LAST_NUMBER[process.profile.id] && number <= LAST_NUMBER_EVER;
  if (isLater || number === NR_RSEQ) return;
  if (process.unknownCalls.has(number) || process.unknownCalls.size >= MAX_REPORTED) return;
  process.unknownCalls.add(number);
  process.unimplemented.push({ syscall: number, args, pc: cpu.rip });
  process.emit(task, { kind: 'syscall-unknown', number, args });
}

export const do_syscall_64: (task: Task) => Steps<void> = kernelFunction(
  'do_syscall_64',
  function* (frame, task: Task) {
    const { cpu } = task;
    // The call number is the whole of RAX: high bits make it unknown.
    const nr = cpu.gpr(RAX);
    const args = ARGUMENTS.map((register) => cpu.gpr(register));
    const entry = nr <= BigInt(LAST_NUMBER[task.process.profile.id]) ? SYSTEM_CALLS.get(Number(nr)) : undefined;
    yield frame.at('do_syscall_64: call the function of the table', { nr, name: entry?.name ?? 'unknown' });
    if (!entry) {
      unknown(task, Number(lesser(nr, BigInt(Number.MAX_SAFE_INTEGER))), args);
      cpu.setGpr(RAX, BigInt.asUintN(64, BigInt(-ENOSYS)));
      return;
    }
    const result = BigInt(yield* entry.call(task, ...args));
    task.wait = undefined;
    const code = restartCode(result);
    if (code !== undefined) {
      task.interruptedSyscall = { number: nr, code };
      return;
    }
    cpu.setGpr(RAX, BigInt.asUintN(64, result));
  },
);
