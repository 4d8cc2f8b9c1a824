import assert from 'node:assert/strict';
import { Tape } from '../../../src/kernel/snapshot/tape.ts';
import { WorldSnapshots } from '../../../src/kernel/snapshot/world-snapshots.ts';
import { MemoryTree } from '../memory-tree.ts';
import { type Guest, guest, PRIVATE_ANONYMOUS } from '../support.ts';

const PAGE = 4096n;
const SHARED_ANONYMOUS = 0x21;

/** Everything that can be reached from `root`, by path: what a snapshot has to bring back. Machines are told by their memory. */
function dump(root: object): Map<string, string> {
  const places = new Map<string, string>();
  const seen = new Map<object, string>();
  const visit = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) {
      places.set(path, typeof value === 'function' ? 'function' : `${typeof value} ${String(value)}`);
      return;
    }
    const known = seen.get(value);
    places.set(path, known ?? value.constructor.name);
    if (known !== undefined) return;
    seen.set(value, path);
    if ('takeSnapshot' in value || 'setGpr' in value || 'presentPages' in value) return;
    if (value instanceof Map || value instanceof Set)
      for (const [i, item] of [...value].entries()) visit(item, `${path}<${i}>`);
    else if (ArrayBuffer.isView(value)) places.set(path, `bytes ${value}`);
    else for (const [key, item] of Object.entries(value)) visit(item, `${path}.${key}`);
  };
  visit(root, 'world');
  return places;
}

/** A program's life with everything the kernel can hold: files, pipes, events, timers, signals, shared memory. */
class Life {
  readonly guest: Guest;
  private readonly page: bigint;
  private turn = 0;

  constructor() {
    this.guest = guest({ files: new MemoryTree({ 'etc/motd': 'hello', 'home/keep': '' }) });
    this.page = this.must(9, 0, PAGE * 4n, 3, PRIVATE_ANONYMOUS, -1, 0);
  }

  private must(number: number, ...args: (bigint | number)[]): bigint {
    const result = this.guest.call(number, ...args);
    assert.ok(result >= 0n, `system call ${number}: ${result}`);
    return result;
  }

  private text(value: string): bigint {
    this.guest.trap(14, 6, this.page);
    this.guest.machine.memory.write(this.page, new TextEncoder().encode(`${value}\0`));
    return this.page;
  }

  private at(offset: bigint, words: readonly bigint[]): bigint {
    const bytes = new Uint8Array(words.length * 8);
    words.forEach((word, i) => {
      new DataView(bytes.buffer).setBigUint64(i * 8, word, true);
    });
    this.guest.machine.memory.write(this.page + offset, bytes);
    return this.page + offset;
  }

  /** The same kinds of calls each time, other names and values. */
  live(): void {
    const n = ++this.turn;
    const file = this.must(2, this.text(`/tmp/file${n}`), 0o102, 0o644);
    this.must(1, file, this.text(`content ${n}`), 9);
    this.must(72, file, 6, this.at(64n, [0x10000n, 0n, 4n, 0n])); // F_SETLK
    this.must(83, this.text(`/home/folder${n}`), 0o755);
    this.must(88, this.text('/etc/motd'), this.text(`/home/link${n}`));
    const motd = this.must(2, this.text('/etc/motd'), 0, 0);
    this.must(0, motd, this.page, n);
    this.must(22, this.page + 128n); // pipe
    const pipe = new DataView(this.guest.machine.memory.read(this.page + 128n, 8).buffer);
    this.must(1, pipe.getInt32(4, true), this.text('through the pipe'), 16);
    this.must(0, pipe.getInt32(0, true), this.page, 3);
    this.must(53, 1, 1, 0, this.page + 128n); // socketpair
    const event = this.must(290, n, 0); // eventfd2
    const poll = this.must(291, 0); // epoll_create1
    this.must(233, poll, 1, event, this.at(192n, [1n, BigInt(n)]));
    this.must(222, 1, 0, this.page + 256n); // timer_create
    const [timer] = this.guest.machine.memory.read(this.page + 256n, 1);
    this.must(223, timer, 0, this.at(320n, [5n, 0n, BigInt(n), 0n]), 0); // timer_settime
    this.must(38, 0, this.at(320n, [9n, 0n, BigInt(n), 0n]), 0); // setitimer
    this.must(13, 10 + n, this.at(384n, [0x1234n, 0x4000000n, 0x5678n, BigInt(n)]), 0, 8); // rt_sigaction
    this.must(14, 0, this.at(448n, [1n << BigInt(9 + n)]), 0, 8); // rt_sigprocmask
    this.must(62, this.guest.process.pid, 10 + n); // kill: pending
    const shared = this.must(9, 0, PAGE, 3, SHARED_ANONYMOUS, -1, 0);
    this.guest.trap(14, 6, shared);
    this.guest.machine.memory.write(shared, Uint8Array.of(n));
    this.must(80, this.text(`/home/folder${n}`)); // chdir
    this.must(35, this.at(512n, [0n, 1000n]), 0); // nanosleep: the clock moves
  }
}

describe('Snapshots of the world', () => {
  it('bring back everything the kernel holds, and what is done again comes out the same', () => {
    const life = new Life();
    const { world, machine } = life.guest.process as unknown as { world: object; machine: Guest['machine'] };
    const snapshots = new WorldSnapshots(world as ConstructorParameters<typeof WorldSnapshots>[0], new Tape(), [life]);
    const states: { dump: Map<string, string>; hash: unknown }[] = [];
    const kept = [];
    for (let i = 0; i < 4; i++) {
      states.push({ dump: dump(world), hash: machine.memory.hash() });
      kept.push(snapshots.take());
      life.live();
    }
    assert.ok(states[3].dump.size > states[1].dump.size + 100, 'there is more each time');
    assert.notDeepEqual(states[1].hash, states[2].hash);
    for (const from of [2, 0]) {
      snapshots.restore(kept[from]);
      for (let i = from; i < states.length; i++) {
        assert.deepEqual({ dump: dump(world), hash: machine.memory.hash() }, states[i], `state ${i} from ${from}`);
        life.live();
      }
    }
  });

  it('are not taken while a task is in the middle of kernel code, nor while a signal has stopped it there', () => {
    const { process, task } = guest();
    const snapshots = new WorldSnapshots(process.world, new Tape(), []);
    assert.equal(snapshots.possible, true);
    task.cpu.setGpr(0, 39n);
    process.enter(task, { kind: 'syscall' });
    assert.equal(snapshots.possible, false);
    process.finish(task);
    assert.equal(snapshots.possible, true);
    task.cpu.setGpr(0, 34n); // pause
    process.enter(task, { kind: 'syscall' });
    process.finish(task);
    assert.deepEqual([task.asleep, snapshots.possible], [true, true]);
    const { kernelFrames } = task;
    assert.equal(kernelFrames[0].name, 'do_syscall_64');
  });

  it('enter a call again that slept', () => {
    const { process, task, machine } = guest();
    const snapshots = new WorldSnapshots(process.world, new Tape(), []);
    task.cpu.setGpr(0, 34n);
    process.enter(task, { kind: 'syscall' });
    process.finish(task);
    const snapshot = snapshots.take();
    const frames = task.kernelFrames.map(({ label }) => label);
    process.removeTask(task);
    snapshots.restore(snapshot);
    process.finish(task);
    assert.deepEqual(
      task.kernelFrames.map(({ label }) => label),
      frames,
    );
    assert.equal(task.asleep, true);
    assert.equal(machine.retired, 0n);
  });
});
