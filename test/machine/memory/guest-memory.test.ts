import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PAGE_SIZE } from '../../../src/machine/api.ts';
import { createMachine } from '../../../src/machine/machine.ts';
import { CODE, computer, DATA, Register, RW } from '../computer.ts';

const PAGE = BigInt(PAGE_SIZE);
/** These share their low 32 bits with DATA, with the machine's own state, and with the end of linear memory. */
const ODD_PLACES = [DATA + (1n << 32n), 0x1_0000_0000n, 0x0c00_0000n, 0xffff_f000n, 0x7fff_ffff_f000n];

describe('Guest memory', () => {
  it('holds what is written, wherever the pages are', () => {
    const { memory } = createMachine();
    const pages = [DATA, ...ODD_PLACES];
    for (const page of pages) memory.populate(page, RW);
    for (const [i, page] of pages.entries()) memory.writeUint(page + 8n, 8, BigInt(i + 1) * 0x0101_0101_0101n);
    for (const [i, page] of pages.entries())
      assert.equal(memory.readUint(page + 8n, 8), BigInt(i + 1) * 0x0101_0101_0101n);
    assert.equal(memory.presentCount, pages.length);
  });

  it('behaves as a sparse array of bytes under random operations', () => {
    const page = fc.integer({ min: 0, max: 7 }).map((n) => DATA + BigInt(n % 4) * PAGE + (n >= 4 ? 1n << 32n : 0n));
    const range = fc.tuple(page, fc.integer({ min: 1, max: 3 })).map(([at, n]) => ({ at, end: at + BigInt(n) * PAGE }));
    const write = fc.record({
      at: fc.tuple(page, fc.integer({ min: 0, max: 4095 })).map(([at, n]) => at + BigInt(n)),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 6000 }),
    });
    const operation = fc.oneof(
      fc.record({ kind: fc.constant('populate' as const), page, pool: fc.boolean() }),
      fc.record({ kind: fc.constant('discard' as const), range }),
      fc.record({ kind: fc.constant('write' as const), write }),
      fc.record({ kind: fc.constant('move' as const), from: page }),
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
        const { memory } = createMachine();
        const model = new Map<bigint, Uint8Array>();
        for (const o of operations) {
          if (o.kind === 'populate') {
            memory.populate(o.page, RW, undefined, { pool: o.pool });
            model.set(o.page, new Uint8Array(PAGE_SIZE));
          } else if (o.kind === 'discard') {
            memory.discard(o.range.at, o.range.end);
            for (let at = o.range.at; at < o.range.end; at += PAGE) model.delete(at);
          } else if (o.kind === 'move') {
            const to = o.from + 0x10000n;
            memory.discard(to, to + PAGE);
            memory.move(o.from, to, PAGE);
            const content = model.get(o.from);
            model.delete(o.from);
            model.delete(to);
            if (content) model.set(to, content);
          } else {
            const { at, bytes } = o.write;
            let written = 0;
            for (; written < bytes.length; written++) {
              const address = at + BigInt(written);
              const content = model.get(address & ~(PAGE - 1n));
              if (!content) break;
              content[Number(address & (PAGE - 1n))] = bytes[written];
            }
            assert.equal(memory.write(at, bytes), written);
          }
        }
        const expected = [...model.keys()].sort((a, b) => (a < b ? -1 : 1));
        assert.deepEqual(memory.presentPages(0n, 1n << 48n), expected);
        for (const [page, content] of model) assert.deepEqual(memory.read(page, PAGE_SIZE), content);
        assert.equal(memory.presentCount, model.size);
      }),
      { numRuns: 40 },
    );
  });

  it('hashes by content: history, zero pages and placement do not count', () => {
    const a = createMachine().memory;
    const b = createMachine().memory;
    a.populate(DATA, RW, Uint8Array.of(1, 2, 3));
    a.populate(DATA + PAGE, RW, Uint8Array.of(4));
    a.populate(DATA + 2n * PAGE, RW);
    b.populate(DATA + PAGE, RW, Uint8Array.of(9), { pool: true });
    b.populate(DATA, RW, Uint8Array.of(1, 2, 3), { pool: true });
    assert.notEqual(a.hash(), b.hash());
    b.writeUint(DATA + PAGE, 1, 4n);
    assert.equal(a.hash(), b.hash());
    b.discard(DATA, DATA + PAGE);
    b.populate(DATA + 3n * PAGE, RW, Uint8Array.of(1, 2, 3));
    assert.notEqual(a.hash(), b.hash());
    assert.match(a.hash(), /^[0-9a-f]{16}$/);
  });

  it('tells protection and stops reading and writing at the first absent page', () => {
    const { memory } = createMachine();
    memory.populate(DATA, RW);
    memory.populate(DATA + PAGE, 1);
    assert.equal(memory.protection(DATA + 5n), RW);
    assert.equal(memory.protection(DATA + 2n * PAGE), undefined);
    assert.equal(memory.read(DATA + PAGE, 2 * PAGE_SIZE).length, PAGE_SIZE);
    assert.equal(memory.read(DATA, 2 ** 50).length, 2 * PAGE_SIZE);
    assert.equal(memory.write(DATA + 2n * PAGE - 2n, new Uint8Array(5)), 2);
    assert.equal(memory.readUint(DATA + 2n * PAGE - 4n, 8), undefined);
    assert.equal(memory.writeUint(DATA + 2n * PAGE - 4n, 8, 1n), false);
    assert.equal(memory.readUint(DATA + PAGE - 4n, 8), 0n);
  });

  it('does not pay for the size of a range, only for its pages', () => {
    const { memory } = createMachine();
    memory.populate(0x7000_0000_0000n, RW);
    assert.deepEqual(memory.presentPages(0n, 0x8000_0000_0000n), [0x7000_0000_0000n]);
    memory.protect(0n, 0x8000_0000_0000n, 1);
    assert.equal(memory.protection(0x7000_0000_0000n), 1);
    memory.discard(0n, 0x8000_0000_0000n);
    assert.equal(memory.presentCount, 0);
  });
});

describe('Generated code', () => {
  const SWAP = `
        mov (%rsi), %rax
        xchg %rax, (%rdi)
        add %rax, (%rsi)
        movups (%rsi), %xmm0
        movups %xmm0, 1(%rdi)
        push %rax
        int3`;

  it('reaches pages whose low 32 bits collide with others', () => {
    for (const place of ODD_PLACES) {
      const c = computer(SWAP);
      c.machine.memory.populate(place, RW, Uint8Array.of(7));
      c.machine.memory.writeUint(DATA, 8, 5n);
      c.cpu.setGpr(Register.rsi, place);
      c.cpu.setGpr(Register.rdi, DATA);
      c.run();
      assert.equal(c.machine.memory.readUint(place, 8), 12n, place.toString(16));
      assert.equal(c.machine.memory.readUint(DATA + 1n, 8), 12n);
    }
  });

  it('reads and writes across pages, neighbours in linear memory or not', () => {
    for (const pool of [false, true]) {
      const c = computer(SWAP);
      c.machine.memory.discard(DATA + PAGE, DATA + 2n * PAGE);
      c.machine.memory.populate(DATA + PAGE, RW, undefined, { pool });
      const at = DATA + PAGE - 5n;
      c.machine.memory.writeUint(at, 8, 0x1122_3344_5566_7788n);
      c.cpu.setGpr(Register.rsi, at);
      c.cpu.setGpr(Register.rdi, DATA + 2n * PAGE - 3n);
      c.machine.memory.writeUint(DATA + 2n * PAGE - 3n, 8, 0x10n);
      c.run();
      assert.equal(c.machine.memory.readUint(at, 8), 0x1122_3344_5566_7798n);
      assert.equal(c.machine.memory.readUint(DATA + 2n * PAGE - 2n, 8), 0x1122_3344_5566_7798n);
    }
  });

  it('does not see the machine behind the null page', () => {
    const c = computer('mov 0x80, %rax; int3');
    const stop = c.run();
    assert.ok(stop.kind === 'trap' && stop.vector === 14 && stop.address === 0x80n);
  });

  it('keeps going when its page is taken away and given back, with other content', () => {
    const c = computer(`mov $${DATA}, %esi; loop: mov (%rsi), %eax; jmp loop`);
    c.run(100);
    c.machine.memory.discard(DATA, DATA + PAGE);
    assert.deepEqual(c.run(100), { kind: 'trap', vector: 14, errorCode: 4, address: DATA });
    c.machine.memory.populate(DATA, RW, Uint8Array.of(42));
    c.run(10);
    assert.equal(c.cpu.gpr(Register.rax), 42n);
    assert.ok(c.cpu.rip >= CODE);
  });
});
