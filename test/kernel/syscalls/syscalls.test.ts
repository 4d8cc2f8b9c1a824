import assert from 'node:assert/strict';
import { MemoryTree } from '../memory-tree.ts';
import { type Guest, guest, mapAt, NR, peek, poke } from '../support.ts';

const DATA = 0x500000n;

function ready(options?: Parameters<typeof guest>[0]): Guest {
  const on = guest(options);
  mapAt(on, DATA, 4);
  return on;
}

function pokeText(on: Guest, at: bigint, text: string): void {
  poke(on, at & ~0xfffn, peek(on, at & ~0xfffn) ?? 0n);
  on.mm.memory.write(at, new TextEncoder().encode(`${text}\0`));
}

const textAt = (on: Guest, at: bigint, length: number) => new TextDecoder().decode(on.mm.memory.read(at, length));

describe('System calls', () => {
  it('that are unknown give ENOSYS and one event for each number', () => {
    const on = ready();
    assert.equal(on.call(170, 1, 2, 3), -38n);
    assert.equal(on.call(170), -38n);
    assert.equal(on.call(101), -38n, 'ptrace');
    assert.deepEqual(
      on.events.map((event) => event.kind === 'syscall-unknown' && [event.number, event.args[0]]),
      [
        [170, 1n],
        [101, 1n],
      ],
    );
    assert.equal(on.process.unimplemented.length, 2);
    assert.equal(on.call(400), -38n, 'later than 4.1: as that kernel answers');
    assert.equal(on.process.unimplemented.length, 2);
    assert.equal(on.call(1 << 30), -38n);
    assert.equal(on.process.unimplemented.length, 3, 'a number no release has is the program’s mistake');
  });

  it('write to standard output and standard error, byte for byte', () => {
    const on = ready();
    pokeText(on, DATA, 'hello');
    assert.equal(on.call(NR.write, 1, DATA, 5), 5n);
    assert.equal(on.call(NR.write, 2, DATA + 1n, 2), 2n);
    assert.equal(on.call(NR.write, 7, DATA, 1), -9n);
    assert.equal(on.call(NR.write, 0, DATA, 1), -9n);
    assert.equal(on.call(NR.write, 1, 0x10, 1), -14n);
    assert.deepEqual(on.written, [
      { fd: 1, text: 'hello' },
      { fd: 2, text: 'el' },
    ]);
  });

  it('write up to the first byte that cannot be read', () => {
    const on = ready();
    pokeText(on, DATA + 0x3ffcn, 'abc');
    assert.equal(on.call(NR.write, 1, DATA + 0x3ffcn, 100), 4n);
  });

  it('write the pieces of an iovec', () => {
    const on = ready();
    pokeText(on, DATA + 0x100n, 'one');
    pokeText(on, DATA + 0x200n, 'two');
    poke(on, DATA, DATA + 0x100n, 3n, 0n, 0n, DATA + 0x200n, 3n);
    assert.equal(on.call(NR.writev, 1, DATA, 3), 6n);
    assert.equal(on.written.map(({ text }) => text).join(''), 'onetwo');
    assert.equal(on.call(NR.writev, 1, DATA, 2000), -22n);
  });

  it('read standard input, waiting until there is some, to its end', () => {
    const on = ready();
    on.input.push(undefined, undefined, new TextEncoder().encode('xyz'));
    on.task.cpu.setGpr(0, 0n);
    on.task.cpu.setGpr(7, 0n);
    on.task.cpu.setGpr(6, DATA);
    on.task.cpu.setGpr(2, 10n);
    on.process.enter(on.task, { kind: 'syscall' });
    on.process.finish(on.task);
    assert.equal(on.task.inKernel, true, 'the task waits in the kernel');
    assert.equal(on.task.kernelFrames.map(({ name }) => name).join(' '), 'do_syscall_64 sys_read vfs_read');
    on.process.finish(on.task);
    assert.equal(on.task.inKernel, true);
    on.process.finish(on.task);
    assert.equal(on.task.inKernel, false);
    assert.equal(on.task.cpu.gpr(0), 3n);
    assert.equal(textAt(on, DATA, 3), 'xyz');
    assert.equal(on.call(NR.read, 0, DATA, 10), 0n);
  });

  it('open files of the host, and write over them in memory only', () => {
    const files = new MemoryTree({ 'dir/file': 'content' });
    const on = ready({ files });
    pokeText(on, DATA, '/dir/../dir/./file');
    const fd = on.call(NR.openat, -100, DATA, 0);
    assert.equal(fd, 3n);
    assert.equal(on.call(NR.read, fd, DATA + 0x100n, 4), 4n);
    assert.equal(textAt(on, DATA + 0x100n, 4), 'cont');
    assert.equal(on.call(NR.lseek, fd, -2, 2), 5n);
    assert.equal(on.call(NR.read, fd, DATA + 0x100n, 100), 2n);
    assert.equal(on.call(NR.fstat, fd, DATA + 0x200n), 0n);
    assert.equal(peek(on, DATA + 0x230n), 7n);
    assert.equal(on.call(NR.close, fd), 0n);
    assert.equal(on.call(NR.close, fd), -9n);
    assert.equal(on.call(NR.openat, -100, DATA, 2), 3n);
    pokeText(on, DATA + 0x100n, 'CON');
    assert.equal(on.call(NR.write, 3, DATA + 0x100n, 3), 3n);
    assert.deepEqual(on.process.world.fileSystem.changes(), [{ path: '/dir/file', what: 'changed', size: 7 }]);
    assert.equal(new TextDecoder().decode(files.read(['dir', 'file'])), 'content');
    pokeText(on, DATA, '/absent');
    assert.equal(on.call(NR.open, DATA, 0), -2n);
    assert.equal(on.call(NR.open, 0x10, 0), -14n);
  });

  it('open what the kernel itself makes: devices and the memory map', () => {
    const on = ready();
    pokeText(on, DATA, '/dev/zero');
    assert.equal(on.call(NR.open, DATA, 2), 3n);
    poke(on, DATA + 0x100n, -1n & 0xffffffffffffffffn);
    assert.equal(on.call(NR.read, 3, DATA + 0x100n, 8), 8n);
    assert.equal(peek(on, DATA + 0x100n), 0n);
    pokeText(on, DATA, '/proc/self/maps');
    assert.equal(on.call(NR.open, DATA, 0), 4n);
    const length = on.call(NR.read, 4, DATA + 0x100n, 200);
    assert.equal(textAt(on, DATA + 0x100n, Number(length)), '00500000-00504000 rw-p 00000000 00:00 0 \n');
  });

  it('tell the program’s own path', () => {
    const on = ready();
    on.process.image.path = '/bin/prog';
    pokeText(on, DATA, '/proc/self/exe');
    assert.equal(on.call(NR.readlink, DATA, DATA + 0x100n, 100), 9n);
    assert.equal(textAt(on, DATA + 0x100n, 9), '/bin/prog');
  });

  it('set and tell the segment bases', () => {
    const on = ready();
    assert.equal(on.call(NR.arch_prctl, 0x1002, 0x123456), 0n);
    assert.equal(on.task.cpu.fsBase, 0x123456n);
    assert.equal(on.call(NR.arch_prctl, 0x1003, DATA), 0n);
    assert.equal(peek(on, DATA), 0x123456n);
    assert.equal(on.call(NR.arch_prctl, 0x1002, 1n << 47n), -1n);
  });

  it('name the release of the profile', () => {
    for (const [kernel, release] of [
      ['v4.1', '4.1.0'],
      ['v4.19', '4.19.191'],
      ['v5.5', '5.5.0'],
      ['ideal', '5.5.0'],
    ] as const) {
      const on = ready({ kernel });
      assert.equal(on.call(NR.uname, DATA), 0n);
      assert.equal(textAt(on, DATA + 130n, release.length + 1), `${release}\0`);
    }
  });

  it('count time in instructions and sleep by letting the clock run on', () => {
    const on = ready();
    const clock = (id: number) => {
      assert.equal(on.call(NR.clock_gettime, id, DATA), 0n);
      return peek(on, DATA)! * 1_000_000_000n + peek(on, DATA + 8n)!;
    };
    const before = clock(1);
    assert.equal(clock(0) - before, 1_500_000_000n * 1_000_000_000n);
    poke(on, DATA + 64n, 2n, 5n);
    assert.equal(on.call(NR.nanosleep, DATA + 64n, 0), 0n);
    assert.equal(clock(1) - before, 2_000_000_005n);
    poke(on, DATA + 64n, 0n, 1_000_000_000n);
    assert.equal(on.call(NR.nanosleep, DATA + 64n, 0), -22n);
    assert.equal(on.call(NR.clock_gettime, 99, DATA), -22n);
  });

  it('take random bytes from the inputs', () => {
    const on = ready();
    assert.equal(on.call(NR.getrandom, DATA, 8, 0), 8n);
    assert.equal(peek(on, DATA), 0x0807060504030201n);
  });

  it('tell and set limits', () => {
    const on = ready();
    assert.equal(on.call(NR.prlimit64, 0, 3, 0, DATA), 0n);
    assert.equal(peek(on, DATA), 8n << 20n);
    poke(on, DATA, 0x6000n, 0x6000n);
    assert.equal(on.call(NR.prlimit64, 0, 9, DATA, 0), 0n);
    assert.equal(on.call(NR.mmap, 0, 0x3000, 3, 0x22, -1, 0), -12n, 'RLIMIT_AS');
    assert.equal(on.call(NR.prlimit64, 0, 99, 0, DATA), -22n);
  });

  it('refuse prctl 43 and 44 with further arguments', () => {
    const on = ready();
    assert.equal(on.call(NR.prctl, 43, 0, 0, 0, 1), -22n);
    assert.equal(on.call(NR.prctl, 43, 0, 0, 0, 0), -6n, 'MPX is off');
    assert.equal(on.call(NR.prctl, 44, 0, 0, 0, 0), 0n);
    const without = ready({ kernel: { profile: 'v5.5', switches: { configMpx: false } } });
    assert.equal(without.call(NR.prctl, 44, 0, 0, 0, 0), -22n);
  });

  it('end the process with eight bits of status', () => {
    const on = ready();
    on.call(NR.exit_group, 0x1ff);
    assert.deepEqual(on.process.exit, { code: 255 });
    assert.deepEqual(on.events.at(-1)?.kind, 'exit');
    on.process.enter(on.task, { kind: 'syscall' });
    assert.equal(on.process.advance(on.task), undefined, 'a dead process does nothing');
  });

  it('survive any arguments: every number, wild values', function () {
    this.timeout(180_000);
    let state = 42;
    const random = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const wild = (): bigint => {
      const values = [
        0n,
        1n,
        -1n,
        DATA,
        DATA + 0xffcn,
        0x7ffffffff000n,
        1n << 47n,
        1n << 63n,
        -4096n,
        4096n,
        0x10n,
        8n,
        3n,
        43n,
      ];
      return random(3) === 0 ? BigInt(random(2 ** 31)) << BigInt(random(33)) : values[random(values.length)];
    };
    let on = ready();
    for (let round = 0; round < 8000; round++) {
      const number = random(10) === 0 ? random(500) : Object.values(NR)[random(Object.values(NR).length)];
      on.task.cpu.setGpr(0, BigInt(number));
      for (const register of [7, 6, 2, 10, 8, 9]) on.task.cpu.setGpr(register, BigInt.asUintN(64, wild()));
      on.process.enter(on.task, { kind: 'syscall' });
      on.process.finish(on.task);
      if (on.process.exit || on.task.inKernel || round % 200 === 0) on = ready();
    }
  });
});
