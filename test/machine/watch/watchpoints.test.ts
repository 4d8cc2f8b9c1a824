import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Stop, WatchRange } from '../../../src/machine/api.ts';
import { assemble } from '../../support/assemble.ts';
import { CODE, type Computer, computer, DATA, Register } from '../computer.ts';
import { lines, load, program, stateOf } from '../random-program.ts';

const range = (start: bigint, length: number, access: WatchRange['access']): WatchRange => ({
  start,
  end: start + BigInt(length),
  access,
});

/** Where the accesses were made: offsets of instructions, and what they touched. */
function watchpointsOf(run: Computer, most = 10_000): string[] {
  const seen: string[] = [];
  for (;;) {
    const stop = run.run(most);
    if (stop.kind !== 'watchpoint') return seen;
    const what = stop.hits.map(({ address, size, write }) => `${write ? 'w' : 'r'}${address - DATA}+${size}`);
    seen.push(`${stop.pc - CODE}→${run.cpu.rip - CODE}: ${what.join(' ')}`);
  }
}

describe('Watchpoints', () => {
  it('stop behind each access to a byte of the range, and no other', () => {
    const run = computer(`
        mov $0x600000, %ebx
        movb $1, 99(%rbx)
        movl $2, 98(%rbx)
        mov 101(%rbx), %rax
        movb $3, 108(%rbx)
        push 104(%rbx)
        int3`);
    run.machine.setWatchpoints([range(DATA + 100n, 8, 'access')]);
    assert.deepEqual(watchpointsOf(run), ['9→16: w98+4', '16→20: r101+8', '24→27: r104+8']);
  });

  it('tell reads from writes', () => {
    const source = `
        mov $0x600000, %ebx
        mov 8(%rbx), %rax
        mov %rax, 8(%rbx)
        int3`;
    const seen = (access: WatchRange['access']) => {
      const run = computer(source);
      run.machine.setWatchpoints([range(DATA + 8n, 1, access)]);
      return watchpointsOf(run);
    };
    assert.deepEqual(seen('read'), ['5→9: r8+8']);
    assert.deepEqual(seen('write'), ['9→13: w8+8']);
    assert.deepEqual(seen('access'), ['5→9: r8+8', '9→13: w8+8']);
  });

  it('see accesses across pages, by string instructions each time, and by host functions', () => {
    const run = computer(`
        mov $0x600ffe, %edi
        movl $7, (%rdi)
        mov $6, %ecx
        rep stosb
        fxsave 0x600e00
        int3`);
    run.machine.setWatchpoints([range(DATA + 0x1000n, 2, 'write'), range(DATA + 0xe10n, 1, 'write')]);
    assert.deepEqual(watchpointsOf(run), ['5→11: w4094+4', '16→16: w4096+1', '16→16: w4097+1', '18→26: w3584+512']);
  });

  it('stop in translated code at every write, and cost nothing where there are none', () => {
    const run = computer(
      `
        mov $2000, %ecx
loop:   mov %rcx, 0x600000(,%rcx,8)
        dec %ecx
        jnz loop
        int3`,
      { translate: 'soon' },
    );
    assert.equal(run.run(3000).kind, 'budget');
    run.machine.setWatchpoints([range(DATA + 800n, 16, 'write')]);
    assert.deepEqual(
      [1, 2].map(() => {
        const stop = run.run();
        return [stop.kind, run.cpu.gpr(Register.rcx)];
      }),
      [
        ['watchpoint', 101n],
        ['watchpoint', 100n],
      ],
    );
    run.machine.setWatchpoints([]);
    assert.equal(run.run().kind, 'trap');
    assert.equal(run.cpu.retired, 6002n);
  });

  it('see the directory and table entries that BNDLDX and BNDSTX use, cached or not', () => {
    const directory = 0x7f55_0000_0000n;
    const table = 0x7f10_0000_0000n;
    const run = computer('1: bndstx %bnd0, (%rbx,%rax); bndldx (%rbx,%rax), %bnd1; jmp 1b');
    const { machine, cpu } = run;
    const entry = directory + ((DATA >> 20n) << 3n);
    cpu.bndcfgu = directory | 1n;
    cpu.setGpr(Register.rbx, DATA);
    machine.memory.populate(entry & ~0xfffn, 3, undefined, { pool: true });
    machine.memory.populate(table, 3, undefined, { pool: true });
    machine.memory.writeUint(entry, 8, table | 1n);
    assert.equal(run.run(30).kind, 'budget');
    const next = (range: WatchRange) => {
      machine.setWatchpoints([range]);
      const stop = run.run(30);
      return stop.kind === 'watchpoint' ? stop.hits.map(({ address, write }) => [address, write]) : stop.kind;
    };
    assert.deepEqual(next(range(entry, 8, 'read')), [[entry, false]]);
    assert.deepEqual(next(range(table + 8n, 8, 'write')), [[table + 8n, true]]);
    assert.deepEqual(next(range(table + 16n, 8, 'read')), [[table + 16n, false]]);
    assert.equal(next(range(table + 24n, 8, 'access')), 'budget');
  });

  it('keep writes from outside until they are asked for', () => {
    const { machine } = computer('nop');
    machine.setWatchpoints([range(DATA, 4, 'write')]);
    machine.memory.write(DATA + 2n, Uint8Array.of(1, 2, 3));
    machine.memory.read(DATA, 4);
    assert.deepEqual(
      machine.takeWatchHits().map(({ address, size, write }) => [address, size, write]),
      [[DATA + 2n, 3, true]],
    );
    assert.deepEqual(machine.takeWatchHits(), []);
  });

  it('do not change what a program does, translated or not, and are the same for both', () => {
    fc.assert(
      fc.property(lines(6), fc.nat(200), fc.integer({ min: 1, max: 60 }), (body, offset, length) => {
        const { bytes } = assemble(program(body, []), CODE);
        const [plain, ...watched] = (['never', 'never', 'soon'] as const).map((translate, i) => {
          const run = load(bytes, translate, 1n);
          if (i > 0) run.machine.setWatchpoints([range(DATA + 4000n + BigInt(offset), length, 'access')]);
          const stops: Stop[] = [];
          for (;;) {
            const stop = run.machine.run(run.cpu, 2_000_000);
            stops.push(stop);
            if (stop.kind !== 'watchpoint') return { stops, state: stateOf(run) };
          }
        });
        assert.deepEqual(watched[0].stops, watched[1].stops);
        for (const { stops, state } of watched) {
          assert.deepEqual(state, plain.state);
          assert.deepEqual(stops.at(-1), plain.stops.at(-1));
        }
      }),
      { numRuns: 10 },
    );
  }).timeout(120_000);
});
