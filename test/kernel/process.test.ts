import assert from 'node:assert/strict';
import type { KernelStep } from '../../src/kernel/steps.ts';
import { guest, mapAt, NR, poke } from './support.ts';

describe('A process', () => {
  it('shows the chain of kernel functions of a task, step by step', () => {
    const on = guest();
    mapAt(on, 0x600000n, 2);
    on.task.cpu.setGpr(0, BigInt(NR.munmap));
    on.task.cpu.setGpr(7, 0x600000n);
    on.task.cpu.setGpr(6, 0x1000n);
    on.process.enter(on.task, { kind: 'syscall' });
    assert.equal(on.task.inKernel, true);
    const seen: string[] = [];
    for (let step = on.process.advance(on.task); step; step = on.process.advance(on.task)) {
      seen.push(step.frame.label);
      if (step.frame.label === 'do_munmap: split and detach the areas') {
        assert.deepEqual(
          on.task.kernelFrames.map(({ name }) => name),
          ['do_syscall_64', 'sys_munmap', 'vm_munmap', 'do_munmap'],
        );
        assert.equal(step.frame.locals.vm_end, 0x602000n);
        assert.equal(on.mm.find_vma(0x600000n)?.vm_start, 0x600000n, 'a step is announced before it is taken');
      }
    }
    assert.ok(seen.includes('do_munmap: notify after the pages are gone'));
    assert.equal(on.task.inKernel, false);
    assert.deepEqual(on.task.kernelFrames, []);
  });

  it('notifies first in 5.5', () => {
    const labels = (kernel: 'v4.1' | 'v5.5') => {
      const on = guest({ kernel });
      mapAt(on, 0x600000n, 2);
      on.task.cpu.setGpr(0, BigInt(NR.munmap));
      on.task.cpu.setGpr(7, 0x600000n);
      on.task.cpu.setGpr(6, 0x1000n);
      on.process.enter(on.task, { kind: 'syscall' });
      const seen: string[] = [];
      for (let step = on.process.advance(on.task); step; step = on.process.advance(on.task))
        seen.push(step.frame.label);
      return seen.filter((label) => /notify|detach/.test(label) && label.startsWith('do_munmap'));
    };
    assert.deepEqual(labels('v4.1'), [
      'do_munmap: split and detach the areas',
      'do_munmap: notify after the pages are gone',
    ]);
    assert.deepEqual(labels('v5.5'), [
      'do_munmap: notify before the areas are unlinked',
      'do_munmap: split and detach the areas',
    ]);
  });

  it('gives up what a dying task holds', () => {
    const on = guest();
    mapAt(on, 0x600000n, 1);
    on.mm.mmap_sem.writer = on.task;
    on.call(NR.exit_group, 3);
    assert.equal(on.mm.mmap_sem.writer, undefined);
    assert.deepEqual(on.process.exit, { code: 3 });
  });

  it('ends with an oops where the kernel dies', () => {
    const on = guest();
    on.task.cpu.bndcfgu = 1n;
    on.task.cpu.bndstatus = 3n;
    on.trap(5);
    assert.equal(on.process.oops?.function, 'do_bounds');
    assert.deepEqual(on.process.exit, { signal: 11 });
    assert.deepEqual(
      on.events.map(({ kind }) => kind),
      ['oops', 'exit'],
    );
  });

  it('ends the guest, not the host, when the emulated kernel itself fails', () => {
    const on = guest({
      inputs: {
        random: () => {
          throw new Error('no randomness here');
        },
      },
    });
    mapAt(on, 0x600000n, 1);
    poke(on, 0x600000n, 0n);
    on.call(NR.getrandom, 0x600000, 8, 0);
    assert.equal(on.process.oops?.function, 'sys_getrandom');
    assert.match(on.process.oops?.reason ?? '', /no randomness here/);
    assert.deepEqual(on.process.exit, { signal: 9 });
  });

  it('lets a task wait for the lock of the memory map until it is free', () => {
    const on = guest();
    const other = guest().task;
    on.mm.mmap_sem.writer = other;
    on.task.cpu.setGpr(0, BigInt(NR.munmap));
    on.task.cpu.setGpr(7, 0x600000n);
    on.task.cpu.setGpr(6, 0x1000n);
    on.process.enter(on.task, { kind: 'syscall' });
    on.process.finish(on.task);
    const step: KernelStep | undefined = on.process.advance(on.task);
    assert.equal(step?.blocked, true);
    assert.equal(step?.frame.label, 'down_write: wait for the lock');
    on.mm.mmap_sem.writer = undefined;
    on.process.finish(on.task);
    assert.equal(on.task.inKernel, false);
  });
});
