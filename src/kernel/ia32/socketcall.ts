/** socketcall: all calls about sockets through one number, with the arguments in memory. */
import { EFAULT, EINVAL, ENOSYS } from '../errno.ts';
import type { Steps } from '../steps.ts';
import { SYSTEM_CALLS } from '../syscalls/table.ts';
import type { Task } from '../task.ts';
import { argumentsAt } from './arguments.ts';

const NR_SOCKETCALL = 102;
/** By number from 1 on: name of the call, and how many arguments it takes. */
const CALLS: readonly (readonly [name: string, count: number])[] = [
  ['socket', 3],
  ['bind', 3],
  ['connect', 3],
  ['listen', 2],
  ['accept', 3],
  ['getsockname', 3],
  ['getpeername', 3],
  ['socketpair', 4],
  ['send', 4],
  ['recv', 4],
  ['sendto', 6],
  ['recvfrom', 6],
  ['shutdown', 2],
  ['setsockopt', 5],
  ['getsockopt', 5],
  ['sendmsg', 3],
  ['recvmsg', 3],
  ['accept4', 4],
  ['recvmmsg', 5],
  ['sendmmsg', 4],
];
/** Those that point at words of the program: they are made for 64-bit programs only. */
const WITH_STRUCTURES = new Set(['sendmsg', 'recvmsg', 'recvmmsg', 'sendmmsg']);

export function* sys_socketcall(task: Task, call: bigint, at: bigint): Steps<number | bigint> {
  const entry = CALLS[Number(call) - 1];
  if (!entry) return -EINVAL;
  const [name, count] = entry;
  const values = yield* argumentsAt(task, at, count);
  if (!values) return -EFAULT;
  const found = WITH_STRUCTURES.has(name) ? undefined : [...SYSTEM_CALLS.values()].find((one) => one.name === name);
  if (found) return yield* found.call(task, ...values);
  task.process.reportRefused(task, NR_SOCKETCALL, [call, at], 'i386');
  return -ENOSYS;
}
