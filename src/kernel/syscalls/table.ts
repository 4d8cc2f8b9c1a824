/** The system-call table of x86-64: number → kernel function. */

import type { Abi } from '../abi.ts';
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
import { sys_alarm, sys_getitimer, sys_setitimer } from '../time/interval-timers.ts';
import {
  sys_timer_create,
  sys_timer_delete,
  sys_timer_getoverrun,
  sys_timer_gettime,
  sys_timer_settime,
} from '../time/posix-timers.ts';
import * as attributes from './attributes.ts';
import * as descriptors from './descriptors.ts';
import * as directories from './directories.ts';
import * as groups from './groups.ts';
import * as limits from './limits.ts';
import * as memory from './memory.ts';
import * as names from './names.ts';
import * as opening from './open.ts';
import * as polling from './poll.ts';
import * as processes from './process.ts';
import * as transfers from './read-write.ts';
import * as scheduling from './scheduling.ts';
import * as sockets from './sockets.ts';
import * as status from './stat.ts';
import * as time from './time.ts';

/** A system call: its arguments are the registers as they are; negative results are errors. */
export type SystemCall = (task: Task, ...args: bigint[]) => Steps<number | bigint>;

const TABLE: readonly (readonly [number: number, name: string, call: SystemCall])[] = [
  [0, 'read', transfers.sys_read],
  [1, 'write', transfers.sys_write],
  [2, 'open', opening.sys_open],
  [3, 'close', descriptors.sys_close],
  [4, 'stat', status.sys_newstat],
  [5, 'fstat', status.sys_newfstat],
  [6, 'lstat', status.sys_newlstat],
  [7, 'poll', polling.sys_poll],
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
  [18, 'pwrite64', transfers.sys_pwrite64],
  [19, 'readv', transfers.sys_readv],
  [20, 'writev', transfers.sys_writev],
  [21, 'access', status.sys_access],
  [22, 'pipe', descriptors.sys_pipe],
  [23, 'select', polling.sys_select],
  [24, 'sched_yield', scheduling.sys_sched_yield],
  [25, 'mremap', memory.sys_mremap],
  [26, 'msync', memory.sys_msync],
  [27, 'mincore', memory.sys_mincore],
  [28, 'madvise', memory.sys_madvise],
  [32, 'dup', descriptors.sys_dup],
  [33, 'dup2', descriptors.sys_dup2],
  [34, 'pause', sys_pause],
  [35, 'nanosleep', time.sys_nanosleep],
  [36, 'getitimer', sys_getitimer],
  [37, 'alarm', sys_alarm],
  [38, 'setitimer', sys_setitimer],
  [39, 'getpid', processes.sys_getpid],
  [40, 'sendfile', transfers.sys_sendfile64],
  [41, 'socket', sockets.sys_socket],
  [42, 'connect', sockets.sys_connect],
  [48, 'shutdown', sockets.sys_shutdown],
  [53, 'socketpair', sockets.sys_socketpair],
  [56, 'clone', sys_clone],
  [57, 'fork', sys_fork],
  [58, 'vfork', sys_vfork],
  [59, 'execve', sys_execve],
  [60, 'exit', sys_exit],
  [61, 'wait4', sys_wait4],
  [62, 'kill', sys_kill],
  [63, 'uname', processes.sys_newuname],
  [72, 'fcntl', descriptors.sys_fcntl],
  [73, 'flock', descriptors.sys_flock],
  [74, 'fsync', attributes.sys_fsync],
  [75, 'fdatasync', attributes.sys_fsync],
  [76, 'truncate', attributes.sys_truncate],
  [77, 'ftruncate', attributes.sys_ftruncate],
  [78, 'getdents', directories.sys_getdents],
  [79, 'getcwd', directories.sys_getcwd],
  [80, 'chdir', directories.sys_chdir],
  [81, 'fchdir', directories.sys_fchdir],
  [82, 'rename', names.sys_rename],
  [83, 'mkdir', names.sys_mkdir],
  [84, 'rmdir', names.sys_rmdir],
  [85, 'creat', opening.sys_creat],
  [86, 'link', names.sys_link],
  [87, 'unlink', names.sys_unlink],
  [88, 'symlink', names.sys_symlink],
  [89, 'readlink', names.sys_readlink],
  [90, 'chmod', attributes.sys_chmod],
  [91, 'fchmod', attributes.sys_fchmod],
  [92, 'chown', attributes.sys_chown],
  [93, 'fchown', attributes.sys_fchown],
  [94, 'lchown', attributes.sys_lchown],
  [95, 'umask', attributes.sys_umask],
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
  [132, 'utime', attributes.sys_utime],
  [133, 'mknod', names.sys_mknod],
  [137, 'statfs', status.sys_statfs],
  [138, 'fstatfs', status.sys_fstatfs],
  [140, 'getpriority', scheduling.sys_getpriority],
  [143, 'sched_getparam', scheduling.sys_sched_getparam],
  [144, 'sched_setscheduler', scheduling.sys_sched_setscheduler],
  [145, 'sched_getscheduler', scheduling.sys_sched_getscheduler],
  [146, 'sched_get_priority_max', scheduling.sys_sched_get_priority_max],
  [147, 'sched_get_priority_min', scheduling.sys_sched_get_priority_min],
  [149, 'mlock', memory.sys_mlock],
  [150, 'munlock', memory.sys_msync],
  [151, 'mlockall', memory.sys_mlockall],
  [152, 'munlockall', memory.sys_munlockall],
  [157, 'prctl', processes.sys_prctl],
  [158, 'arch_prctl', processes.sys_arch_prctl],
  [160, 'setrlimit', limits.sys_setrlimit],
  [162, 'sync', attributes.sys_sync],
  [186, 'gettid', processes.sys_gettid],
  [188, 'setxattr', attributes.sys_setxattr],
  [189, 'lsetxattr', attributes.sys_setxattr],
  [190, 'fsetxattr', attributes.sys_setxattr],
  [191, 'getxattr', attributes.sys_getxattr],
  [192, 'lgetxattr', attributes.sys_lgetxattr],
  [193, 'fgetxattr', attributes.sys_fgetxattr],
  [194, 'listxattr', attributes.sys_listxattr],
  [195, 'llistxattr', attributes.sys_listxattr],
  [196, 'flistxattr', attributes.sys_listxattr],
  [200, 'tkill', sys_tkill],
  [201, 'time', time.sys_time],
  [202, 'futex', sys_futex],
  [203, 'sched_setaffinity', scheduling.sys_sched_setaffinity],
  [204, 'sched_getaffinity', scheduling.sys_sched_getaffinity],
  [213, 'epoll_create', polling.sys_epoll_create],
  [217, 'getdents64', directories.sys_getdents64],
  [218, 'set_tid_address', processes.sys_set_tid_address],
  [219, 'restart_syscall', time.sys_restart_syscall],
  [221, 'fadvise64', attributes.sys_fadvise64],
  [222, 'timer_create', sys_timer_create],
  [223, 'timer_settime', sys_timer_settime],
  [224, 'timer_gettime', sys_timer_gettime],
  [225, 'timer_getoverrun', sys_timer_getoverrun],
  [226, 'timer_delete', sys_timer_delete],
  [228, 'clock_gettime', time.sys_clock_gettime],
  [229, 'clock_getres', time.sys_clock_getres],
  [230, 'clock_nanosleep', time.sys_clock_nanosleep],
  [231, 'exit_group', sys_exit_group],
  [232, 'epoll_wait', polling.sys_epoll_wait],
  [233, 'epoll_ctl', polling.sys_epoll_ctl],
  [234, 'tgkill', sys_tgkill],
  [235, 'utimes', attributes.sys_utimes],
  [247, 'waitid', sys_waitid],
  [257, 'openat', opening.sys_openat],
  [258, 'mkdirat', names.sys_mkdirat],
  [259, 'mknodat', names.sys_mknodat],
  [260, 'fchownat', attributes.sys_fchownat],
  [261, 'futimesat', attributes.sys_futimesat],
  [262, 'newfstatat', status.sys_newfstatat],
  [263, 'unlinkat', names.sys_unlinkat],
  [264, 'renameat', names.sys_renameat],
  [265, 'linkat', names.sys_linkat],
  [266, 'symlinkat', names.sys_symlinkat],
  [267, 'readlinkat', names.sys_readlinkat],
  [268, 'fchmodat', attributes.sys_fchmodat],
  [269, 'faccessat', status.sys_faccessat],
  [270, 'pselect6', polling.sys_pselect6],
  [271, 'ppoll', polling.sys_ppoll],
  [273, 'set_robust_list', sys_set_robust_list],
  [274, 'get_robust_list', sys_get_robust_list],
  [275, 'splice', transfers.sys_splice],
  [280, 'utimensat', attributes.sys_utimensat],
  [281, 'epoll_pwait', polling.sys_epoll_pwait],
  [284, 'eventfd', polling.sys_eventfd],
  [285, 'fallocate', attributes.sys_fallocate],
  [290, 'eventfd2', polling.sys_eventfd2],
  [291, 'epoll_create1', polling.sys_epoll_create1],
  [292, 'dup3', descriptors.sys_dup3],
  [293, 'pipe2', descriptors.sys_pipe2],
  [295, 'preadv', transfers.sys_preadv],
  [296, 'pwritev', transfers.sys_pwritev],
  [297, 'rt_tgsigqueueinfo', sys_rt_tgsigqueueinfo],
  [302, 'prlimit64', limits.sys_prlimit64],
  [306, 'syncfs', attributes.sys_sync],
  [309, 'getcpu', scheduling.sys_getcpu],
  [316, 'renameat2', names.sys_renameat2],
  [318, 'getrandom', processes.sys_getrandom],
  [319, 'memfd_create', opening.sys_memfd_create],
  [324, 'membarrier', scheduling.sys_membarrier],
  [326, 'copy_file_range', transfers.sys_splice],
  [332, 'statx', status.sys_statx],
  [435, 'clone3', sys_clone3],
];

/** Number of the call that must keep RAX as sigreturn restored it. */
export const NR_RT_SIGRETURN = 15;

/** `abi`: how it lays out structures, if not as the table's other calls. */
export interface SystemCallEntry {
  readonly name: string;
  readonly call: SystemCall;
  readonly abi?: Abi;
}

export const SYSTEM_CALLS: ReadonlyMap<number, SystemCallEntry> = new Map(
  TABLE.map(([number, name, call]) => [number, { name, call }]),
);
