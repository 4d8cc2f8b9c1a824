import assert from 'node:assert/strict';
import type { KernelEvent } from '../../../src/kernel/api.ts';
import { KERNEL_CODE } from '../../../src/kernel/entry.ts';
import { Mm, MPX_INVALID_BOUNDS_DIR } from '../../../src/kernel/mm/mm.ts';
import { VM_NORESERVE, VM_READ, VM_WRITE, type Vma, vmMpxBit } from '../../../src/kernel/mm/vma.ts';
import { MPX } from '../../../src/kernel/mpx/constants.ts';
import { type ProfileChoice, resolveProfile } from '../../../src/kernel/mpx/profiles.ts';
import { attachMpx } from '../../../src/kernel/mpx/unmap.ts';
import { Process } from '../../../src/kernel/process.ts';
import type { KernelStep } from '../../../src/kernel/steps.ts';
import { Task } from '../../../src/kernel/task.ts';
import { World } from '../../../src/kernel/world.ts';
import type { Machine, Stop } from '../../../src/machine/api.ts';
import { createMachine } from '../../../src/machine/machine.ts';

export const DIRECTORY = 0x100000000000n;
export const MIB = 1n << 20n;
export const PAGE = 4096n;
/** Where the tests map their data; the directory entries of these areas are at BDE_BASE. */
export const DATA = 0x200000000n;

const RAX = 0;
const RCX = 1;
const MMAP = 9n;
const MUNMAP = 11n;
const MAP_FIXED = 0x32n;
const ARGUMENTS = [7, 6, 2, 10, 8, 9];
const CODE = 0x400000n;

const machines = new Map<string, Machine>();

/** A machine without pages: making one costs more than emptying it. */
export function emptyMachine(mpx = true): Machine {
  const key = String(mpx);
  const machine = machines.get(key) ?? createMachine({ features: { mpx } });
  machines.set(key, machine);
  machine.memory.discard(0n, 1n << 64n);
  machine.observeMpx = undefined;
  return machine;
}

/** A process without a program: its threads enter the kernel as the test wants. */
export class Scene {
  readonly machine: Machine;
  readonly mm: Mm;
  readonly process: Process<Task>;
  readonly events: KernelEvent[] = [];
  readonly main: Task;

  constructor(profile: ProfileChoice, options: { mpx?: boolean; managed?: boolean } = {}) {
    const { mpx = true, managed = true } = options;
    this.machine = emptyMachine(mpx);
    const resolved = resolveProfile(profile);
    this.mm = new Mm(this.machine.memory, vmMpxBit(resolved.version));
    attachMpx(this.mm);
    const world = new World<Process<Task>>({
      profile: resolved,
      code: KERNEL_CODE,
      inputs: { random: (count) => new Uint8Array(count), stdin: () => new Uint8Array(0), startTime: () => 0n },
      outputs: { write: () => undefined },
      onEvent: (event) => this.events.push(event),
    });
    this.process = new Process<Task>({ world, machine: this.machine, mm: this.mm });
    this.mm.install([
      { vm_start: CODE, vm_end: CODE + PAGE, vm_flags: VM_READ | 4n, vm_pgoff: CODE / PAGE },
      {
        vm_start: DIRECTORY,
        vm_end: DIRECTORY + MPX[64].MPX_BD_SIZE_BYTES,
        vm_flags: VM_READ | VM_WRITE | VM_NORESERVE,
        vm_pgoff: DIRECTORY / PAGE,
      },
      // The stack lies above all tables, as usual: without anything there zap_bt_entries dies (K-11).
      { vm_start: 0x7ffffffde000n, vm_end: 0x7ffffffff000n, vm_flags: VM_READ | VM_WRITE | 0x100n, vm_pgoff: 0n },
    ]);
    this.machine.memory.populate(CODE, 5);
    this.main = this.thread();
    if (managed) this.mm.bd_addr = DIRECTORY;
    if (managed) this.main.cpu.bndcfgu = DIRECTORY | 1n;
  }

  /** A further thread, with MPX as the main thread has it. */
  thread(): Task {
    const tid = this.process.pid + this.process.tasks.length;
    const task = new Task(this.process, tid, this.machine.newVcpu(), 'test');
    task.cpu.rip = CODE;
    if (this.main) task.cpu.bndcfgu = this.main.cpu.bndcfgu;
    this.process.addTask(task);
    return task;
  }

  /** Lets the kernel serve `stop` to its end. */
  serve(task: Task, stop: Stop): void {
    this.process.enter(task, stop);
    this.process.finish(task);
  }

  /** Puts a system call of `task` before the kernel. */
  enterSyscall(task: Task, number: bigint, ...args: bigint[]): void {
    task.cpu.setGpr(RAX, number);
    for (const [i, value] of args.entries()) task.cpu.setGpr(ARGUMENTS[i], value);
    this.process.enter(task, { kind: 'syscall' });
  }

  syscall(number: bigint, ...args: bigint[]): bigint {
    this.enterSyscall(this.main, number, ...args);
    this.process.finish(this.main);
    return BigInt.asIntN(64, this.main.cpu.gpr(RAX));
  }

  /** Maps [start, start+length) afresh, over what is there. */
  map(start: bigint, length: bigint): void {
    assert.equal(this.syscall(MMAP, start, length, 3n, MAP_FIXED, 2n ** 64n - 1n, 0n), start);
  }

  unmap(start: bigint, length: bigint): bigint {
    return this.syscall(MUNMAP, start, length);
  }

  enterUnmap(task: Task, start: bigint, length: bigint): void {
    this.enterSyscall(task, MUNMAP, start, length);
  }

  /** Executes `code` once on the CPU of `task`; page faults and #BR go to the kernel until it is through or a signal ends the process. */
  execute(code: readonly number[], task = this.main): void {
    this.machine.memory.write(CODE, Uint8Array.from(code));
    task.cpu.rip = CODE;
    for (let i = 0; i < 20 && !this.process.exit; i++) {
      const stop = this.machine.run(task.cpu, 1);
      if (stop.kind === 'budget') return;
      this.serve(task, stop);
    }
    assert.ok(this.process.exit, 'the instruction ended');
  }

  /** BNDSTX: BND0 for the pointer `pointer` in the slot at `slot`. */
  bndstx(slot: bigint, pointer: bigint, task = this.main): void {
    task.cpu.setGpr(RAX, slot);
    task.cpu.setGpr(RCX, pointer);
    this.execute([0x0f, 0x1b, 0x04, 0x08], task);
  }

  bndldx(slot: bigint, pointer: bigint, task = this.main): void {
    task.cpu.setGpr(RAX, slot);
    task.cpu.setGpr(RCX, pointer);
    this.execute([0x0f, 0x1a, 0x04, 0x08], task);
  }

  /** Puts the #BR of a missing table for `slot` before the kernel, as the CPU raises it. */
  enterMissingTable(task: Task, slot: bigint): void {
    task.cpu.bndstatus = this.entryOf(slot) | 2n;
    this.process.enter(task, { kind: 'trap', vector: 5, errorCode: 0, address: 0n });
  }

  /** Address of the directory entry of `slot`, and its value. */
  entryOf(slot: bigint): bigint {
    return DIRECTORY + (slot / MIB) * 8n;
  }
  entryValue(slot: bigint): bigint {
    return this.machine.memory.readUint(this.entryOf(slot), 8) ?? 0n;
  }

  isTable(vma: Vma): boolean {
    return (vma.vm_flags & this.mm.vm_mpx) !== 0n;
  }

  /** Bytes of all bounds tables in the memory map. */
  get tableBytes(): bigint {
    return this.mm.vmas.filter((vma) => this.isTable(vma)).reduce((sum, vma) => sum + vma.vm_end - vma.vm_start, 0n);
  }

  /** Valid directory entries by area address. */
  tables(): Map<bigint, bigint> {
    const found = new Map<bigint, bigint>();
    for (const page of this.machine.memory.presentPages(DIRECTORY, DIRECTORY + MPX[64].MPX_BD_SIZE_BYTES)) {
      for (let entry = page; entry < page + PAGE; entry += 8n) {
        const value = this.machine.memory.readUint(entry, 8) ?? 0n;
        if (value & 1n) found.set(((entry - DIRECTORY) / 8n) * MIB, value & ~7n);
      }
    }
    return found;
  }

  /** Advances the handler of `task`; undefined when it is through. */
  step(task: Task): KernelStep | undefined {
    return task.inKernel ? this.process.advance(task) : undefined;
  }

  /** Advances `task` until it is about to run the step `label`. */
  runTo(task: Task, label: string): void {
    for (;;) {
      const step = this.step(task);
      assert.ok(step, `${label} is reached`);
      if (step.frame.label === label) return;
    }
  }

  kinds(): string[] {
    return this.events.map(({ kind }) => kind);
  }
}

export const NO_DIRECTORY = MPX_INVALID_BOUNDS_DIR;
