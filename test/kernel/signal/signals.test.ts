import assert from 'node:assert/strict';
import { force_sig } from '../../../src/kernel/signal/send.ts';
import { type Guest, guest, mapAt, NR, peek, poke, RSP } from '../support.ts';

const DATA = 0x500000n;
const SIGUSR1 = 10;
const SIGSEGV = 11;
const SIGTERM = 15;
const SIGCHLD = 17;

function ready(): Guest {
  const on = guest();
  mapAt(on, DATA, 1);
  mapAt(on, 0x7ffe00000000n, 4);
  on.task.cpu.setGpr(RSP, 0x7ffe00003f00n);
  return on;
}

function action(on: Guest, signal: number, handler: bigint): void {
  poke(on, DATA, handler, 0x04000000n, 0x402000n, 0n);
  assert.equal(on.call(NR.rt_sigaction, signal, DATA, 0, 8), 0n);
}

function mask(on: Guest, how: number, set: bigint): bigint {
  poke(on, DATA, set);
  assert.equal(on.call(NR.rt_sigprocmask, how, DATA, DATA + 8n, 8), 0n);
  return peek(on, DATA + 8n)!;
}

describe('Signals', () => {
  it('kill by default, and the process ends with the signal', () => {
    const on = ready();
    on.call(NR.kill, 1000, SIGTERM);
    assert.deepEqual(on.process.exit, { signal: SIGTERM });
    assert.deepEqual(
      on.events.map(({ kind }) => kind),
      ['signal', 'exit'],
    );
  });

  it('are dropped when ignored, explicitly or by default', () => {
    const on = ready();
    action(on, SIGTERM, 1n);
    assert.equal(on.call(NR.kill, 1000, SIGTERM), 0n);
    assert.equal(on.call(NR.kill, 1000, SIGCHLD), 0n);
    assert.equal(on.process.exit, undefined);
  });

  it('wait while blocked, and come when unblocked', () => {
    const on = ready();
    mask(on, 0, 1n << 9n);
    on.call(NR.tgkill, 1000, 1000, SIGUSR1);
    assert.equal(on.process.exit, undefined);
    assert.equal(on.call(NR.rt_sigpending, DATA, 8), 0n);
    assert.equal(peek(on, DATA), 1n << 9n);
    poke(on, DATA, 1n << 9n);
    on.call(NR.rt_sigprocmask, 1, DATA, 0, 8);
    assert.deepEqual(on.process.exit, { signal: SIGUSR1 });
  });

  it('cannot be blocked if they are SIGKILL or SIGSTOP', () => {
    const on = ready();
    mask(on, 2, (1n << 64n) - 1n);
    assert.equal(mask(on, 0, 0n), ((1n << 64n) - 1n) & ~(1n << 8n) & ~(1n << 18n));
    poke(on, DATA, 0x1234n, 0n, 0n, 0n);
    assert.equal(on.call(NR.rt_sigaction, 9, DATA, 0, 8), -22n);
    on.call(NR.kill, 1000, 9);
    assert.deepEqual(on.process.exit, { signal: 9 });
  });

  it('that the kernel forces cannot be dodged', () => {
    const blocked = ready();
    mask(blocked, 0, 1n << 10n);
    action(blocked, SIGSEGV, 0x401000n);
    force_sig(blocked.task, SIGSEGV);
    blocked.call(NR.getpid);
    assert.deepEqual(blocked.process.exit, { signal: SIGSEGV });
    const ignored = ready();
    action(ignored, SIGSEGV, 1n);
    force_sig(ignored.task, SIGSEGV);
    ignored.call(NR.getpid);
    assert.deepEqual(ignored.process.exit, { signal: SIGSEGV });
  });

  it('of faults come before others, then by number; the last frame runs first', () => {
    const on = ready();
    action(on, SIGUSR1, 0x401000n);
    action(on, SIGSEGV, 0x402000n);
    action(on, 2, 0x403000n);
    on.task.pending.push(
      { signo: SIGUSR1, code: 0, errno: 0, address: 0n },
      { signo: 2, code: 0, errno: 0, address: 0n },
      { signo: SIGSEGV, code: 0x80, errno: 0, address: 0n },
    );
    on.call(NR.getpid);
    assert.deepEqual(
      on.events.flatMap((event) => (event.kind === 'signal' ? [event.info.signo] : [])),
      [SIGSEGV, 2, SIGUSR1],
    );
    assert.equal(on.task.cpu.rip, 0x401000n);
  });

  it('remember the old action, and report the alternate stack', () => {
    const on = ready();
    action(on, SIGUSR1, 0x401000n);
    assert.equal(on.call(NR.rt_sigaction, SIGUSR1, 0, DATA + 64n, 8), 0n);
    assert.deepEqual(
      [0n, 8n, 16n].map((o) => peek(on, DATA + 64n + o)),
      [0x401000n, 0x04000000n, 0x402000n],
    );
    poke(on, DATA, 0x600000n, 0n, 0x2000n);
    assert.equal(on.call(NR.sigaltstack, DATA, DATA + 64n), 0n);
    assert.equal(peek(on, DATA + 72n), 2n, 'there was none');
    assert.equal(on.call(NR.sigaltstack, 0, DATA + 64n), 0n);
    assert.deepEqual(
      [64n, 72n, 80n].map((o) => peek(on, DATA + o)),
      [0x600000n, 0n, 0x2000n],
    );
    poke(on, DATA, 0x600000n, 0n, 0x100n);
    assert.equal(on.call(NR.sigaltstack, DATA, 0), -12n);
    on.task.cpu.setGpr(RSP, 0x600800n);
    assert.equal(on.call(NR.sigaltstack, DATA, 0), -1n, 'not while it is in use');
  });

  it('refuse nonsense with the errors of Linux', () => {
    const on = ready();
    assert.equal(on.call(NR.rt_sigaction, 65, DATA, 0, 8), -22n);
    assert.equal(on.call(NR.rt_sigaction, SIGUSR1, DATA, 0, 4), -22n);
    assert.equal(on.call(NR.rt_sigaction, SIGUSR1, 0x10, 0, 8), -14n);
    assert.equal(on.call(NR.kill, 1000, 99), -22n);
    assert.equal(on.call(NR.kill, 4711, 0), -3n);
    assert.equal(on.call(NR.tgkill, 1000, 4711, 0), -3n);
    assert.equal(on.call(NR.rt_sigprocmask, 9, DATA, 0, 8), -22n);
  });

  /** Enters system call `number`, which waits, sends SIGUSR1 to a handler with `flags`, and says what its frame holds. */
  function interrupt(number: number, flags: bigint): { rax: bigint; rip: bigint } {
    const on = ready();
    on.input.push(undefined, undefined, undefined);
    poke(on, DATA, 0x401000n, 0x04000000n | flags, 0x402000n, 0n);
    on.call(NR.rt_sigaction, SIGUSR1, DATA, 0, 8);
    on.task.cpu.rip = 0x400802n;
    on.task.cpu.setGpr(0, BigInt(number));
    on.task.cpu.setGpr(7, 0n);
    on.task.cpu.setGpr(6, DATA);
    on.task.cpu.setGpr(2, 8n);
    on.process.enter(on.task, { kind: 'syscall' });
    on.process.finish(on.task);
    assert.equal(on.process.advance(on.task)?.blocked, true, 'the call waits');
    on.task.pending.push({ signo: SIGUSR1, code: 0, errno: 0, address: 0n });
    on.process.finish(on.task);
    assert.equal(on.task.cpu.rip, 0x401000n);
    const sc = on.task.cpu.gpr(RSP) + 48n;
    return { rax: BigInt.asIntN(64, peek(on, sc + 104n)!), rip: peek(on, sc + 128n)! };
  }

  it('interrupt a wait with EINTR, or let it start again with SA_RESTART; pause never does', () => {
    const SA_RESTART = 0x10000000n;
    const ended = { rax: -4n, rip: 0x400802n };
    assert.deepEqual(interrupt(NR.read, 0n), ended);
    assert.deepEqual(interrupt(NR.read, SA_RESTART), { rax: BigInt(NR.read), rip: 0x400800n });
    assert.deepEqual(interrupt(NR.pause, 0n), ended);
    assert.deepEqual(interrupt(NR.pause, SA_RESTART), ended);
  });
});
