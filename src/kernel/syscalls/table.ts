/** The system-call table of x86-64: number → kernel function. */

import { sys_execve } from '../exec/execve.ts';
import { sys_exit, sys_exit_group } from '../exit/exit.ts';
import { sys_wait4, sys_waitid } from '../exit/wait.ts';
import { sys_clone, sys_clone3, sys_fork, sys_vfork } from '../fork/clone.ts';
import { sys_futex, sys_get_robust_list, sys_set_robust_list } from '../futex/syscalls.ts';
import { sys_kill, sys_rt_sigqueueinfo, sys_rt_tgsigqueueinfo, sys_tgkill, sys_tkill } from '../signal/kill.ts';
import { sys_rt_sigreturn } from '../signal/sigreturn.ts';
import {
  sys_pause,
  sys_rt_sigaction,
  sys_rt_sigpending,
  sys_rt_sigprocmask,
  sys_rt_sigsuspend,
  sys_sigaltstack,
} from '../signal/syscalls.ts';
import { sys_rt_sigtimedwait } from '../signal/timedwait.ts';
import type { Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import * as descriptors from './descriptors.ts';
import * as groups from './groups.ts';
import * as limits from './limits.ts';
import * as memory from './memory.ts';
import * as paths from './paths.ts';
import * as processes from './process.ts';
import * as transfers from './read-write.ts';
import * as time from './time.ts';

/** A system call: its arguments are the registers as they are; negative results are errors. */
export type SystemCall = (task: Task, ...args: bigint[]) => Steps<number | bigint>;

const TABLE: readonly (readonly [number: number, name: string, call: SystemCall])[] = [
  [0, 'read', transfers.sys_read],
  [1, 'write', transfers.sys_write],
  [2, 'open', paths.sys_open],
  [3, 'close', descriptors.sys_close],
  [4, 'stat', paths.sys_stat],
  [5, 'fstat', paths.sys_fstat],
  [6, 'lstat', paths.sys_stat],
  [7, 'poll', descriptors.sys_poll],
  [8, 'lseek', transfers.sys_lseek],
  [9, 'mmap', memory.sys_mmap],
  [10, 'mprotect', memory.sys_mprotect],
  [11, 'munmap', memory.sys_munmap],
  [12, 'brk', memory.sys_brk],
  [13, 'rt_sigaction', sys_rt_sigaction],
  [14, 'rt_sigprocmask', sys_rt_sigprocmask],
  [15, 'rt_sigreturn', sys_rt_sigreturn],
  [16, 'ioctl', descriptors.sys_ioctl],
  [17, 'pread64', transfers.sys_pread64],
  [19, 'readv', transfers.sys_readv],
  [20, 'writev', transfers.sys_writev],
  [21, 'access', paths.sys_access],
  [24, 'sched_yield', processes.sys_sched_yield],
  [25, 'mremap', memory.sys_mremap],
  [26, 'msync', memory.sys_msync],
  [27, 'mincore', memory.sys_mincore],
  [28, 'madvise', memory.sys_madvise],
  [32, 'dup', descriptors.sys_dup],
  [33, 'dup2', descriptors.sys_dup2],
  [34, 'pause', sys_pause],
  [35, 'nanosleep', time.sys_nanosleep],
  [39, 'getpid', processes.sys_getpid],
  [56, 'clone', sys_clone],
  [57, 'fork', sys_fork],
  [58, 'vfork', sys_vfork],
  [59, 'execve', sys_execve],
  [60, 'exit', sys_exit],
  [61, 'wait4', sys_wait4],
  [62, 'kill', sys_kill],
  [63, 'uname', processes.sys_newuname],
  [72, 'fcntl', descriptors.sys_fcntl],
  [79, 'getcwd', paths.sys_getcwd],
  [89, 'readlink', paths.sys_readlink],
  [95, 'umask', processes.sys_umask],
  [96, 'gettimeofday', time.sys_gettimeofday],
  [97, 'getrlimit', limits.sys_getrlimit],
  [98, 'getrusage', time.sys_getrusage],
  [99, 'sysinfo', limits.sys_sysinfo],
  [100, 'times', time.sys_times],
  [102, 'getuid', processes.sys_getuid],
  [104, 'getgid', processes.sys_getuid],
  [107, 'geteuid', processes.sys_getuid],
  [108, 'getegid', processes.sys_getuid],
  [109, 'setpgid', groups.sys_setpgid],
  [110, 'getppid', groups.sys_getppid],
  [111, 'getpgrp', groups.sys_getpgrp],
  [112, 'setsid', groups.sys_setsid],
  [121, 'getpgid', groups.sys_getpgid],
  [124, 'getsid', groups.sys_getsid],
  [127, 'rt_sigpending', sys_rt_sigpending],
  [128, 'rt_sigtimedwait', sys_rt_sigtimedwait],
  [129, 'rt_sigqueueinfo', sys_rt_sigqueueinfo],
  [130, 'rt_sigsuspend', sys_rt_sigsuspend],
  [131, 'sigaltstack', sys_sigaltstack],
  [149, 'mlock', memory.sys_mlock],
  [150, 'munlock', memory.sys_msync],
  [151, 'mlockall', memory.sys_mlockall],
  [152, 'munlockall', memory.sys_munlockall],
  [157, 'prctl', processes.sys_prctl],
  [158, 'arch_prctl', processes.sys_arch_prctl],
  [160, 'setrlimit', limits.sys_setrlimit],
  [186, 'gettid', processes.sys_gettid],
  [200, 'tkill', sys_tkill],
  [201, 'time', time.sys_time],
  [202, 'futex', sys_futex],
  [204, 'sched_getaffinity', processes.sys_sched_getaffinity],
  [218, 'set_tid_address', processes.sys_set_tid_address],
  [219, 'restart_syscall', time.sys_restart_syscall],
  [228, 'clock_gettime', time.sys_clock_gettime],
  [229, 'clock_getres', time.sys_clock_getres],
  [230, 'clock_nanosleep', time.sys_clock_nanosleep],
  [231, 'exit_group', sys_exit_group],
  [234, 'tgkill', sys_tgkill],
  [247, 'waitid', sys_waitid],
  [257, 'openat', paths.sys_openat],
  [262, 'newfstatat', paths.sys_newfstatat],
  [267, 'readlinkat', paths.sys_readlinkat],
  [269, 'faccessat', paths.sys_faccessat],
  [273, 'set_robust_list', sys_set_robust_list],
  [274, 'get_robust_list', sys_get_robust_list],
  [292, 'dup3', descriptors.sys_dup3],
  [297, 'rt_tgsigqueueinfo', sys_rt_tgsigqueueinfo],
  [302, 'prlimit64', limits.sys_prlimit64],
  [309, 'getcpu', processes.sys_getcpu],
  [318, 'getrandom', processes.sys_getrandom],
  [435, 'clone3', sys_clone3],
];

/** Number of the call that must keep RAX as sigreturn restored it. */
export const NR_RT_SIGRETURN = 15;

export const SYSTEM_CALLS: ReadonlyMap<number, { name: string; call: SystemCall }> = new Map(
  TABLE.map(([number, name, call]) => [number, { name, call }]),
);
