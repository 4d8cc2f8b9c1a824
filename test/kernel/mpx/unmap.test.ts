import assert from 'node:assert/strict';
import { VM_READ, VM_WRITE, type VmaFields } from '../../../src/kernel/mm/vma.ts';
import { MPX } from '../../../src/kernel/mpx/constants.ts';
import { PROFILE_IDS } from '../../../src/kernel/mpx/profiles.ts';
import { DATA, DIRECTORY, MIB, PAGE, Scene } from './kit.ts';

const TABLE = MPX[64].MPX_BT_SIZE_BYTES;
const REAL = PROFILE_IDS.filter((id) => id !== 'ideal');

function install(scene: Scene, ...areas: VmaFields[]): void {
  scene.mm.install([...scene.mm.vmas, ...areas]);
}

const ordinary = (start: bigint, length: bigint): VmaFields => ({
  vm_start: start,
  vm_end: start + length,
  vm_flags: VM_READ | VM_WRITE,
  vm_pgoff: start / PAGE,
});

/** Stores bounds in the first slot of `area` and returns its table. */
function tableFor(scene: Scene, area: bigint): bigint {
  scene.bndstx(area, 0x1234n);
  return scene.entryValue(area) & ~7n;
}

function setEntry(scene: Scene, slot: bigint, value: bigint): void {
  scene.machine.memory.populate(scene.entryOf(slot) & ~(PAGE - 1n), 3);
  scene.machine.memory.writeUint(scene.entryOf(slot), 8, value);
}

describe('A table that is the last mapping of the process', () => {
  for (const profile of REAL) {
    it(`kills ${profile} when part of it is cleared (K-11)`, () => {
      const scene = new Scene(profile);
      scene.map(DATA, MIB);
      tableFor(scene, DATA);
      scene.mm.detach(scene.mm.vmas[scene.mm.vmas.length - 1], 1);
      scene.unmap(DATA, PAGE);
      assert.equal(scene.process.oops?.function, 'zap_bt_entries');
      assert.deepEqual(scene.process.exit, { signal: 9 });
      assert.ok(scene.kinds().includes('oops'));
    });
  }

  it('is nothing special to `ideal`', () => {
    const scene = new Scene('ideal');
    scene.map(DATA, MIB);
    tableFor(scene, DATA);
    scene.mm.detach(scene.mm.vmas[scene.mm.vmas.length - 1], 1);
    assert.equal(scene.unmap(DATA, PAGE), 0n);
    assert.equal(scene.process.oops, undefined);
    assert.equal(scene.machine.memory.readUint(scene.entryValue(DATA) & ~7n, 8), undefined, 'cleared');
  });
});

describe('Forged directory entries', () => {
  const victim = 0x300000000n;

  /** `count` pieces of ordinary memory, each entered as the table of the one before. */
  function chain(scene: Scene, count: number): void {
    scene.map(DATA, MIB);
    let from = DATA;
    for (let i = 0; i < count; i++) {
      const to = victim + BigInt(i) * 16n * MIB;
      install(scene, ordinary(to, TABLE));
      scene.machine.memory.writeUint(scene.entryOf(from), 8, to | 1n) || setEntry(scene, from, to | 1n);
      from = to;
    }
  }

  for (const profile of REAL) {
    it(`make ${profile} unmap ordinary memory, one after another (K-12)`, () => {
      const scene = new Scene(profile);
      chain(scene, 5);
      assert.equal(scene.unmap(DATA, MIB), 0n);
      assert.equal(scene.mm.find_vma_intersection(victim, victim + 100n * MIB), undefined);
      assert.equal(scene.kinds().filter((kind) => kind === 'table-freed').length, 5);
      assert.equal(scene.process.exit, undefined);
    });

    it(`use up the stack of ${profile} when the chain is long enough`, () => {
      const scene = new Scene(profile);
      chain(scene, 100);
      scene.unmap(DATA, MIB);
      assert.match(scene.process.oops?.reason ?? '', /stack overflow/);
      assert.deepEqual(scene.process.exit, { signal: 9 });
    });

    it(`with nothing but reserved bits are empty to ${profile} (K-13), with some of them they cannot be freed (K-14)`, () => {
      const empty = new Scene(profile);
      empty.map(DATA, MIB);
      setEntry(empty, DATA, 6n);
      empty.unmap(DATA, MIB);
      assert.equal(empty.process.exit, undefined);
      const marked = new Scene(profile);
      marked.map(DATA, MIB);
      const table = tableFor(marked, DATA);
      setEntry(marked, DATA, table | 5n);
      assert.equal(marked.unmap(DATA, MIB), 0n);
      assert.deepEqual(marked.process.exit, { signal: 11 });
      assert.equal(marked.entryValue(DATA), table | 5n);
    });
  }

  it('are left alone by `ideal`, which says so and spares the program', () => {
    for (const value of [victim | 1n, 0x5000n, 6n, (victim + 8n) | 1n]) {
      const scene = new Scene('ideal');
      scene.map(DATA, MIB);
      install(scene, ordinary(victim, TABLE));
      setEntry(scene, DATA, value);
      assert.equal(scene.unmap(DATA, MIB), 0n);
      assert.equal(scene.process.exit, undefined);
      assert.equal(scene.entryValue(DATA), value);
      assert.ok(scene.mm.find_vma_intersection(victim, victim + 1n));
      assert.equal(scene.kinds().filter((kind) => kind === 'table-failed').length, 1);
    }
  });

  it('with reserved bits beside a real table are freed by `ideal`', () => {
    const scene = new Scene('ideal');
    scene.map(DATA, MIB);
    setEntry(scene, DATA, tableFor(scene, DATA) | 7n);
    scene.unmap(DATA, MIB);
    assert.equal(scene.entryValue(DATA), 0n);
    assert.equal(scene.tableBytes, 0n);
  });

  it('do not keep `ideal` from the other areas of the range', () => {
    const scene = new Scene('ideal');
    scene.map(DATA, 3n * MIB);
    tableFor(scene, DATA);
    tableFor(scene, DATA + 2n * MIB);
    scene.machine.memory.writeUint(scene.entryOf(DATA + MIB), 8, 0x5000n);
    scene.unmap(DATA, 3n * MIB);
    assert.deepEqual(scene.tables(), new Map());
    assert.equal(scene.tableBytes, 0n);
  });
});

describe('A range with a bounds table in it', () => {
  function unmapWithTable(profile: (typeof PROFILE_IDS)[number]): Scene {
    const scene = new Scene(profile);
    scene.map(DATA, MIB);
    scene.mm.mmap_base = DATA + 16n * MIB;
    tableFor(scene, DATA);
    scene.unmap(DATA, 16n * MIB);
    return scene;
  }

  for (const profile of REAL) {
    it(`keeps ${profile} from freeing anything, so an entry leads nowhere (K-10)`, () => {
      const scene = unmapWithTable(profile);
      assert.equal(scene.tableBytes, 0n);
      assert.notEqual(scene.entryValue(DATA), 0n);
      assert.equal(scene.kinds().includes('table-freed'), false);
    });
  }

  it('is unmapped by `ideal` without a signal, its own table first or not', () => {
    const scene = unmapWithTable('ideal');
    assert.equal(scene.tableBytes, 0n);
    assert.equal(scene.process.exit, undefined);
  });
});

describe('A table that cannot be unmapped', () => {
  /** Two tables that became one area, in a full memory map. */
  function full(profile: (typeof PROFILE_IDS)[number]): Scene {
    const scene = new Scene(profile);
    scene.map(DATA, MIB);
    for (const area of [8n, 16n, 24n]) {
      scene.map(DATA + area * MIB, MIB);
      tableFor(scene, DATA + area * MIB);
    }
    scene.mm.sysctl_max_map_count = scene.mm.map_count - 1;
    return scene;
  }

  it('is lost, with a SIGSEGV, because its entry is cleared already (K-24)', () => {
    const scene = full('v4.1');
    const middle = DATA + 16n * MIB;
    assert.equal(scene.unmap(middle, MIB), 0n);
    assert.equal(scene.entryValue(middle), 0n);
    assert.equal(scene.tableBytes, 3n * TABLE);
    assert.deepEqual(scene.process.exit, { signal: 11 });
  });

  it('gets its entry back from `ideal`', () => {
    const scene = full('ideal');
    const middle = DATA + 16n * MIB;
    assert.equal(scene.unmap(middle, MIB), 0n);
    assert.notEqual(scene.entryValue(middle), 0n);
    assert.equal(scene.process.exit, undefined);
  });
});

describe('The bounds directory', () => {
  it('can be unmapped while it is in use; that and every later munmap is SIGSEGV', () => {
    const scene = new Scene('v4.1');
    scene.map(DATA, MIB);
    assert.equal(scene.unmap(DIRECTORY, MPX[64].MPX_BD_SIZE_BYTES), 0n);
    assert.deepEqual(scene.process.exit, { signal: 11 });
    scene.process.exit = undefined;
    assert.equal(scene.unmap(DATA, MIB), 0n);
    assert.deepEqual(scene.process.exit, { signal: 11 });
  });

  it('beyond user space makes every munmap SIGSEGV', () => {
    const scene = new Scene('v4.19');
    scene.map(DATA, MIB);
    scene.mm.bd_addr = 0xffff800000000000n;
    assert.equal(scene.unmap(DATA, MIB), 0n);
    assert.deepEqual(scene.process.exit, { signal: 11 });
  });

  it('is not walked where nothing of it was ever touched: unmapping a terabyte is quick', () => {
    for (const profile of PROFILE_IDS) {
      const scene = new Scene(profile);
      scene.map(DATA, MIB);
      tableFor(scene, DATA);
      const before = scene.machine.memory.presentCount;
      assert.equal(scene.unmap(0x10000000n, 0x80000000000n), 0n);
      assert.deepEqual(scene.tables(), new Map());
      assert.ok(scene.machine.memory.presentCount < before + 10, 'no directory page was made for it');
    }
  });

  it('that was switched is cleaned by `ideal`, while the others keep to the old one (K-42)', () => {
    const second = DIRECTORY + 0x80000000n;
    for (const profile of PROFILE_IDS) {
      const scene = new Scene(profile);
      scene.map(DATA, MIB);
      install(scene, { ...ordinary(second, 0x80000000n), vm_flags: VM_READ | VM_WRITE | 0x200000n });
      scene.main.cpu.bndcfgu = second | 1n;
      scene.bndstx(DATA, 0x1234n);
      const entry = second + (DATA / MIB) * 8n;
      assert.equal((scene.machine.memory.readUint(entry, 8) ?? 0n) & 1n, 1n, 'faults go by BNDCFGU');
      scene.unmap(DATA, MIB);
      assert.equal(scene.machine.memory.readUint(entry, 8) === 0n, profile === 'ideal');
    }
  });
});
