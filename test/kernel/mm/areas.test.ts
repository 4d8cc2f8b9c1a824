import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mapsText } from '../../../src/kernel/mm/maps.ts';
import { FIXED, guest, mapAt, NR, PRIVATE_ANONYMOUS, poke, RW } from '../support.ts';

const areas = (on: ReturnType<typeof guest>) => on.mm.vmas.map((vma) => [vma.vm_start, vma.vm_end]);

describe('Areas', () => {
  it('are found by the lowest end above an address', () => {
    const on = guest();
    mapAt(on, 0x100000n, 1);
    mapAt(on, 0x200000n, 1);
    assert.equal(on.mm.find_vma(0n)?.vm_start, 0x100000n);
    assert.equal(on.mm.find_vma(0x100fffn)?.vm_start, 0x100000n);
    assert.equal(on.mm.find_vma(0x101000n)?.vm_start, 0x200000n);
    assert.equal(on.mm.find_vma(0x201000n), undefined);
    assert.equal(on.mm.find_vma_prev(0x300000n).prev?.vm_start, 0x200000n);
  });

  it('merge with neighbours of the same kind and split where a part changes', () => {
    const on = guest();
    mapAt(on, 0x100000n, 4);
    mapAt(on, 0x104000n, 4);
    assert.deepEqual(areas(on), [[0x100000n, 0x108000n]]);
    on.call(NR.mprotect, 0x102000, 0x2000, 1);
    assert.equal(on.mm.map_count, 3);
    on.call(NR.mprotect, 0x102000, 0x2000, RW);
    assert.deepEqual(areas(on), [[0x100000n, 0x108000n]]);
  });

  it('stay apart when both have been touched before they met', () => {
    const on = guest();
    mapAt(on, 0x100000n, 1);
    mapAt(on, 0x102000n, 1);
    on.trap(14, 6, 0x100000n);
    on.trap(14, 6, 0x102000n);
    mapAt(on, 0x101000n, 1);
    assert.deepEqual(areas(on), [
      [0x100000n, 0x102000n],
      [0x102000n, 0x103000n],
    ]);
  });

  it('are placed from the top down, below what is there, in the first gap that is wide enough', () => {
    const on = guest();
    const first = on.call(NR.mmap, 0, 0x3000, RW, PRIVATE_ANONYMOUS, -1, 0);
    assert.equal(first, on.mm.mmap_base - 0x3000n);
    const second = on.call(NR.mmap, 0, 0x1000, 1, PRIVATE_ANONYMOUS, -1, 0);
    assert.equal(second, first - 0x1000n);
    on.call(NR.munmap, first, 0x2000);
    assert.equal(on.call(NR.mmap, 0, 0x3000, RW, PRIVATE_ANONYMOUS, -1, 0), second - 0x3000n);
    assert.equal(on.call(NR.mmap, 0, 0x2000, RW, PRIVATE_ANONYMOUS, -1, 0), first);
  });

  it('are placed in the highest gap that is wide enough, whatever was mapped and unmapped before', () => {
    const step = fc.record({ map: fc.boolean(), at: fc.nat(40), pages: fc.integer({ min: 1, max: 6 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const on = guest();
        const top = on.mm.mmap_base;
        const used = new Set<number>();
        for (const { map, at, pages } of steps) {
          if (!map) {
            on.call(NR.munmap, top - BigInt(at + pages) * 4096n, pages * 4096);
            for (let i = 0; i < pages; i++) used.delete(at + i);
            continue;
          }
          let expected = 0;
          while (Array.from({ length: pages }, (_, i) => expected + i).some((page) => used.has(page))) expected++;
          const placed = on.call(NR.mmap, 0, pages * 4096, at & 1 ? RW : 1, PRIVATE_ANONYMOUS, -1, 0);
          assert.equal(placed, top - BigInt(expected + pages) * 4096n);
          for (let i = 0; i < pages; i++) used.add(expected + i);
        }
      }),
    );
  });

  it('are placed at a hint if that is free, else as without one', () => {
    const on = guest();
    assert.equal(on.call(NR.mmap, 0x500000, 0x1000, RW, PRIVATE_ANONYMOUS, -1, 0), 0x500000n);
    assert.equal(on.call(NR.mmap, 0x500000, 0x1000, RW, PRIVATE_ANONYMOUS, -1, 0), on.mm.mmap_base - 0x1000n);
  });

  it('refuse what Linux refuses', () => {
    const on = guest();
    assert.equal(on.call(NR.mmap, 0, 0, RW, PRIVATE_ANONYMOUS, -1, 0), -22n);
    assert.equal(on.call(NR.mmap, 0x1001, 0x1000, RW, PRIVATE_ANONYMOUS | FIXED, -1, 0), -22n);
    assert.equal(on.call(NR.mmap, 0x1000, 0x1000, RW, PRIVATE_ANONYMOUS | FIXED, -1, 0), -1n);
    assert.equal(on.call(NR.mmap, 0, 1n << 47n, RW, PRIVATE_ANONYMOUS, -1, 0), -12n);
    assert.equal(on.call(NR.mmap, 0, (1n << 64n) - 1n, RW, PRIVATE_ANONYMOUS, -1, 0), -12n);
    assert.equal(on.call(NR.mmap, 0, 0x1000, RW, 2, 7, 0), -9n);
    assert.equal(on.call(NR.munmap, 0x1001, 0x1000), -22n);
    assert.equal(on.call(NR.munmap, 0x1000, 0), -22n);
    assert.equal(on.call(NR.munmap, 0x1000, 0x1000), 0n);
    assert.equal(on.call(NR.munmap, 0x7fffffffe000n, 0x2000), -22n);
  });

  it('refuse to split when the map count has reached its limit', () => {
    const on = guest();
    mapAt(on, 0x100000n, 3);
    on.mm.sysctl_max_map_count = 1;
    assert.equal(on.call(NR.munmap, 0x101000, 0x1000), -12n);
    assert.deepEqual(areas(on), [[0x100000n, 0x103000n]]);
    assert.equal(on.call(NR.munmap, 0x100000, 0x1000), 0n);
  });

  it('read as /proc/PID/maps shows them', () => {
    const on = guest();
    mapAt(on, 0x100000n, 1);
    mapAt(on, 0x7ffe00000000n, 2, 5);
    on.mm.start_stack = 0x7ffe00000010n;
    const lines = mapsText(on.mm).split('\n');
    assert.equal(lines[0], '00100000-00101000 rw-p 00000000 00:00 0 ');
    assert.equal(lines[1], `${'7ffe00000000-7ffe00002000 r-xp 00000000 00:00 0 '.padEnd(73)}[stack]`);
  });

  it('keep the limit of memory: mappings fail with ENOMEM and say so, reservations do not count', () => {
    const on = guest();
    on.mm.limit.max_pages = 16;
    assert.equal(on.call(NR.mmap, 0, 17 * 4096, RW, PRIVATE_ANONYMOUS, -1, 0), -12n);
    assert.deepEqual(
      on.events.map(({ kind }) => kind),
      ['memory-limit'],
    );
    assert.ok(on.call(NR.mmap, 0, 1n << 31n, RW, PRIVATE_ANONYMOUS, -1, 0) > 0n);
    assert.ok(on.call(NR.mmap, 0, 16 * 4096, RW, PRIVATE_ANONYMOUS, -1, 0) > 0n);
  });

  it('tell mincore which pages have been touched', () => {
    const on = guest();
    mapAt(on, 0x100000n, 4);
    mapAt(on, 0x200000n, 1);
    on.trap(14, 6, 0x102000n);
    assert.equal(on.call(NR.mincore, 0x100000, 0x4000, 0x200000), 0n);
    assert.deepEqual([...on.mm.memory.read(0x200000n, 4)], [0, 0, 1, 0]);
    assert.equal(on.call(NR.mincore, 0x104000, 0x1000, 0x200000), -12n);
  });

  it('let the heap grow and shrink by brk, and keep a page free above it', () => {
    const on = guest();
    on.mm.start_brk = 0x500000n;
    on.mm.brk = 0x500000n;
    assert.equal(on.call(NR.brk, 0), 0x500000n);
    assert.equal(on.call(NR.brk, 0x503010), 0x503010n);
    poke(on, 0x503008n, 7n);
    assert.equal(mapsText(on.mm).includes('[heap]'), true);
    assert.equal(on.call(NR.brk, 0x501000), 0x501000n);
    assert.equal(on.mm.memory.protection(0x503000n), undefined);
    mapAt(on, 0x504000n, 1);
    assert.equal(on.call(NR.brk, 0x503010), 0x501000n);
    assert.equal(on.call(NR.brk, 0x502010), 0x502010n);
  });
});
