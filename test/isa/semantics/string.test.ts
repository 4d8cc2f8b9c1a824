import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Machine, PROT_EXEC, PROT_READ, PROT_WRITE, type Vcpu, Vector } from '../../../src/machine/api.ts';
import { createMachine } from '../../../src/machine/machine.ts';

const CODE = 0x400000n;
const DATA = 0x10000000n;
const PAGES = 6;
const RW = PROT_READ | PROT_WRITE;

/** REP MOVS and REP STOS of each size. */
const OPERATIONS = [
  [0xf3, 0xa4],
  [0xf3, 0x66, 0xa5],
  [0xf3, 0xa5],
  [0xf3, 0x48, 0xa5],
  [0xf3, 0xaa],
  [0xf3, 0x66, 0xab],
  [0xf3, 0xab],
  [0xf3, 0x48, 0xab],
];

interface Run {
  machine: Machine;
  cpu: Vcpu;
}

function prepare(operation: number[], rsi: bigint, rdi: bigint, rcx: bigint, rax: bigint, down: boolean): Run {
  const machine = createMachine();
  machine.memory.populate(CODE, PROT_READ | PROT_EXEC, Uint8Array.from([...operation, 0xcc]));
  for (let i = 0; i < PAGES; i++) {
    // One page in the middle is absent.
    if (i === 4) continue;
    const content = Uint8Array.from({ length: 4096 }, (_, n) => (n * 7 + i * 31 + (n >> 8)) & 0xff);
    machine.memory.populate(DATA + BigInt(i) * 0x1000n, RW, content);
  }
  const cpu = machine.newVcpu();
  cpu.rip = CODE;
  cpu.setGpr(0, rax);
  cpu.setGpr(1, rcx);
  cpu.setGpr(6, rsi);
  cpu.setGpr(7, rdi);
  if (down) cpu.rflags |= 0x400n;
  return { machine, cpu };
}

/** Runs in pieces of the given budgets (the last one repeated) to the INT3 or a fault, and gives everything observable. */
function outcome({ machine, cpu }: Run, budgets: number[]): unknown {
  for (let i = 0; ; i++) {
    const budget = budgets[Math.min(i, budgets.length - 1)];
    const before = cpu.retired;
    const stop = machine.run(cpu, budget);
    if (stop.kind === 'budget') {
      assert.equal(cpu.retired - before, BigInt(budget), 'a budget is used up exactly');
      continue;
    }
    assert.equal(stop.kind, 'trap');
    return {
      stop,
      registers: [0, 1, 6, 7].map((n) => cpu.gpr(n)),
      rip: cpu.rip,
      retired: cpu.retired,
      memory: machine.memory.hash(),
    };
  }
}

describe('REP MOVS and REP STOS', () => {
  it('do the same in one go, in pieces, and one iteration at a time', function () {
    this.timeout(180_000);
    const place = fc.integer({ min: 0, max: PAGES * 4096 - 1 });
    const near = fc.integer({ min: -40, max: 40 });
    fc.assert(
      fc.property(
        fc.constantFrom(...OPERATIONS),
        place,
        fc.oneof(place, near),
        fc.integer({ min: 0, max: 3000 }),
        fc.constantFrom(0n, 0x5a5a5a5a5a5a5a5an, 0x1234567890abcdefn),
        fc.boolean(),
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 6 }),
        (operation, source, target, count, rax, down, budgets) => {
          const rsi = DATA + BigInt(source);
          const rdi = target <= 40 ? rsi + BigInt(target) : DATA + BigInt(target);
          const run = () => prepare(operation, rsi, rdi, BigInt(count), rax, down && count % 5 === 0);
          const expected = outcome(run(), [1]);
          assert.deepEqual(outcome(run(), [1_000_000]), expected);
          assert.deepEqual(outcome(run(), budgets), expected);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('count one instruction for each iteration', () => {
    const { machine, cpu } = prepare(OPERATIONS[0], DATA, DATA + 0x1000n, 5000n, 0n, false);
    const stop = machine.run(cpu, 1_000_000);
    assert.equal(stop.kind === 'trap' && stop.vector, Vector.BP);
    assert.equal(cpu.retired, 5001n);
  });
});
