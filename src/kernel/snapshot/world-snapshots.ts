/**
 * Snapshots of the emulated computer: its machines, and everything the kernel knows, which is plain data. Handlers are not data: one is
 * only taken while no task is inside the kernel but those that sleep there, whose system calls are entered again after a return.
 */
import { Memento } from '../../base/memento.ts';
import type { Machine, MachineSnapshot, Stop, Vcpu } from '../../machine/api.ts';
import type { KernelFrame } from '../steps.ts';
import type { Tape } from './tape.ts';

interface SnapshotTask {
  readonly cpu: Vcpu;
  readonly inKernel: boolean;
  readonly asleep: boolean;
  readonly kernelFrames: KernelFrame[];
}

interface SnapshotProcess {
  readonly machine: Machine;
  readonly tasks: readonly SnapshotTask[];
  enter(task: SnapshotTask, stop: Stop): void;
}

/** The state to be saved: everything reachable from it. */
export interface SnapshotWorld {
  readonly processes: readonly SnapshotProcess[];
  /** Those of the processes, and those that wait for one. */
  readonly machines: ReadonlySet<Machine>;
}

/** Host memory that one saved kernel object takes, about. */
const OBJECT_BYTES = 300;

export class WorldSnapshot {
  constructor(
    readonly machines: ReadonlyMap<Machine, MachineSnapshot>,
    readonly memento: Memento,
    readonly tapePosition: number,
  ) {}

  /** Host memory held, about. */
  get bytes(): number {
    let bytes = this.memento.size * OBJECT_BYTES + this.memento.copied;
    for (const { bytes: held } of this.machines.values()) bytes += held;
    return bytes;
  }
}

export class WorldSnapshots {
  private last: Memento | undefined;

  /** `tape`: what the world's inputs come from; `more`: objects outside the kernel whose state belongs to the same moment. */
  constructor(
    private readonly world: SnapshotWorld,
    private readonly tape: Tape,
    private readonly more: readonly object[],
  ) {}

  /** Whether no task is in the middle of kernel code. */
  get possible(): boolean {
    return this.world.processes.every(({ tasks }) => tasks.every(canBeEnteredAgain));
  }

  take(): WorldSnapshot {
    const { processes, machines: all } = this.world;
    const machines = new Map<Machine, MachineSnapshot>();
    for (const machine of all) {
      // After vfork two processes run in one machine.
      const tasks = processes.flatMap((process) => (process.machine === machine ? process.tasks : []));
      machines.set(machine, machine.takeSnapshot(tasks.map(({ cpu }) => cpu)));
    }
    this.last = Memento.of([this.world, ...this.more], isMachinePart, this.last);
    return new WorldSnapshot(machines, this.last, this.tape.position);
  }

  /** Brings the state back; later snapshots are void. */
  restore({ machines, memento, tapePosition }: WorldSnapshot): void {
    memento.restore();
    this.tape.position = tapePosition;
    for (const [machine, snapshot] of machines) machine.restoreSnapshot(snapshot);
    for (const process of this.world.processes)
      for (const task of process.tasks) {
        task.kernelFrames.length = 0;
        if (task.inKernel) process.enter(task, { kind: 'syscall' });
      }
  }

  drop({ machines }: WorldSnapshot): void {
    for (const [machine, snapshot] of machines) machine.dropSnapshot(snapshot);
  }
}

/** Where the kernel is entered from the start, a call that slept there comes to the same place; a signal that stopped the process does not. */
function canBeEnteredAgain({ inKernel, asleep, kernelFrames }: SnapshotTask): boolean {
  return !inKernel || (asleep && kernelFrames[0]?.name === 'do_syscall_64');
}

/** Machines save themselves. */
function isMachinePart(object: object): boolean {
  return 'takeSnapshot' in object || 'setGpr' in object || 'presentPages' in object;
}
