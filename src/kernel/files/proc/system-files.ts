/** The files of /proc about the whole computer. */

import { release } from '../../release.ts';
import type { ProcessList } from './process-list.ts';

const NS = 1_000_000_000n;
const KIB_PER_PAGE = 4n;

const cpuinfo = () =>
  `processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 94
model name\t: MPX Debugger emulated x86-64 CPU
stepping\t: 3
cpu MHz\t\t: 1000.000
cache size\t: 8192 KB
physical id\t: 0
siblings\t: 1
core id\t\t: 0
cpu cores\t: 1
flags\t\t: fpu tsc msr pae cx8 cmov fxsr sse sse2 syscall nx lm cx16 xsave mpx
address sizes\t: 46 bits physical, 48 bits virtual

`;

function meminfo({ processes }: ProcessList): string {
  const [first] = processes;
  const total = BigInt(first?.mm.limit.max_pages ?? 0) * KIB_PER_PAGE;
  const used = processes.reduce((sum, { mm }) => sum + BigInt(mm.memory.presentCount) * KIB_PER_PAGE, 0n);
  const free = total > used ? total - used : 0n;
  const line = (name: string, kib: bigint) => `${`${name}:`.padEnd(16)}${kib.toString().padStart(8)} kB\n`;
  return [
    line('MemTotal', total),
    line('MemFree', free),
    line('MemAvailable', free),
    line('Buffers', 0n),
    line('Cached', 0n),
    line('SwapTotal', 0n),
    line('SwapFree', 0n),
  ].join('');
}

const uptime = (now: bigint) => `${now / NS}.${String((now % NS) / 10_000_000n).padStart(2, '0')}`;

/** Path below /proc → content. */
export const SYSTEM_FILES: Readonly<Record<string, (world: ProcessList) => string>> = {
  cpuinfo,
  filesystems: () => 'nodev\tproc\nnodev\tsysfs\nnodev\ttmpfs\nnodev\toverlay\n',
  loadavg: ({ processes }) => `0.00 0.00 0.00 1/${processes.length} ${processes.at(-1)?.pid ?? 0}\n`,
  meminfo,
  stat: ({ now }) => {
    const ticks = now / 10_000_000n;
    return `cpu  ${ticks} 0 0 0 0 0 0 0 0 0\ncpu0 ${ticks} 0 0 0 0 0 0 0 0 0\nintr 0\nctxt 0\nbtime 0\nprocesses 1\nprocs_running 1\nprocs_blocked 0\n`;
  },
  uptime: ({ now }) => `${uptime(now)} 0.00\n`,
  version: (world) => `Linux version ${release(world.profile.version)} (mpx@mpx) (gcc version 5.0) #1 SMP\n`,
  'sys/kernel/osrelease': (world) => `${release(world.profile.version)}\n`,
  'sys/kernel/ostype': () => 'Linux\n',
  'sys/kernel/hostname': () => 'mpx\n',
  'sys/kernel/pid_max': () => '32768\n',
  'sys/kernel/threads-max': () => '1024\n',
  'sys/kernel/randomize_va_space': () => '0\n',
  'sys/kernel/ngroups_max': () => '65536\n',
  'sys/kernel/cap_last_cap': () => '37\n',
  'sys/vm/overcommit_memory': () => '0\n',
  'sys/vm/mmap_min_addr': () => '65536\n',
  'sys/vm/max_map_count': ({ processes }) => `${processes[0]?.mm.sysctl_max_map_count ?? 0}\n`,
  'sys/fs/pipe-max-size': () => '1048576\n',
  'sys/fs/file-max': () => '1024\n',
};
