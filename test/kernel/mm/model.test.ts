import assert from 'node:assert/strict';
import fc from 'fast-check';
import { VM_ACCOUNT } from '../../../src/kernel/mm/vma.ts';
import { type Guest, guest, NR, peek } from '../support.ts';

/** The map as a set of pages: what every mapping operation means, without areas. */
interface Page {
  prot: number;
  /** First word of the page. */
  value: bigint;
}
type Model = Map<number, Page>;

const BASE = 0x1_0000_0000n;
const PAGES = 48;
const address = (page: number) => BASE + BigInt(page) * 4096n;

type Operation =
  | { kind: 'mmap' | 'mprotect'; page: number; count: number; prot: number }
  | { kind: 'munmap' | 'dontneed'; page: number; count: number }
  | { kind: 'write'; page: number; value: bigint }
  | { kind: 'mremap'; page: number; count: number; length: number; to: number };

const page = fc.integer({ min: 0, max: PAGES - 1 });
const count = fc.integer({ min: 1, max: 12 });
const prot = fc.constantFrom(0, 1, 3, 5);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ kind: fc.constantFrom('mmap' as const, 'mprotect' as const), page, count, prot }),
  fc.record({ kind: fc.constantFrom('munmap' as const, 'dontneed' as const), page, count }),
  fc.record({ kind: fc.constant('write' as const), page, value: fc.bigInt(1n, 1n << 60n) }),
  fc.record({
    kind: fc.constant('mremap' as const),
    page,
    count,
    length: count,
    to: fc.integer({ min: 100, max: 140 }),
  }),
);

const range = (from: number, length: number) => Array.from({ length }, (_, i) => from + i);

/** Does `operation` to the kernel and to the model. */
function apply(on: Guest, model: Model, op: Operation): void {
  switch (op.kind) {
    case 'mmap':
      assert.equal(on.call(NR.mmap, address(op.page), op.count * 4096, op.prot, 0x32, -1, 0), address(op.page));
      for (const p of range(op.page, op.count)) model.set(p, { prot: op.prot, value: 0n });
      return;
    case 'munmap':
      assert.equal(on.call(NR.munmap, address(op.page), op.count * 4096), 0n);
      for (const p of range(op.page, op.count)) model.delete(p);
      return;
    case 'dontneed': {
      const holes = range(op.page, op.count).some((p) => !model.has(p));
      assert.equal(on.call(NR.madvise, address(op.page), op.count * 4096, 4), holes ? -12n : 0n);
      for (const p of range(op.page, op.count)) if (model.has(p)) model.get(p)!.value = 0n;
      return;
    }
    case 'mprotect': {
      const end = range(op.page, op.count).findIndex((p) => !model.has(p));
      assert.equal(on.call(NR.mprotect, address(op.page), op.count * 4096, op.prot), end >= 0 ? -12n : 0n);
      for (const p of range(op.page, end < 0 ? op.count : end)) model.get(p)!.prot = op.prot;
      return;
    }
    case 'write': {
      const known = model.get(op.page);
      on.trap(14, known && on.mm.memory.protection(address(op.page)) ? 7 : 6, address(op.page));
      const allowed = known !== undefined && (known.prot & 2) !== 0;
      assert.equal(on.process.exit === undefined, allowed, 'a forbidden write kills');
      on.process.exit = undefined;
      if (!allowed) return;
      on.mm.memory.writeUint(address(op.page), 8, op.value);
      known.value = op.value;
      return;
    }
    case 'mremap': {
      const vma = on.mm.find_vma(address(op.page));
      if (!vma || vma.vm_start > address(op.page) || vma.vm_end < address(op.page + op.count)) return;
      const moved = on.call(NR.mremap, address(op.page), op.count * 4096, op.length * 4096, 3, address(op.to));
      assert.equal(moved, address(op.to));
      const old = range(op.page, op.count).map((p) => model.get(p)!);
      for (const p of range(op.page, op.count)) model.delete(p);
      for (const i of range(0, op.length)) model.set(op.to + i, { prot: old[0].prot, value: old[i]?.value ?? 0n });
    }
  }
}

/** The kernel's map page by page, after checking that it is well-formed. */
function pagesOf(on: Guest): Model {
  const model: Model = new Map();
  let last = 0n;
  let total = 0n;
  let charged = 0n;
  let previous: (typeof on.mm.vmas)[number] | undefined;
  for (const vma of on.mm.vmas) {
    assert.ok(vma.vm_start >= last && vma.vm_end > vma.vm_start, 'areas are in order and do not overlap');
    assert.equal(vma.vm_prev, previous);
    assert.equal(previous?.vm_next, previous && vma);
    total += vma.vm_end - vma.vm_start;
    if (vma.vm_flags & VM_ACCOUNT) charged += vma.vm_end - vma.vm_start;
    for (let at = vma.vm_start; at < vma.vm_end; at += 4096n) {
      const present = on.mm.memory.protection(at);
      if (present !== undefined)
        assert.equal(present, Number(vma.vm_flags & 7n), 'pages have the protection of their area');
      if (vma.vm_flags & 2n) assert.ok(vma.vm_flags & VM_ACCOUNT, 'writable memory is charged');
      model.set(Number((at - BASE) / 4096n), { prot: Number(vma.vm_flags & 7n), value: peek(on, at) ?? 0n });
    }
    last = vma.vm_end;
    previous = vma;
  }
  assert.equal(previous?.vm_next, undefined);
  assert.equal(on.mm.total_vm, total);
  assert.equal(on.mm.committed, charged);
  return model;
}

describe('The memory map', () => {
  it('does to pages what mmap, munmap, mprotect, madvise and mremap say, in any order', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
        const on = guest();
        const model: Model = new Map();
        for (const op of operations) {
          apply(on, model, op);
          const sorted = (m: Model) => [...m].sort(([a], [b]) => a - b);
          assert.deepEqual(sorted(pagesOf(on)), sorted(model));
        }
        const kept = on.mm.memory.presentPages(0n, 1n << 47n).every((at) => model.has(Number((at - BASE) / 4096n)));
        assert.ok(kept, 'no page is present without a mapping');
      }),
      { numRuns: 150 },
    );
  });
});
