/** Running tasks that nobody debugs: user code until something happens, then the kernel. */
import type { TaskView, WorldView } from '../api.ts';

/** So many kernel steps are taken before the caller may look at something else. */
const KERNEL_STEPS = 10_000;
/** What a visit to the kernel counts as, in instructions, where effort is shared out. */
const KERNEL_COST = 50;

/** Lets `task` run for at most `budget` instructions, or its handler for a while. → effort in instructions */
export function runUnwatched(task: TaskView, budget: number): number {
  const { process, cpu } = task;
  if (!task.inKernel && task.signalled) process.enter(task, { kind: 'budget' });
  if (task.inKernel) {
    for (let steps = 0; steps < KERNEL_STEPS; steps++) {
      const step = process.advance(task);
      if (!step || step.blocked) break;
    }
    return KERNEL_COST;
  }
  const before = cpu.retired;
  // Breakpoints are for others: after vfork they run in the same machine.
  const stop = process.machine.run(cpu, budget, { ignoreBreakpointAtStart: true });
  const ran = Number(cpu.retired - before);
  process.world.scheduler.charge(ran);
  if (stop.kind === 'trap' || stop.kind === 'syscall') process.enter(task, stop);
  return Math.max(ran, 1);
}

/** Runs the world until `over`, or nobody can go on without input. → whether it is over */
export function runWorld(world: WorldView, over: () => boolean): boolean {
  while (!over()) {
    const turn = world.turn();
    if (!turn) return false;
    runUnwatched(turn.task, turn.budget);
  }
  return true;
}
