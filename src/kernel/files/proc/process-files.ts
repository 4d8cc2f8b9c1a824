/** The files of /proc/PID as text. */
import { mapsText } from '../../mm/maps.ts';
import { smapsText } from '../../mm/smaps.ts';
import { VM_EXEC, VM_GROWSDOWN, VM_LOCKED, VM_WRITE } from '../../mm/vma.ts';
import type { Process } from '../../process.ts';
import type { Task } from '../../task.ts';

const PAGE = 4096n;
const KIB = 1024n;
const TICK = 10_000_000n;

const comm = (process: Process<Task>): string => process.tasks[0]?.name ?? '';

/** R running, S sleeping, T stopped, Z ended. */
function state(process: Process<Task>): readonly [string, string] {
  if (process.exit) return ['Z', 'zombie'];
  return ['R', 'running'];
}

/** The line of /proc/PID/stat: 52 numbers (proc(5)). */
function stat(process: Process<Task>): string {
  const { mm, pid } = process;
  const time = process.machine.retired / TICK;
  const fields: (bigint | number)[] = [
    process.parent?.pid ?? 1,
    pid,
    pid,
    0,
    -1,
    0x400000,
    mm.memory.presentCount,
    0,
    0,
    0,
    time,
    0,
    0,
    0,
    20,
    0,
    process.tasks.length,
    0,
    0,
    mm.total_vm,
    mm.memory.presentCount,
    mm.rlimit_as,
    0,
    0,
    mm.start_stack,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    17,
    0,
    0,
    0,
    0,
    0,
    0,
    mm.start_brk,
    mm.start_brk,
    mm.start_brk,
    0,
    0,
    0,
    0,
    0,
  ];
  return `${pid} (${comm(process)}) ${state(process)[0]} ${fields.join(' ')}\n`;
}

function statm(process: Process<Task>): string {
  const { mm } = process;
  const sum = (flag: bigint) =>
    mm.vmas.reduce((total, vma) => (vma.vm_flags & flag ? total + vma.vm_end - vma.vm_start : total), 0n);
  return `${mm.total_vm / PAGE} ${mm.memory.presentCount} 0 ${sum(VM_EXEC) / PAGE} 0 ${sum(VM_WRITE) / PAGE} 0\n`;
}

const mask = (bits: bigint) => bits.toString(16).padStart(16, '0');

function status(process: Process<Task>): string {
  const { mm, pid, tasks } = process;
  const [task] = tasks;
  const sizeOf = (flag: bigint) =>
    mm.vmas.reduce((total, vma) => (vma.vm_flags & flag ? total + vma.vm_end - vma.vm_start : total), 0n);
  const kib = (bytes: bigint) => `${(bytes / KIB).toString().padStart(8)} kB`;
  const resident = BigInt(mm.memory.presentCount) * PAGE;
  const withHandler = process.actions.reduce(
    (bits, { handler }, signal) => (handler > 1n ? bits | (1n << BigInt(signal - 1)) : bits),
    0n,
  );
  const ignored = process.actions.reduce(
    (bits, { handler }, signal) => (handler === 1n && signal > 0 ? bits | (1n << BigInt(signal - 1)) : bits),
    0n,
  );
  const [letter, word] = state(process);
  const lines: [string, string][] = [
    ['Name', comm(process)],
    ['Umask', `0${process.fs.umask.toString(8).padStart(3, '0')}`],
    ['State', `${letter} (${word})`],
    ['Tgid', `${pid}`],
    ['Ngid', '0'],
    ['Pid', `${pid}`],
    ['PPid', `${process.parent?.pid ?? 1}`],
    ['TracerPid', '0'],
    ['Uid', '0\t0\t0\t0'],
    ['Gid', '0\t0\t0\t0'],
    ['FDSize', '64'],
    ['Groups', '0 '],
    ['VmPeak', kib(mm.total_vm)],
    ['VmSize', kib(mm.total_vm)],
    ['VmLck', kib(sizeOf(VM_LOCKED))],
    ['VmPin', kib(0n)],
    ['VmHWM', kib(resident)],
    ['VmRSS', kib(resident)],
    ['VmData', kib(sizeOf(VM_WRITE))],
    ['VmStk', kib(sizeOf(VM_GROWSDOWN))],
    ['VmExe', kib(sizeOf(VM_EXEC))],
    ['VmLib', kib(0n)],
    ['VmPTE', kib(4096n)],
    ['VmSwap', kib(0n)],
    ['Threads', `${tasks.length}`],
    ['SigQ', '0/1024'],
    ['SigPnd', mask(0n)],
    ['ShdPnd', mask(0n)],
    ['SigBlk', mask(task?.blocked ?? 0n)],
    ['SigIgn', mask(ignored)],
    ['SigCgt', mask(withHandler)],
    ['CapInh', mask(0n)],
    ['CapPrm', mask(0x3fffffffffn)],
    ['CapEff', mask(0x3fffffffffn)],
    ['CapBnd', mask(0x3fffffffffn)],
    ['NoNewPrivs', '0'],
    ['Seccomp', '0'],
    ['Cpus_allowed', '1'],
    ['Cpus_allowed_list', '0'],
    ['Mems_allowed', '1'],
    ['Mems_allowed_list', '0'],
    ['voluntary_ctxt_switches', '0'],
    ['nonvoluntary_ctxt_switches', '0'],
  ];
  return lines.map(([name, value]) => `${name}:\t${value}\n`).join('');
}

function limits(process: Process<Task>): string {
  const { mm, files } = process;
  const text = (value: bigint | number) => (BigInt(value) >= 1n << 63n ? 'unlimited' : `${value}`);
  const infinite = 1n << 64n;
  const rows: [string, bigint | number, bigint | number, string][] = [
    ['Max cpu time', infinite, infinite, 'seconds'],
    ['Max file size', infinite, infinite, 'bytes'],
    ['Max data size', infinite, infinite, 'bytes'],
    ['Max stack size', mm.rlimit_stack, infinite, 'bytes'],
    ['Max core file size', 0, infinite, 'bytes'],
    ['Max resident set', infinite, infinite, 'bytes'],
    ['Max processes', 1024, 1024, 'processes'],
    ['Max open files', files.limit, files.limit, 'files'],
    ['Max locked memory', infinite, infinite, 'bytes'],
    ['Max address space', mm.rlimit_as, infinite, 'bytes'],
    ['Max file locks', infinite, infinite, 'locks'],
    ['Max pending signals', 1024, 1024, 'signals'],
    ['Max msgqueue size', 819200, 819200, 'bytes'],
    ['Max nice priority', 0, 0, ''],
    ['Max realtime priority', 0, 0, ''],
    ['Max realtime timeout', infinite, infinite, 'us'],
  ];
  const line = (cells: string[]) =>
    `${cells[0].padEnd(26)}${cells[1].padEnd(21)}${cells[2].padEnd(21)}${cells[3].padEnd(10)}\n`;
  return (
    line(['Limit', 'Soft Limit', 'Hard Limit', 'Units']) +
    rows.map(([name, soft, hard, unit]) => line([name, text(soft), text(hard), unit])).join('')
  );
}

/** Strings of the program's stack between two addresses, as they are there now. */
const joined = (texts: readonly string[]) => texts.map((text) => `${text}\0`).join('');

/** File name → content. */
export const PROCESS_FILES: Readonly<Record<string, (process: Process<Task>) => string | Uint8Array>> = {
  auxv: ({ image }) => image.auxv,
  cmdline: ({ image }) => joined(image.args),
  comm: (process) => `${comm(process)}\n`,
  environ: ({ image }) => joined(image.env),
  limits,
  maps: ({ mm }) => mapsText(mm),
  mounts: () =>
    '/dev/root / overlay rw,relatime 0 0\nproc /proc proc rw 0 0\nsysfs /sys sysfs ro 0 0\ndevtmpfs /dev devtmpfs rw 0 0\n',
  smaps: ({ mm }) => smapsText(mm),
  stat,
  statm,
  status,
};
