import assert from 'node:assert/strict';
import { PROFILE_IDS, resolveProfile } from '../../../src/kernel/mpx/profiles.ts';
import { DATA, DIRECTORY, MIB, NO_DIRECTORY, PAGE, Scene } from './kit.ts';

const PRCTL = 157n;
const [ENABLE, DISABLE] = [43n, 44n];
const [ENXIO, EINVAL] = [-6n, -22n];

describe('do_bounds', () => {
  const trap = (scene: Scene) => scene.serve(scene.main, { kind: 'trap', vector: 5, errorCode: 0, address: 0n });

  it('ends the process as a kernel oops when BNDSTATUS holds the reserved error code (K-30)', () => {
    const scene = new Scene('v4.1');
    scene.main.cpu.bndstatus = 3n;
    trap(scene);
    assert.equal(scene.process.oops?.function, 'do_bounds');
    assert.deepEqual(scene.process.exit, { signal: 11 });
    assert.equal(scene.main.inKernel, false);
    assert.deepEqual(scene.main.kernelFrames, []);
  });

  it('serves a missing table without a signal, and the instruction runs again', () => {
    const scene = new Scene('v5.5');
    scene.map(DATA, MIB);
    scene.main.cpu.setBnd(0, { lower: 1n, upperRaw: 2n });
    scene.bndstx(DATA + 8n, 0x55n);
    const [event] = scene.events.filter(({ kind }) => kind === 'table-allocated');
    assert.ok(event?.kind === 'table-allocated');
    const { entry, area, areaSize, table } = event;
    assert.deepEqual({ entry, area, areaSize }, { entry: scene.entryOf(DATA), area: DATA, areaSize: MIB });
    assert.equal(scene.machine.memory.readUint(table + 32n, 8), 1n);
    // The status stays until something else changes it.
    assert.equal(scene.main.cpu.bndstatus, scene.entryOf(DATA) | 2n);
  });

  it('tells the report of the kernel with the violation', () => {
    const scene = new Scene('v4.1');
    scene.main.cpu.setBnd(1, { lower: 0x1000n, upperRaw: ~0x1fffn & (2n ** 64n - 1n) });
    scene.main.cpu.setGpr(0, 0x2000n);
    scene.execute([0xf2, 0x0f, 0x1a, 0x08]);
    const [event] = scene.events.filter(({ kind }) => kind === 'bounds-violation');
    assert.ok(event?.kind === 'bounds-violation');
    const { address, lower, upper, code } = event.kernelReport ?? {};
    assert.deepEqual({ address, lower, upper, code }, { address: 0x2000n, lower: 0x1000n, upper: 0x1fffn, code: 3 });
    assert.deepEqual(scene.process.exit, { signal: 11 });
  });

  it('has steps with a label of its function and the locals it had then', () => {
    const scene = new Scene('v4.1');
    scene.map(DATA, MIB);
    scene.enterMissingTable(scene.main, DATA);
    scene.runTo(scene.main, 'allocate_bt: cmpxchg');
    const names = scene.main.kernelFrames.map(({ name }) => name);
    assert.deepEqual(names, ['do_bounds', 'mpx_handle_bd_fault', 'do_mpx_bt_fault', 'allocate_bt']);
    const { locals } = scene.main.kernelFrames[3];
    assert.equal(locals.bd_entry, scene.entryOf(DATA));
    assert.equal(locals.expected_old_val, 0n);
    assert.equal(locals.bd_new_entry, BigInt(locals.bt_addr as bigint) | 1n);
  });
});

describe('A directory that cannot be used', () => {
  it('gives the program SIGSEGV, with the trap number of an earlier fault in v4.1 (K-28)', () => {
    for (const profile of PROFILE_IDS) {
      const scene = new Scene(profile);
      scene.main.thread.trap_nr = 14;
      scene.machine.memory.populate(scene.entryOf(DATA) & ~(PAGE - 1n), 3);
      scene.machine.memory.writeUint(scene.entryOf(DATA), 8, 0x5000n);
      scene.bndstx(DATA, 0x1234n);
      assert.deepEqual(scene.process.exit, { signal: 11 });
      assert.equal(scene.main.thread.trap_nr, resolveProfile(profile).version === 'v4.1' ? 14 : 5);
      assert.equal(scene.tableBytes, 0n, 'the table that was to be installed is gone');
    }
  });

  it('has no room for a table when the limit of mappings is exceeded, and one more than it in real kernels (K-31)', () => {
    for (const profile of PROFILE_IDS) {
      const scene = new Scene(profile);
      scene.mm.sysctl_max_map_count = scene.mm.map_count;
      scene.bndstx(DATA, 0x1234n);
      assert.equal(scene.process.exit === undefined, profile !== 'ideal');
    }
  });
});

describe('prctl', () => {
  it('latches the directory of BNDCFGU, and forgets it again', () => {
    for (const profile of PROFILE_IDS) {
      const scene = new Scene(profile, { managed: false });
      scene.main.cpu.bndcfgu = DIRECTORY | 3n;
      assert.equal(scene.syscall(PRCTL, ENABLE, 0n, 0n, 0n, 0n), 0n);
      assert.equal(scene.mm.bd_addr, DIRECTORY);
      assert.equal(scene.syscall(PRCTL, DISABLE, 0n, 0n, 0n, 0n), 0n);
      assert.equal(scene.mm.bd_addr, NO_DIRECTORY);
      const management = scene.events.filter(({ kind }) => kind === 'management');
      assert.deepEqual(
        management.map((event) => event.kind === 'management' && [event.enabled, event.result]),
        [
          [true, 0],
          [false, 0],
        ],
      );
    }
  });

  it('refuses to enable without EN and forgets an earlier directory, except in `ideal` (K-23)', () => {
    for (const profile of PROFILE_IDS) {
      const scene = new Scene(profile);
      scene.main.cpu.bndcfgu = DIRECTORY;
      assert.equal(scene.syscall(PRCTL, ENABLE, 0n, 0n, 0n, 0n), ENXIO);
      assert.equal(scene.mm.bd_addr, profile === 'ideal' ? DIRECTORY : NO_DIRECTORY);
    }
  });

  it('knows neither call in a kernel built without MPX', () => {
    const { id } = resolveProfile('v4.1');
    const scene = new Scene({ profile: id, switches: { configMpx: false } });
    for (const option of [ENABLE, DISABLE]) assert.equal(scene.syscall(PRCTL, option, 0n, 0n, 0n, 0n), EINVAL);
    assert.equal(scene.mm.bd_addr, DIRECTORY);
  });

  it('refuses 32-bit programs in v4.1 for x86-64 only (K-43)', () => {
    for (const profile of PROFILE_IDS) {
      const scene = new Scene(profile);
      scene.mm.ia32 = true;
      const expected = profile === 'v4.1' ? ENXIO : 0n;
      assert.equal(scene.syscall(PRCTL, ENABLE, 0n, 0n, 0n, 0n), expected);
    }
  });
});

describe('Tables in great numbers', () => {
  it('are limited by the address space and the map count, not by the memory they would take if touched', () => {
    const scene = new Scene('v4.1');
    scene.mm.limit.max_pages = 4096;
    for (let area = 0n; area < 64n; area++) scene.bndstx(DATA + area * MIB, 0x1234n);
    assert.equal(scene.process.exit, undefined);
    assert.equal(scene.tables().size, 64);
    assert.equal(scene.tableBytes, 64n * 4n * MIB);
  });

  it('become one mapping where they touch', () => {
    const scene = new Scene('v5.5');
    const before = scene.mm.map_count;
    for (let area = 0n; area < 16n; area++) scene.bndstx(DATA + area * MIB, 0x1234n);
    assert.ok(scene.mm.map_count <= before + 1, `${scene.mm.map_count - before} areas`);
  });
});
