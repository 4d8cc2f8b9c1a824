/** The system-call entry (Linux: do_syscall_64), and what it shares with the entries of 32-bit code. */
import { lesser } from '../../base/address.ts';
import { type Abi, X86_64 } from '../abi.ts';
import type { KernelVersion } from '../api.ts';
import { ENOSYS } from '../errno.ts';
import { restartCode } from '../signal/restart.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { SYSTEM_CALLS, type SystemCallEntry } from './table.ts';

const RAX = 0;
/** Argument registers in order: rdi rsi rdx r10 r8 r9. */
const ARGUMENTS = [7, 6, 2, 10, 8, 9] as const;
/** Unknown calls reported at most; a program that keeps trying must not fill the host's memory. */
const MAX_REPORTED = 100;
/** No release so far has given out a number above this: such a call is the program's mistake, and worth a line. */
const LAST_NUMBER_EVER = 500;

/** One of the kernel's tables, with what goes by number. */
export interface SyscallTable {
  readonly abi: Abi;
  readonly calls: ReadonlyMap<number, SystemCallEntry>;
  /** Highest number each release knows: for calls of later releases ENOSYS is what the program should see, and nothing to report. */
  readonly last: Readonly<Record<KernelVersion, number>>;
  readonly restart_syscall: bigint;
  /** Restartable sequences: a kernel built without them answers ENOSYS, and every C library is prepared for it. */
  readonly rseq: number;
}

const X86_64_TABLE: SyscallTable = {
  abi: X86_64,
  calls: SYSTEM_CALLS,
  last: { 'v4.1': 322, 'v4.19': 334, 'v5.5': 435, ideal: 435 },
  restart_syscall: 219n,
  rseq: 334,
};

/** The call that `nr` means in the release that runs. */
export const callOf = ({ process }: Task, { calls, last }: SyscallTable, nr: bigint): SystemCallEntry | undefined =>
  nr <= BigInt(last[process.profile.version]) ? calls.get(Number(nr)) : undefined;

function unknown(task: Task, { abi, last, rseq }: SyscallTable, number: number, args: bigint[]): void {
  const { process, cpu } = task;
  const isLater = number > last[process.profile.version] && number <= LAST_NUMBER_EVER;
  if (isLater || number === rseq) return;
  if (process.unknownCalls.has(number) || process.unknownCalls.size >= MAX_REPORTED) return;
  process.unknownCalls.add(number);
  process.unimplemented.push({ syscall: number, args, pc: cpu.rip, abi: abi.name });
  process.emit(task, { kind: 'syscall-unknown', number, args });
}

/** Calls `entry`, and leaves the result in RAX, or what is needed to call it again after a signal. */
export function* invoke(
  task: Task,
  table: SyscallTable,
  nr: bigint,
  entry: SystemCallEntry | undefined,
  args: bigint[],
): Steps<void> {
  const { cpu } = task;
  // 32-bit code sees the lower half only; the upper one is kept clean.
  const store = (value: bigint) =>
    cpu.setGpr(RAX, BigInt.asUintN(table.abi.word === 4 && task.mm.ia32 ? 32 : 64, value));
  if (!entry) {
    unknown(task, table, Number(lesser(nr, BigInt(Number.MAX_SAFE_INTEGER))), args);
    store(BigInt(-ENOSYS));
    return;
  }
  task.abi = entry.abi ?? table.abi;
  const result = BigInt(yield* entry.call(task, ...args));
  task.wait = undefined;
  const code = restartCode(result);
  if (code === undefined) store(result);
  else task.interruptedSyscall = { number: nr, code, restart: table.restart_syscall };
}

export const do_syscall_64: (task: Task) => Steps<void> = kernelFunction(
  'do_syscall_64',
  function* (frame, task: Task) {
    const { cpu } = task;
    // The call number is the whole of RAX: high bits make it unknown.
    const nr = cpu.gpr(RAX);
    const args = ARGUMENTS.map((register) => cpu.gpr(register));
    const entry = callOf(task, X86_64_TABLE, nr);
    yield frame.at('do_syscall_64: call the function of the table', { nr, name: entry?.name ?? 'unknown' });
    yield* invoke(task, X86_64_TABLE, nr, entry, args);
  },
);
