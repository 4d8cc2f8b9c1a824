import assert from 'node:assert/strict';
import { type Guest, guest, mapAt, NR, peek, poke, RSP } from '../support.ts';

const STACK = 0x7ffe00000000n;
const HANDLER = 0x401000n;
const RESTORER = 0x402000n;
const ACTION = 0x500000n;
const SIGUSR1 = 10;
const SIGSEGV = 11;
const [SA_SIGINFO, SA_RESTORER, SA_ONSTACK, SA_NODEFER, SA_RESETHAND] = [
  4n,
  0x04000000n,
  0x08000000n,
  0x40000000n,
  0x80000000n,
];
const XSTATE = 1088n;

/** A guest with a stack, in the middle of something: every register tells. */
function busy(options?: Parameters<typeof guest>[0]): Guest {
  const on = guest(options);
  mapAt(on, STACK, 16);
  mapAt(on, ACTION, 1);
  for (let r = 0; r < 16; r++) on.task.cpu.setGpr(r, 0x1000n + BigInt(r));
  on.task.cpu.setGpr(RSP, STACK + 0xff38n);
  on.task.cpu.rip = 0x400123n;
  return on;
}

function handle(on: Guest, signal: number, flags = SA_SIGINFO | SA_RESTORER, mask = 0n, handler = HANDLER): void {
  poke(on, ACTION, handler, flags, RESTORER, mask);
  const saved = on.task.cpu.save();
  assert.equal(on.call(NR.rt_sigaction, signal, ACTION, 0, 8), 0n);
  on.task.cpu.restore(saved);
}

/** Sends the task a signal with its registers as they are. */
function send(on: Guest, signal: number): void {
  on.task.pending.push({ signo: signal, code: -6, errno: 0, address: 0n, pid: 1000, uid: 0 });
  on.process.enter(on.task, { kind: 'pause' });
  on.process.finish(on.task);
}

const half = (on: Guest, at: bigint) => Number(on.mm.memory.readUint(at, 4));
const short = (on: Guest, at: bigint) => Number(on.mm.memory.readUint(at, 2));

describe('The frame of a signal handler', () => {
  it('lies where Linux puts it: red zone, XSAVE image, frame', () => {
    const on = busy();
    handle(on, SIGUSR1);
    const rsp = on.task.cpu.gpr(RSP);
    send(on, SIGUSR1);
    const image = (rsp - 128n - (XSTATE + 4n)) & ~63n;
    const frame = ((image - 440n) & ~15n) - 8n;
    assert.equal(on.task.cpu.gpr(RSP), frame);
    assert.equal(peek(on, frame), RESTORER);
    assert.equal(peek(on, frame + 8n + 40n + 184n), image);
  });

  it('enters the handler with its arguments, AX 0, and TF, DF and RF clear', () => {
    const on = busy();
    handle(on, SIGUSR1);
    on.task.cpu.rflags = 0x202n | 0x400n | 0x100n | 0x41n;
    send(on, SIGUSR1);
    const { cpu } = on.task;
    const frame = cpu.gpr(RSP);
    assert.equal(cpu.rip, HANDLER);
    assert.equal(cpu.gpr(7), BigInt(SIGUSR1));
    assert.equal(cpu.gpr(6), frame + 8n + 304n);
    assert.equal(cpu.gpr(2), frame + 8n);
    assert.equal(cpu.gpr(0), 0n);
    assert.equal(cpu.rflags, 0x243n);
    assert.equal(cpu.gpr(3), 0x1003n, 'the others are left alone');
  });

  it('holds the registers in the order of sigcontext', () => {
    const on = busy();
    handle(on, SIGUSR1);
    const rsp = on.task.cpu.gpr(RSP);
    send(on, SIGUSR1);
    const sc = on.task.cpu.gpr(RSP) + 8n + 40n;
    const order = [8, 9, 10, 11, 12, 13, 14, 15, 7, 6, 5, 3, 2, 0, 1];
    assert.deepEqual(
      order.map((_, i) => peek(on, sc + BigInt(8 * i))),
      order.map((r) => 0x1000n + BigInt(r)),
    );
    assert.equal(peek(on, sc + 120n), rsp);
    assert.equal(peek(on, sc + 128n), 0x400123n);
    assert.equal(peek(on, sc + 136n), 0x202n);
    assert.deepEqual(
      [0n, 2n, 4n, 6n].map((o) => short(on, sc + 144n + o)),
      [0x33, 0, 0, 0x2b],
    );
  });

  it('carries trap number, error code and address of the fault, and RF in the saved flags', () => {
    const on = busy();
    handle(on, SIGSEGV);
    on.trap(14, 6, 0xdead000n);
    const frame = on.task.cpu.gpr(RSP);
    const sc = frame + 8n + 40n;
    assert.deepEqual(
      [152n, 160n, 176n].map((o) => peek(on, sc + o)),
      [6n, 14n, 0xdead000n],
    );
    assert.equal(peek(on, sc + 136n), 0x10202n);
    const info = frame + 8n + 304n;
    assert.deepEqual(
      [0n, 4n, 8n].map((o) => half(on, info + o)),
      [SIGSEGV, 0, 1],
    );
    assert.equal(peek(on, info + 16n), 0xdead000n);
  });

  it('keeps the thread’s last trap words for a signal that is no fault', () => {
    const on = busy();
    handle(on, SIGUSR1);
    handle(on, SIGSEGV);
    on.trap(14, 6, 0xdead000n);
    send(on, SIGUSR1);
    assert.equal(peek(on, on.task.cpu.gpr(RSP) + 8n + 40n + 160n), 14n);
  });

  it('has the software bytes and the second magic word', () => {
    const on = busy();
    handle(on, SIGUSR1);
    on.task.cpu.setBnd(1, { lower: 5n, upperRaw: 9n });
    on.task.cpu.bndcfgu = 0x7f0000000003n;
    on.task.cpu.bndstatus = 0x7f0000001002n;
    send(on, SIGUSR1);
    const image = peek(on, on.task.cpu.gpr(RSP) + 8n + 40n + 184n)!;
    assert.equal(half(on, image + 464n), 0x46505853);
    assert.equal(half(on, image + 468n), 1092);
    assert.equal(peek(on, image + 472n), 0x1bn);
    assert.equal(half(on, image + 480n), 1088);
    assert.equal(half(on, image + 1088n), 0x46505845);
    assert.equal(peek(on, image + 512n), 0x1bn, 'XSTATE_BV');
    assert.equal(peek(on, image + 520n), 0n);
    assert.deepEqual(
      [976n, 984n, 1024n, 1032n].map((o) => peek(on, image + o)),
      [5n, 9n, 0x7f0000000003n, 0x7f0000001002n],
    );
  });

  it('says x87 and SSE are present even when nothing is in use', () => {
    const on = busy();
    handle(on, SIGUSR1);
    send(on, SIGUSR1);
    const image = peek(on, on.task.cpu.gpr(RSP) + 8n + 40n + 184n)!;
    assert.equal(peek(on, image + 512n), 3n);
  });

  it('turns MPX off for the handler', () => {
    const on = busy();
    handle(on, SIGUSR1);
    on.task.cpu.setBnd(0, { lower: 5n, upperRaw: 9n });
    on.task.cpu.bndcfgu = 0x7f0000000001n;
    on.task.cpu.bndstatus = 1n;
    send(on, SIGUSR1);
    assert.equal(on.task.cpu.bndcfgu, 0n);
    assert.equal(on.task.cpu.bndstatus, 0n);
    assert.deepEqual(on.task.cpu.bnd(0), { lower: 0n, upperRaw: 0n });
  });

  it('has uc_flags 1 in v4.1 and 7 later', () => {
    for (const [kernel, flags] of [
      ['v4.1', 1n],
      ['v4.19', 7n],
      ['v5.5', 7n],
    ] as const) {
      const on = busy({ kernel });
      handle(on, SIGUSR1);
      send(on, SIGUSR1);
      assert.equal(peek(on, on.task.cpu.gpr(RSP) + 8n), flags);
    }
  });

  it('uses the alternate stack without a red zone, once', () => {
    const on = busy();
    const alternate = 0x7ffd00000000n;
    mapAt(on, alternate, 4);
    handle(on, SIGUSR1, SA_SIGINFO | SA_RESTORER | SA_ONSTACK | SA_NODEFER);
    on.task.sas = { ss_sp: alternate, ss_size: 0x4000n, ss_flags: 0 };
    send(on, SIGUSR1);
    const image = (alternate + 0x4000n - (XSTATE + 4n)) & ~63n;
    const frame = ((image - 440n) & ~15n) - 8n;
    assert.equal(on.task.cpu.gpr(RSP), frame);
    send(on, SIGUSR1);
    assert.equal(
      on.task.cpu.gpr(RSP),
      ((((frame - 128n - 1092n) & ~63n) - 440n) & ~15n) - 8n,
      'nested: below, on the same stack',
    );
  });

  it('is a SIGSEGV when it would run off the alternate stack', () => {
    const on = busy();
    const alternate = 0x7ffd00001000n;
    mapAt(on, alternate - 0x1000n, 4);
    handle(on, SIGUSR1, SA_SIGINFO | SA_RESTORER | SA_ONSTACK | SA_NODEFER);
    on.task.sas = { ss_sp: alternate, ss_size: 0x800n, ss_flags: 0 };
    send(on, SIGUSR1);
    assert.equal(on.process.exit, undefined);
    send(on, SIGUSR1);
    assert.deepEqual(on.process.exit, { signal: SIGSEGV });
  });

  it('is a SIGSEGV when it cannot be written, and the end when that handler’s frame cannot be either', () => {
    const on = busy();
    handle(on, SIGUSR1);
    handle(on, SIGSEGV);
    on.task.cpu.setGpr(RSP, 0x600000n);
    send(on, SIGUSR1);
    assert.deepEqual(on.process.exit, { signal: SIGSEGV });
  });

  it('needs a restorer', () => {
    const on = busy();
    handle(on, SIGUSR1, SA_SIGINFO);
    send(on, SIGUSR1);
    assert.deepEqual(on.process.exit, { signal: SIGSEGV });
  });

  it('blocks the mask and the signal itself, unless SA_NODEFER, and forgets the handler with SA_RESETHAND', () => {
    const on = busy();
    handle(on, SIGUSR1, SA_SIGINFO | SA_RESTORER, 0x800n | (1n << 8n));
    send(on, SIGUSR1);
    assert.equal(on.task.blocked, 0x800n | (1n << 9n), 'SIGKILL cannot be blocked');
    const again = busy();
    handle(again, SIGUSR1, SA_SIGINFO | SA_RESTORER | SA_NODEFER | SA_RESETHAND);
    send(again, SIGUSR1);
    assert.equal(again.task.blocked, 0n);
    send(again, SIGUSR1);
    assert.deepEqual(again.process.exit, { signal: SIGUSR1 });
  });
});

describe('rt_sigreturn', () => {
  /** Delivers a signal, lets `edit` change the frame, and returns from the handler. */
  function roundTrip(edit: (on: Guest, sc: bigint, image: bigint) => void = () => {}, signal = SIGUSR1): Guest {
    const on = busy();
    handle(on, signal);
    const { cpu } = on.task;
    cpu.setBnd(2, { lower: 7n, upperRaw: 8n });
    cpu.bndcfgu = 0x7f0000000001n;
    cpu.bndstatus = 2n;
    cpu.setXmm(5, new Uint8Array(16).fill(0x5a));
    send(on, signal);
    const sc = cpu.gpr(RSP) + 8n + 40n;
    edit(on, sc, peek(on, sc + 184n)!);
    cpu.setGpr(RSP, cpu.gpr(RSP) + 8n);
    cpu.setXmm(5, new Uint8Array(16));
    on.call(NR.rt_sigreturn);
    return on;
  }

  it('brings everything back', () => {
    const on = roundTrip();
    const { cpu } = on.task;
    for (let r = 0; r < 16; r++) if (r !== RSP) assert.equal(cpu.gpr(r), 0x1000n + BigInt(r));
    assert.equal(cpu.gpr(RSP), STACK + 0xff38n);
    assert.equal(cpu.rip, 0x400123n);
    assert.deepEqual(cpu.bnd(2), { lower: 7n, upperRaw: 8n });
    assert.equal(cpu.bndcfgu, 0x7f0000000001n);
    assert.equal(cpu.bndstatus, 2n);
    assert.equal(cpu.xmm(5)[3], 0x5a);
    assert.equal(on.task.blocked, 0n);
  });

  it('takes edits of registers, flags, bounds and BNDCFGU', () => {
    const on = roundTrip((to, sc, image) => {
      poke(to, sc + 104n, 0x77n);
      poke(to, sc + 128n, 0x400200n, 0x202n | 0x40n | (1n << 21n));
      poke(to, image + 992n, 0x111n);
      poke(to, image + 1024n, 0x7f0000000003n);
    });
    assert.equal(on.task.cpu.gpr(0), 0x77n);
    assert.equal(on.task.cpu.rip, 0x400200n);
    assert.equal(on.task.cpu.rflags, 0x242n, 'ID is not restored');
    assert.deepEqual(on.task.cpu.bnd(2), { lower: 0x111n, upperRaw: 8n });
    assert.equal(on.task.cpu.bndcfgu, 0x7f0000000003n);
  });

  it('takes an edited bound only if XSTATE_BV says that the component is there', () => {
    const on = roundTrip((to, _sc, image) => {
      poke(to, image + 512n, 3n | 16n);
      poke(to, image + 992n, 0x111n);
    });
    assert.deepEqual(on.task.cpu.bnd(2), { lower: 0n, upperRaw: 0n });
    assert.equal(on.task.cpu.bndcfgu, 0x7f0000000001n);
  });

  it('turns MPX off for an image with a wrong magic word, but restores SSE', () => {
    for (const at of [464n, 1088n]) {
      const on = roundTrip((to, _sc, image) => to.mm.memory.writeUint(image + at, 4, 0x1234n));
      assert.equal(on.task.cpu.bndcfgu, 0n);
      assert.deepEqual(on.task.cpu.bnd(2), { lower: 0n, upperRaw: 0n });
      assert.equal(on.task.cpu.xmm(5)[3], 0x5a);
    }
  });

  it('makes everything initial without an image', () => {
    const on = roundTrip((to, sc) => poke(to, sc + 184n, 0n));
    assert.equal(on.task.cpu.bndcfgu, 0n);
    assert.equal(on.task.cpu.xmm(5)[3], 0);
    assert.equal(on.task.cpu.rip, 0x400123n);
  });

  it('is a SIGSEGV for an image that XRSTOR refuses', () => {
    assert.deepEqual(roundTrip((to, _sc, image) => poke(to, image + 512n, 1n << 62n)).process.exit, {
      signal: SIGSEGV,
    });
    assert.deepEqual(roundTrip((to, _sc, image) => poke(to, image + 528n, 1n)).process.exit, { signal: SIGSEGV });
  });

  it('is a SIGSEGV for a frame that is not there', () => {
    const on = busy();
    on.task.cpu.setGpr(RSP, 0x12345000n);
    on.call(NR.rt_sigreturn);
    assert.deepEqual(on.process.exit, { signal: SIGSEGV });
  });

  it('says that it happened', () => {
    assert.deepEqual(
      roundTrip().events.map(({ kind }) => kind),
      ['signal', 'sigreturn'],
    );
  });
});
