import assert from 'node:assert/strict';
import { MemoryTree } from '../memory-tree.ts';
import { type Guest, guest, mapAt, NR, peek, poke, RSP } from '../support.ts';

const STACK = 0x7ffe00000000n;

/** A guest whose handler catches every signal. */
function catching(kernel?: Parameters<typeof guest>[0]): Guest {
  const on = guest(kernel);
  mapAt(on, STACK, 4);
  mapAt(on, 0x500000n, 1);
  poke(on, 0x500000n, 0x401000n, 0x44000004n, 0x402000n, 0n);
  for (let signal = 1; signal < 32; signal++) on.call(NR.rt_sigaction, signal, 0x500000, 0, 8);
  on.task.cpu.setGpr(RSP, STACK + 0x3f00n);
  on.task.cpu.rip = 0x400800n;
  return on;
}

/** What the frame of the handler says, or undefined if none was entered. */
function report(on: Guest) {
  if (on.task.cpu.rip !== 0x401000n) return undefined;
  const frame = on.task.cpu.gpr(RSP);
  const info = frame + 312n;
  const sc = frame + 48n;
  return {
    signo: Number(on.mm.memory.readUint(info, 4)),
    code: Number(on.mm.memory.readUint(info + 8n, 4)),
    addr: peek(on, info + 16n),
    trapno: Number(peek(on, sc + 160n)),
    err: Number(peek(on, sc + 152n)),
    rf: (peek(on, sc + 136n)! & 0x10000n) !== 0n,
  };
}

// Each row was seen on a real Linux x86-64 (spec B.12.4–5 where it says so).
describe('Exceptions in user mode become signals', () => {
  const rows: [name: string, vector: number, error: number, expected: ReturnType<typeof report>][] = [
    ['#DE', 0, 0, { signo: 8, code: 1, addr: 0x400800n, trapno: 0, err: 0, rf: true }],
    ['#BP', 3, 0, { signo: 5, code: 128, addr: 0n, trapno: 3, err: 0, rf: false }],
    ['#UD', 6, 0, { signo: 4, code: 2, addr: 0x400800n, trapno: 6, err: 0, rf: true }],
    ['#SS', 12, 0, { signo: 7, code: 128, addr: 0n, trapno: 12, err: 0, rf: true }],
    ['#GP', 13, 0x2a, { signo: 11, code: 128, addr: 0n, trapno: 13, err: 0x2a, rf: true }],
    ['#AC', 17, 0, { signo: 7, code: 1, addr: 0n, trapno: 17, err: 0, rf: true }],
  ];
  for (const [name, vector, error, expected] of rows) {
    it(`${name}: signal ${expected?.signo}, code ${expected?.code}`, () => {
      const on = catching();
      on.trap(vector, error);
      assert.deepEqual(report(on), expected);
    });
  }

  it('#XM: the code follows from MXCSR', () => {
    const on = catching();
    on.task.cpu.mxcsr = 0x1d84;
    on.trap(19);
    assert.deepEqual(report(on), { signo: 8, code: 3, addr: 0x400800n, trapno: 19, err: 0, rf: true });
  });

  it('#BR outside MPX is a plain SIGSEGV', () => {
    const on = catching();
    on.trap(5);
    assert.deepEqual(report(on), { signo: 11, code: 128, addr: 0n, trapno: 5, err: 0, rf: true });
  });
});

describe('Page faults', () => {
  const fault = (code: number, address: bigint, prepare: (on: Guest) => void = () => {}) => {
    const on = catching();
    prepare(on);
    on.trap(14, code, address);
    const said = report(on);
    return said && [said.signo, said.code, said.addr, said.err];
  };

  it('without a mapping are MAPERR', () => {
    assert.deepEqual(fault(4, 0n), [11, 1, 0n, 4]);
    assert.deepEqual(fault(6, 0x1234n), [11, 1, 0x1234n, 6]);
    assert.deepEqual(fault(0x14, 0x1234n), [11, 1, 0x1234n, 0x14]);
  });

  it('above user space are MAPERR with the present bit', () => {
    assert.deepEqual(fault(4, 0xffffffff80000000n), [11, 1, 0xffffffff80000000n, 5]);
    assert.deepEqual(fault(6, 0x7ffffffff000n), [11, 1, 0x7ffffffff000n, 7]);
  });

  it('against the protection are ACCERR, with the present bit only if the page is there', () => {
    assert.deepEqual(
      fault(6, 0x600000n, (on) => mapAt(on, 0x600000n, 1, 1)),
      [11, 2, 0x600000n, 6],
    );
    assert.deepEqual(
      fault(4, 0x600000n, (on) => mapAt(on, 0x600000n, 1, 0)),
      [11, 2, 0x600000n, 4],
    );
    const touched = (on: Guest) => {
      mapAt(on, 0x600000n, 1, 1);
      on.trap(14, 4, 0x600000n);
    };
    assert.deepEqual(fault(7, 0x600000n, touched), [11, 2, 0x600000n, 7]);
    assert.deepEqual(fault(0x15, 0x600000n, touched), [11, 2, 0x600000n, 0x15]);
    const hidden = (on: Guest) => {
      touched(on);
      on.call(NR.mprotect, 0x600000, 0x1000, 0);
    };
    assert.deepEqual(fault(5, 0x600000n, hidden), [11, 2, 0x600000n, 4]);
  });

  it('in a mapping bring in a page of zeros, and nothing is said', () => {
    const on = catching();
    mapAt(on, 0x600000n, 2);
    on.trap(14, 6, 0x601008n);
    assert.equal(report(on), undefined);
    assert.equal(on.mm.memory.protection(0x601000n), 3);
    assert.equal(on.mm.memory.protection(0x600000n), undefined);
    assert.equal(on.task.thread.trap_nr, 0);
  });

  it('below the stack pointer grow the stack, far below they do not', () => {
    const on = catching();
    const grows = on.call(NR.mmap, 0x7f0000010000, 0x1000, 3, 0x132, -1, 0);
    assert.equal(grows, 0x7f0000010000n);
    on.task.cpu.setGpr(RSP, 0x7f0000010008n);
    on.trap(14, 6, 0x7f000000f000n);
    assert.equal(on.mm.find_vma(0x7f000000f000n)?.vm_start, 0x7f000000f000n);
    on.task.cpu.rip = 0x400800n;
    on.task.cpu.setGpr(RSP, STACK + 0x3f00n);
    on.trap(14, 6, 0x7f000000e000n);
    assert.deepEqual(report(on)?.code, 1, 'more than 64 KiB below the stack pointer');
  });

  it('behind the end of a mapped file are SIGBUS', () => {
    const files = new MemoryTree({ f: new Uint8Array(100).fill(9) });
    const on = catching({ files });
    poke(on, 0x500000n, 0x662fn);
    const fd = on.call(NR.open, 0x500000, 0);
    assert.equal(on.call(NR.mmap, 0x600000, 0x3000, 1, 0x12, fd, 0), 0x600000n);
    on.task.cpu.setGpr(RSP, STACK + 0x3f00n);
    on.task.cpu.rip = 0x400800n;
    on.trap(14, 4, 0x600000n);
    assert.deepEqual([...on.mm.memory.read(0x600062n, 4)], [9, 9, 0, 0]);
    on.trap(14, 4, 0x601000n);
    assert.deepEqual([report(on)?.signo, report(on)?.code, report(on)?.addr], [7, 2, 0x601000n]);
  });

  it('beyond the memory limit kill the process and say so', () => {
    const on = catching();
    mapAt(on, 0x600000n, 8);
    on.mm.limit.max_pages = on.mm.memory.presentCount + 1;
    on.trap(14, 6, 0x600000n);
    assert.equal(on.process.exit, undefined);
    on.trap(14, 6, 0x601000n);
    assert.deepEqual(on.process.exit, { signal: 9 });
    assert.ok(on.events.some(({ kind }) => kind === 'memory-limit'));
  });
});
