/** A process without a program: one task, empty memory, and ways to enter its kernel as a program would. */
import type { Inputs, KernelEvent } from '../../src/kernel/api.ts';
import { KERNEL_CODE } from '../../src/kernel/entry.ts';
import { furnish } from '../../src/kernel/files/furnish.ts';
import type { HostTree } from '../../src/kernel/files/host-tree.ts';
import { Mm } from '../../src/kernel/mm/mm.ts';
import { vmMpxBit } from '../../src/kernel/mm/vma.ts';
import { type ProfileChoice, resolveProfile } from '../../src/kernel/mpx/profiles.ts';
import { attachMpx } from '../../src/kernel/mpx/unmap.ts';
import { Process } from '../../src/kernel/process.ts';
import { Task } from '../../src/kernel/task.ts';
import { World } from '../../src/kernel/world.ts';
import type { Machine, Stop } from '../../src/machine/api.ts';
import { createMachine } from '../../src/machine/machine.ts';

export const RAX = 0;
export const RSP = 4;
const ARGUMENTS = [7, 6, 2, 10, 8, 9];

export interface Guest {
  machine: Machine;
  process: Process<Task>;
  task: Task;
  mm: Mm;
  events: KernelEvent[];
  /** Bytes written to standard output and standard error. */
  written: { fd: 1 | 2; text: string }[];
  /** Standard input still to come; undefined entries mean "nothing yet". */
  input: (Uint8Array | undefined)[];
  /** Makes a system call and runs it to its end. → RAX, signed */
  call(number: number, ...args: (bigint | number)[]): bigint;
  /** Raises a trap and runs its handler to its end. */
  trap(vector: number, errorCode?: number, address?: bigint): void;
}

let shared: Machine | undefined;
/** One machine serves all tests of a file: it is emptied for each guest. */
export function emptyMachine(): Machine {
  shared ??= createMachine();
  shared.memory.discard(0n, 1n << 47n);
  return shared;
}

export function guest(options: { kernel?: ProfileChoice; files?: HostTree; inputs?: Partial<Inputs> } = {}): Guest {
  const machine = emptyMachine();
  const profile = resolveProfile(options.kernel);
  const mm = new Mm(machine.memory, vmMpxBit(profile.version));
  const events: KernelEvent[] = [];
  const written: Guest['written'] = [];
  const input: Guest['input'] = [];
  const world = new World<Process<Task>>({
    profile,
    inputs: {
      random: (count) => Uint8Array.from({ length: count }, (_, i) => i + 1),
      stdin: () => (input.length > 0 ? input.shift() : new Uint8Array(0)),
      startTime: () => 1_500_000_000n,
      ...options.inputs,
    },
    outputs: {
      write: (fd, bytes) => {
        written.push({ fd, text: new TextDecoder().decode(bytes) });
        return undefined;
      },
    },
    mounts: options.files && [{ at: '/', tree: options.files }],
    onEvent: (event) => events.push(event),
    code: KERNEL_CODE,
  });
  furnish(world);
  const process = new Process<Task>({ world, machine, mm });
  attachMpx(mm);
  const task = new Task(process, process.pid, machine.newVcpu(), 'guest');
  process.addTask(task);
  const serve = (stop: Stop) => {
    process.enter(task, stop);
    process.finish(task);
    // Who sleeps until some time sleeps through it; who waits for something else goes on waiting.
    while (task.inKernel && world.turn()) process.finish(task);
  };
  return {
    machine,
    process,
    task,
    mm,
    events,
    written,
    input,
    call(number, ...args) {
      task.cpu.setGpr(RAX, BigInt(number));
      args.forEach((value, i) => {
        task.cpu.setGpr(ARGUMENTS[i], BigInt.asUintN(64, BigInt(value)));
      });
      serve({ kind: 'syscall' });
      return BigInt.asIntN(64, task.cpu.gpr(RAX));
    },
    trap(vector, errorCode = 0, address = 0n) {
      serve({ kind: 'trap', vector, errorCode, address });
    },
  };
}

/** Numbers of the system calls the tests make. */
export const NR = {
  read: 0,
  write: 1,
  open: 2,
  close: 3,
  fstat: 5,
  lseek: 8,
  mmap: 9,
  mprotect: 10,
  munmap: 11,
  brk: 12,
  rt_sigaction: 13,
  rt_sigprocmask: 14,
  rt_sigreturn: 15,
  writev: 20,
  mremap: 25,
  mincore: 27,
  madvise: 28,
  pause: 34,
  nanosleep: 35,
  getpid: 39,
  kill: 62,
  uname: 63,
  readlink: 89,
  rt_sigpending: 127,
  sigaltstack: 131,
  prctl: 157,
  arch_prctl: 158,
  clock_gettime: 228,
  exit_group: 231,
  tgkill: 234,
  openat: 257,
  prlimit64: 302,
  getrandom: 318,
} as const;

export const PRIVATE_ANONYMOUS = 0x22;
export const FIXED = 0x10;
export const RW = 3;

/** Maps `pages` pages read-write at `address` and gives them back as an address. */
export function mapAt(on: Guest, address: bigint, pages: number, prot = RW): bigint {
  const mapped = on.call(NR.mmap, address, pages * 4096, prot, PRIVATE_ANONYMOUS | FIXED, -1, 0);
  if (mapped !== address) throw new Error(`mmap at ${address.toString(16)} gave ${mapped}`);
  return mapped;
}

/** Writes 64-bit words to (mapped, touched or not) memory. */
export function poke(on: Guest, address: bigint, ...words: bigint[]): void {
  words.forEach((word, i) => {
    const at = address + BigInt(8 * i);
    if (on.mm.memory.protection(at) === undefined) on.mm.memory.populate(at & ~0xfffn, RW);
    on.mm.memory.writeUint(at, 8, word);
  });
}

export function peek(on: Guest, address: bigint): bigint | undefined {
  return on.mm.memory.readUint(address, 8);
}
