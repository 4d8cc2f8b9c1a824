/** A process prepared for one vector: a task before the kernel, with everything it does then recorded in order. */
import type { KernelEvent } from '../../kernel/api.ts';
import { KERNEL_CODE } from '../../kernel/entry.ts';
import { Mm } from '../../kernel/mm/mm.ts';
import { PAGE } from '../../kernel/mm/page.ts';
import {
  VM_EXEC,
  VM_GROWSDOWN,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYWRITE,
  VM_NORESERVE,
  VM_READ,
  VM_WRITE,
  Vma,
  type VmaFields,
  vmMpxBit,
} from '../../kernel/mm/vma.ts';
import type { Profile } from '../../kernel/mpx/profiles.ts';
import { attachMpx } from '../../kernel/mpx/unmap.ts';
import { Process } from '../../kernel/process.ts';
import { SA_ONSTACK, SA_RESTORER, SA_SIGINFO, SIGSEGV } from '../../kernel/signal/types.ts';
import type { Locals } from '../../kernel/steps.ts';
import { Task } from '../../kernel/task.ts';
import { World } from '../../kernel/world.ts';
import type { GuestMemory, Machine, Stop, Vcpu } from '../../machine/api.ts';
import type { CodeMode } from './machine.ts';

const PRIVATE = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
const SYSCALL_ARGUMENTS = [7, 6, 2, 10, 8, 9];

/** Alternate signal stack, away from anything a vector speaks of. */
const SIGNAL_STACK = {
  64: { ss_sp: 0x7ffd00000000n, ss_size: 0x10000n, ss_flags: 0 },
  32: { ss_sp: 0x7ffd0000n, ss_size: 0x10000n, ss_flags: 0 },
} as const;
const HANDLER = 0x400f00n;
const UCONTEXT_SIZE = { 64: 304, 32: 116 } as const;
const [RCX, RDX, RSI] = [1, 2, 6];

/** A bounds directory that user accesses reach but that is in no list of areas (spec E.0, group U). */
interface HiddenDirectory {
  start: bigint;
  end: bigint;
  writable: boolean;
}

/** A memory map with prepared corners: a directory outside the list, a place where the next mapping goes. */
class PreparedMm extends Mm {
  hidden: Vma | undefined;
  placement: bigint | undefined;

  constructor(memory: GuestMemory, profile: Profile) {
    super(memory, vmMpxBit(profile.version));
    attachMpx(this);
  }

  hideDirectory(directory: HiddenDirectory): void {
    this.hidden = new Vma({
      vm_start: directory.start,
      vm_end: directory.end,
      vm_flags: directory.writable ? PRIVATE : PRIVATE & ~VM_WRITE,
      vm_pgoff: directory.start / PAGE,
    });
  }

  override find_extend_vma(addr: bigint): Vma | undefined {
    const { hidden } = this;
    if (hidden && addr >= hidden.vm_start && addr < hidden.vm_end) return hidden;
    return super.find_extend_vma(addr);
  }

  override get_unmapped_area(len: bigint, hint?: bigint): bigint {
    return this.placement ?? super.get_unmapped_area(len, hint);
  }
}

/** Kinds of areas: those that vectors name, code, and a reservation such as a bounds directory. */
type AreaKind = 'anon' | 'mpx' | 'stack' | 'code' | 'directory';

/** Fields of an area of a kind. */
export function areaOf(mm: Mm, profile: Profile, start: bigint, end: bigint, kind: AreaKind): VmaFields {
  const fields: VmaFields = { vm_start: start, vm_end: end, vm_flags: PRIVATE, vm_pgoff: start / PAGE };
  if (kind === 'code') fields.vm_flags |= VM_EXEC;
  if (kind === 'directory') fields.vm_flags |= VM_NORESERVE;
  if (kind === 'stack') Object.assign(fields, { vm_flags: PRIVATE | VM_GROWSDOWN, name: '[stack]' });
  if (kind === 'mpx') fields.vm_flags |= mm.vm_mpx;
  if (kind === 'mpx' && profile.switches.vmOps) fields.vm_ops = 'mpx';
  return fields;
}

/** What happened in the kernel: steps about to run, and events. */
export type Record =
  | { kind: 'step'; label: string; locals: Locals; functions: readonly string[] }
  | { kind: 'event'; event: KernelEvent };

export class PreparedProcess {
  readonly mm: PreparedMm;
  readonly process: Process<Task>;
  readonly task: Task;
  readonly records: Record[] = [];
  /** Called after every step of the kernel. */
  afterStep: () => void = () => {};

  constructor(
    machine: Machine,
    readonly cpu: Vcpu,
    readonly profile: Profile,
    readonly mode: CodeMode = 64,
  ) {
    this.mm = new PreparedMm(machine.memory, profile);
    this.mm.ia32 = mode === 32;
    const world = new World<Process<Task>>({
      profile,
      code: KERNEL_CODE,
      inputs: { random: (count) => new Uint8Array(count), stdin: () => new Uint8Array(0), startTime: () => 0n },
      outputs: { write: () => undefined },
      onEvent: (event) => this.records.push({ kind: 'event', event }),
    });
    this.process = new Process<Task>({ world, machine, mm: this.mm });
    this.task = new Task(this.process, this.process.pid, cpu, 'vector');
    this.process.addTask(this.task);
  }

  /** Maps the page of the code and gives SIGSEGV a handler on a stack of its own, so that the signal frame can be read. */
  catchSignals(): void {
    const rip = this.cpu.rip & ~(PAGE - 1n);
    const { ss_sp, ss_size } = SIGNAL_STACK[this.mode];
    this.mm.install([
      ...this.mm.vmas,
      areaOf(this.mm, this.profile, rip, rip + PAGE, 'code'),
      areaOf(this.mm, this.profile, ss_sp, ss_sp + ss_size, 'anon'),
    ]);
    this.task.sas = { ...SIGNAL_STACK[this.mode] };
    this.process.actions[SIGSEGV] = {
      handler: HANDLER,
      flags: SA_SIGINFO | SA_ONSTACK | SA_RESTORER,
      restorer: HANDLER,
      mask: 0n,
    };
  }

  /** Whether the program is at the signal handler. */
  get caught(): boolean {
    return this.cpu.rip === HANDLER;
  }

  /** Bytes of the siginfo and of the ucontext that the handler got. */
  handlerArguments(): { siginfo: DataView; ucontext: DataView } {
    const read = (address: bigint, length: number) => {
      const bytes = this.mm.memory.read(address, length);
      return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    };
    const [siginfo, ucontext] = this.mode === 64 ? [RSI, RDX] : [RDX, RCX];
    return {
      siginfo: read(this.cpu.gpr(siginfo), 128),
      ucontext: read(this.cpu.gpr(ucontext), UCONTEXT_SIZE[this.mode]),
    };
  }

  /** Lets the kernel serve a stop to its end, recording as it goes. */
  serve(stop: Stop): void {
    this.process.enter(this.task, stop);
    for (;;) {
      const step = this.process.advance(this.task);
      this.afterStep();
      if (!step) return;
      const { label, locals } = step.frame;
      const functions = this.task.kernelFrames.map(({ name }) => name);
      this.records.push({ kind: 'step', label, locals: { ...locals }, functions });
    }
  }

  /** Enters do_bounds as if the CPU had just raised #BR. */
  trapBr(): void {
    this.serve({ kind: 'trap', vector: 5, errorCode: 0, address: 0n });
  }

  /** A system call; arguments that are not given stay as the registers have them. → RAX as a signed value */
  syscall(number: bigint, ...args: bigint[]): bigint {
    this.cpu.setGpr(0, number);
    for (const [i, value] of args.entries()) this.cpu.setGpr(SYSCALL_ARGUMENTS[i], value);
    this.serve({ kind: 'syscall' });
    return BigInt.asIntN(64, this.cpu.gpr(0));
  }

  /** The last step with this label. */
  step(label: string): { locals: Locals; functions: readonly string[] } | undefined {
    const found = this.records.filter((record) => record.kind === 'step' && record.label === label).pop();
    return found?.kind === 'step' ? found : undefined;
  }

  events<K extends KernelEvent['kind']>(kind: K): Extract<KernelEvent, { kind: K }>[] {
    return this.records.flatMap((record) =>
      record.kind === 'event' && record.event.kind === kind ? [record.event as Extract<KernelEvent, { kind: K }>] : [],
    );
  }
}
