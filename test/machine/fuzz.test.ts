import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Machine, Stop, Vcpu } from '../../src/machine/api.ts';
import { createMachine } from '../../src/machine/machine.ts';
import { CODE, DATA, RW, STACK_TOP } from './computer.ts';

const RWX = 7;
const CODE_BYTES = 4096;

interface Run {
  machine: Machine;
  cpu: Vcpu;
}

/** Registers point into data, stack and code, so that random instructions find something to work on. */
function load(code: Uint8Array, registers: readonly bigint[], bndcfgu: bigint): Run {
  const machine = createMachine();
  machine.memory.populate(CODE, RWX, code);
  for (let i = 0n; i < 3n; i++) machine.memory.populate(DATA + i * 4096n, RW, undefined, { pool: i === 1n });
  machine.memory.populate(STACK_TOP - 4096n, RW);
  const cpu = machine.newVcpu();
  for (const [i, value] of registers.entries()) cpu.setGpr(i, value);
  cpu.setGpr(4, STACK_TOP - 2048n);
  cpu.rip = CODE;
  cpu.bndcfgu = bndcfgu;
  cpu.setBnd(1, { lower: 5n, upperRaw: 9n });
  return { machine, cpu };
}

/** Runs in pieces of `budget`; faults are skipped by stepping over one byte, so that much code is reached. */
function runAll({ machine, cpu }: Run, budget: number, limit: number): Stop[] {
  const stops: Stop[] = [];
  while (machine.retired < BigInt(limit) && stops.length < 40) {
    const stop = machine.run(cpu, Math.min(budget, limit - Number(machine.retired)));
    if (stop.kind === 'budget') continue;
    stops.push(stop);
    if (stop.kind === 'trap' && !stop.software) cpu.rip = CODE + ((cpu.rip + 1n) & 0xfffn);
  }
  return stops;
}

const pointer = fc.oneof(
  fc.bigInt(0n, 0xffff_ffff_ffff_ffffn),
  fc.integer({ min: 0, max: 8191 }).map((n) => DATA + BigInt(n)),
  fc.integer({ min: 0, max: 64 }).map(BigInt),
  fc.integer({ min: 0, max: 4095 }).map((n) => CODE + BigInt(n)),
);
// Plain bytes give mostly invalid instructions; these are common opcodes with prefixes in front.
const opcode = fc.oneof(
  fc.integer({ min: 0, max: 255 }).map((b) => [b]),
  fc.integer({ min: 0, max: 255 }).map((b) => [0x48, b]),
  fc.integer({ min: 0, max: 255 }).map((b) => [0x0f, b]),
  fc.integer({ min: 0, max: 255 }).map((b) => [0x66, 0x0f, b]),
  fc.integer({ min: 0, max: 255 }).map((b) => [0xf3, b]),
  fc.constantFrom([0x0f, 0x1a], [0x0f, 0x1b], [0xf3, 0x0f, 0x1a], [0xf2, 0x0f, 0x1b], [0x66, 0x0f, 0x1a]),
);
const instruction = fc
  .tuple(opcode, fc.uint8Array({ minLength: 1, maxLength: 4 }))
  .map(([op, rest]) => [...op, ...rest]);
const code = fc.array(instruction, { minLength: 20, maxLength: 400 }).map((list) => {
  const bytes = new Uint8Array(CODE_BYTES).fill(0x90);
  bytes.set(list.flat().slice(0, CODE_BYTES));
  return bytes;
});

describe('Random code', () => {
  it('never throws, and does the same in one go as one instruction at a time', () => {
    fc.assert(
      fc.property(
        code,
        fc.array(pointer, { minLength: 16, maxLength: 16 }),
        fc.constantFrom(0n, 1n, 3n),
        (bytes, registers, bndcfgu) => {
          const results = [1, 7, 100_000].map((budget) => {
            const run = load(bytes, registers, bndcfgu);
            const stops = runAll(run, budget, 2000);
            return {
              stops,
              state: run.cpu.save().bytes,
              hash: run.machine.memory.hash(),
              retired: run.machine.retired,
            };
          });
          assert.deepEqual(results[1], results[0]);
          assert.deepEqual(results[2], results[0]);
        },
      ),
      { numRuns: 40 },
    );
  });
});
