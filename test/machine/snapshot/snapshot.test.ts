import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { MachineOptions, MachineSnapshot } from '../../../src/machine/api.ts';
import { tableEntryFields } from '../../../src/machine/mpx/translate.ts';
import { assemble } from '../../support/assemble.ts';
import { CODE, computer, DATA, Register, RW } from '../computer.ts';
import { lines, load, mode, program, type Run, stateOf } from '../random-program.ts';

const DIRECTORY = 0x7f55_0000_0000n;
const TABLES = 0x7f10_0000_0000n;
const SCRATCH = 0x7fff_1800_0000n;
/** What happens between instructions happens at multiples of this, so that every run of a program sees it at the same time. */
const TICK = 400;
const TICKS = 40;

/** A small kernel, the same in every run: it makes what is missing, and at each tick does something to the memory map. */
function serve({ machine, cpu }: Run, until: bigint, changes: readonly number[]): void {
  const { memory } = machine;
  while (machine.retired < until) {
    const stop = machine.run(cpu, TICK - Number(machine.retired % BigInt(TICK)));
    if (stop.kind === 'trap') {
      if (stop.vector === 14) memory.populate(stop.address & ~0xfffn, RW);
      else if (stop.vector === 5 && cpu.bndstatus & 2n)
        memory.writeUint(cpu.bndstatus & ~3n, 8, (TABLES + (cpu.bndstatus << 16n)) | 1n);
      else cpu.rip = CODE;
    }
    if (machine.retired % BigInt(TICK) === 0n && stop.kind === 'budget')
      change({ machine, cpu }, changes[Number(machine.retired / BigInt(TICK)) % changes.length]);
  }
}

function change({ machine: { memory } }: Run, which: number): void {
  const page = SCRATCH + BigInt((which >> 4) % 4) * 4096n;
  const far = page + 0x10_0000_0000n;
  switch (which % 8) {
    case 0:
      memory.populate(page, RW, Uint8Array.of(which, 1, 2), { pool: which > 128 });
      break;
    case 1:
      memory.discard(page, page + 8192n);
      break;
    case 2:
      memory.protect(page, page + 8192n, which & 16 ? 1 : RW);
      break;
    case 3:
      if (memory.protection(far) === undefined) memory.move(page, far, 4096n);
      break;
    case 4:
      if (memory.protection(page) === undefined) memory.move(far, page, 4096n);
      break;
    case 5:
      memory.write(
        page + 4090n,
        Uint8Array.from({ length: 12 }, (_, i) => which + i),
      );
      break;
    case 6:
      memory.write(DATA + 4090n, Uint8Array.of(which, which, which, which, which, which, which, which));
      break;
    default:
      memory.discard(DATA + 8192n, DATA + 12288n);
  }
}

/** Loops over self-modifying code and bounds tables besides the lines drawn at random. */
const extras = [
  'incb 1f-1(%rip); .byte 0x04, 1; 1:', // add $n, %al with n rising
  'lea 8(%rbx), %rdi; bndstx %bnd0, (%rdi,%rax)',
  'lea 8(%rbx), %rdi; bndldx (%rdi,%rax), %bnd3',
  'lea (%rbx,%rbp,8), %rdi; bndstx %bnd1, (%rdi,%rdx); bndldx (%rdi,%rdx), %bnd2',
];

const action = fc.oneof(
  fc.record({ kind: fc.constant('go' as const), ticks: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ kind: fc.constant('take' as const) }),
  fc.record({ kind: fc.constant('return' as const), which: fc.nat() }),
  fc.record({ kind: fc.constant('drop' as const), which: fc.nat() }),
);

describe('Snapshots', () => {
  const start = (bytes: Uint8Array, bndcfgu: bigint, translate: MachineOptions['translate']): Run =>
    load(bytes, translate, bndcfgu && DIRECTORY | bndcfgu);

  it('bring back a program exactly, however one jumps back and forth', () => {
    fc.assert(
      fc.property(
        lines(5),
        fc.array(fc.constantFrom(...extras), { minLength: 1, maxLength: 3 }),
        mode,
        fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 3, maxLength: 30 }),
        fc.array(action, { minLength: 10, maxLength: 60 }),
        fc.constantFrom('soon' as const, 'never' as const),
        (random, extra, bndcfgu, changes, actions, translate) => {
          const { bytes } = assemble(program(random, extra), CODE);
          const expected = new Map<bigint, ReturnType<typeof stateOf>>();
          const reference = start(bytes, bndcfgu, 'never');
          for (let tick = 0; tick <= TICKS; tick++) {
            const time = BigInt(tick * TICK);
            serve(reference, time, changes);
            expected.set(time, stateOf(reference));
          }
          const run = start(bytes, bndcfgu, translate);
          const { machine, cpu } = run;
          let snapshots: MachineSnapshot[] = [machine.takeSnapshot([cpu])];
          for (const action of actions) {
            const index = 'which' in action ? action.which % snapshots.length : 0;
            if (action.kind === 'go') {
              const tick = Math.min(Number(machine.retired) / TICK + action.ticks, TICKS);
              serve(run, BigInt(tick * TICK), changes);
            } else if (action.kind === 'take') snapshots.push(machine.takeSnapshot([cpu]));
            else if (action.kind === 'drop' && index > 0) machine.dropSnapshot(snapshots.splice(index, 1)[0]);
            else if (action.kind === 'return') {
              machine.restoreSnapshot(snapshots[index]);
              assert.equal(machine.retired, snapshots[index].retired);
              snapshots = snapshots.slice(0, index + 1);
            }
            assert.deepEqual(stateOf(run), expected.get(machine.retired));
          }
        },
      ),
      { numRuns: 15 },
    );
  }).timeout(240_000);

  it('cost by the pages written since, not by those there are', () => {
    const { machine, cpu, run } = computer(`
        mov $0x600000, %rbx
        movq $1, (%rbx)
        movq $2, 8(%rbx)
        movq $3, 4096(%rbx)
        nop`);
    const first = machine.takeSnapshot([cpu]);
    run(3);
    assert.ok(first.bytes > 4096 && first.bytes < 2 * 4096);
    const second = machine.takeSnapshot([cpu]);
    run(1);
    assert.ok(second.bytes > 4096 && second.bytes < 2 * 4096);
    machine.dropSnapshot(second);
    assert.ok(first.bytes > 2 * 4096 && first.bytes < 3 * 4096, 'the first one needs what the second knew');
    machine.restoreSnapshot(first);
    assert.equal(machine.memory.readUint(DATA, 8), 0n);
    assert.equal(machine.memory.readUint(DATA + 4096n, 8), 0n);
    assert.equal(first.bytes, 0);
  });

  it('leave translated code alone where it did not change', () => {
    const { machine, cpu, run } = computer(
      `
        mov $100000, %ecx
loop:   mov %rcx, 0x600000
        dec %ecx
        jnz loop
        int3`,
      { translate: 'soon' },
    );
    run(30_000);
    const snapshot = machine.takeSnapshot([cpu]);
    const before = [cpu.gpr(Register.rcx), machine.memory.readUint(DATA, 8)];
    run(90_001);
    machine.restoreSnapshot(snapshot);
    assert.deepEqual([cpu.gpr(Register.rcx), machine.memory.readUint(DATA, 8)], before);
    assert.equal(run(1_000_000).kind, 'trap');
    assert.equal(cpu.retired, 300_002n);
  });

  it('see BNDSTX into a table page that the slot cache knew before', () => {
    const { machine, cpu, run } = computer('1: bndstx %bnd0, (%rbx,%rax); inc %rax; jmp 1b');
    cpu.bndcfgu = DIRECTORY | 1n;
    cpu.setGpr(Register.rbx, DATA);
    machine.memory.populate(DIRECTORY + ((DATA >> 20n) << 3n), RW, undefined, { pool: true });
    machine.memory.writeUint(DIRECTORY + ((DATA >> 20n) << 3n), 8, TABLES | 1n);
    const { pointer } = tableEntryFields(TABLES);
    machine.memory.populate(TABLES, RW, undefined, { pool: true });
    run(3001);
    const snapshot = machine.takeSnapshot([cpu]);
    assert.equal(machine.memory.readUint(pointer, 8), 1000n);
    run(3000);
    assert.equal(machine.memory.readUint(pointer, 8), 2000n);
    machine.restoreSnapshot(snapshot);
    assert.equal(machine.memory.readUint(pointer, 8), 1000n);
  });

  it('of an earlier time void later ones, and say so', () => {
    const { machine, cpu, run } = computer('1: inc %rax; jmp 1b');
    const first = machine.takeSnapshot([cpu]);
    run(10);
    const second = machine.takeSnapshot([cpu]);
    machine.restoreSnapshot(first);
    assert.throws(() => machine.restoreSnapshot(second), /void/);
  });
});
