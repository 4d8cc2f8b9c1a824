/** The system-call table of i386: number → kernel function. */
import { type Abi, I386, I386_TIME64 } from '../abi.ts';
import { EINVAL } from '../errno.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import * as attributes from '../syscalls/attributes.ts';
import type { SyscallTable } from '../syscalls/enter.ts';
import { sys_getuid } from '../syscalls/process.ts';
import { sys_sendfile } from '../syscalls/read-write.ts';
import { SYSTEM_CALLS, type SystemCall, type SystemCallEntry } from '../syscalls/table.ts';
import type { Task } from '../task.ts';
import * as arguments32 from './arguments.ts';
import * as limits from './limits.ts';
import { SAME_CALLS, SAME_TIME64_CALLS } from './same-calls.ts';
import * as signals from './signal-calls.ts';
import { sys32_rt_sigreturn, sys32_sigreturn } from './sigreturn.ts';
import { sys_socketcall } from './socketcall.ts';
import * as status from './stat.ts';
import { sys32_get_thread_area, sys32_set_thread_area } from './tls.ts';

/** Only the codes about CPUID faulting are for 32-bit code, and no CPU here can do that. */
const sys32_arch_prctl = kernelFunction(
  'sys32_arch_prctl',
  function* (frame, _task: Task, code: bigint): Steps<number> {
    yield frame.at('sys32_arch_prctl: no code is for 32-bit code', { code });
    return -EINVAL;
  },
);

const OWN: readonly (readonly [number: number, name: string, call: SystemCall])[] = [
  [7, 'waitpid', arguments32.sys32_waitpid],
  [16, 'lchown', arguments32.with16BitIds(attributes.sys_lchown)],
  [19, 'lseek', arguments32.sys32_lseek],
  [24, 'getuid', sys_getuid],
  [47, 'getgid', sys_getuid],
  [48, 'signal', signals.sys_signal],
  [49, 'geteuid', sys_getuid],
  [50, 'getegid', sys_getuid],
  [67, 'sigaction', signals.sys_sigaction],
  [72, 'sigsuspend', signals.sys_sigsuspend],
  [73, 'sigpending', signals.sys_sigpending],
  [76, 'getrlimit', limits.sys_old_getrlimit],
  [82, 'select', arguments32.sys_old_select],
  [90, 'mmap', arguments32.sys_old_mmap],
  [92, 'truncate', arguments32.sys32_truncate],
  [93, 'ftruncate', arguments32.sys32_ftruncate],
  [95, 'fchown', arguments32.with16BitIds(attributes.sys_fchown)],
  [99, 'statfs', status.sys32_statfs],
  [100, 'fstatfs', status.sys32_fstatfs],
  [102, 'socketcall', sys_socketcall],
  [106, 'stat', status.sys32_newstat],
  [107, 'lstat', status.sys32_newlstat],
  [108, 'fstat', status.sys32_newfstat],
  [119, 'sigreturn', sys32_sigreturn],
  [120, 'clone', arguments32.sys32_clone],
  [126, 'sigprocmask', signals.sys_sigprocmask],
  [140, '_llseek', arguments32.sys_llseek],
  [173, 'rt_sigreturn', sys32_rt_sigreturn],
  [180, 'pread64', arguments32.sys32_pread64],
  [181, 'pwrite64', arguments32.sys32_pwrite64],
  [182, 'chown', arguments32.with16BitIds(attributes.sys_chown)],
  [187, 'sendfile', sys_sendfile],
  [192, 'mmap2', arguments32.sys_mmap_pgoff],
  [193, 'truncate64', arguments32.sys32_truncate64],
  [194, 'ftruncate64', arguments32.sys32_ftruncate64],
  [195, 'stat64', status.sys32_stat64],
  [196, 'lstat64', status.sys32_lstat64],
  [197, 'fstat64', status.sys32_fstat64],
  [243, 'set_thread_area', sys32_set_thread_area],
  [244, 'get_thread_area', sys32_get_thread_area],
  [250, 'fadvise64', arguments32.sys32_fadvise64],
  [268, 'statfs64', status.sys32_statfs64],
  [269, 'fstatfs64', status.sys32_fstatfs64],
  [272, 'fadvise64_64', arguments32.sys32_fadvise64_64],
  [300, 'fstatat64', status.sys32_fstatat64],
  [324, 'fallocate', arguments32.sys32_fallocate],
  [333, 'preadv', arguments32.sys32_preadv],
  [334, 'pwritev', arguments32.sys32_pwritev],
  [384, 'arch_prctl', sys32_arch_prctl],
];

const BY_NAME = new Map([...SYSTEM_CALLS.values()].map(({ name, call }) => [name, call]));

/** The entries for `names` that x86-64 has. */
const same = (names: Readonly<Record<number, string>>, abi: Abi): [number, SystemCallEntry][] =>
  Object.entries(names).flatMap(([number, name]) => {
    const call = BY_NAME.get(name);
    return call ? [[Number(number), { name: abi.time === 8 ? `${name}_time64` : name, call, abi }]] : [];
  });

export const IA32_TABLE: SyscallTable = {
  abi: I386,
  calls: new Map([
    ...same(SAME_CALLS, I386),
    ...same(SAME_TIME64_CALLS, I386_TIME64),
    ...OWN.map(([number, name, call]): [number, SystemCallEntry] => [number, { name, call }]),
  ]),
  last: { 'v4.1': 358, 'v4.19': 386, 'v5.5': 435, ideal: 435 },
  restart_syscall: 0n,
  rseq: 386,
};
