import assert from 'node:assert/strict';
import { Unwinder } from '../../src/debugger/backtrace.ts';
import { CodeReader } from '../../src/debugger/code.ts';
import type { TaskView } from '../../src/kernel/api.ts';
import { assemble } from './assemble.ts';
import { fakeCpu, fakeMemory } from './fake-cpu.ts';
import { fakeSymbols } from './fake-symbols.ts';

const CODE = 0x401000n;
const STACK = 0x7ff000n;

/**
 * A stopped task: `caller` calls `callee`, which has stopped at its instruction `at`. The stack holds the return address `depth` bytes
 * above the stack pointer; every other word is rubbish that is no return address.
 */
function stopped(
  callee: string,
  at: number,
  depth: bigint,
  options: { rbp?: bigint; savedRbp?: bigint; symbols?: boolean } = {},
) {
  const head = assemble('call .+16\nnop\nnop');
  const body = assemble(callee);
  const memory = fakeMemory();
  const bytes = new Uint8Array(0x100);
  bytes.set(head);
  bytes.set(body, 0x10);
  memory.populate(CODE, 5, bytes);
  memory.populate(STACK, 3);
  const code = new CodeReader(memory);
  const insns = [...code.between(CODE + 0x10n, CODE + 0x10n + BigInt(body.length))];
  const cpu = fakeCpu();
  const sp = STACK + 0x800n;
  cpu.rip = insns[at].ip;
  cpu.setGpr(4, sp);
  cpu.setGpr(5, options.rbp ?? 0x1234n);
  memory.writeUint(sp + depth, 8, CODE + 5n);
  if (options.savedRbp !== undefined) memory.writeUint(options.rbp ?? 0n, 8, options.savedRbp);
  const names = [
    { name: 'caller', address: CODE, size: 0x10n },
    { name: 'callee', address: CODE + 0x10n, size: BigInt(body.length) },
  ];
  const symbols = fakeSymbols(options.symbols === false ? [] : names);
  const task = { cpu, tid: 1, name: 'test', kernelFrames: [], inKernel: false } as unknown as TaskView;
  return { frames: new Unwinder(memory, code, symbols).userFrames(task, 2), sp };
}

describe('Finding the caller', () => {
  const frameless = 'push %rbx\nsub $24, %rsp\nnop\nadd $24, %rsp\npop %rbx\nret';

  it('follows the stack pointer of a function without a frame pointer, at each of its instructions', () => {
    for (const [at, depth] of [0n, 8n, 32n, 32n, 8n, 0n].entries()) {
      const { frames, sp } = stopped(frameless, at, depth);
      assert.equal(frames[1]?.pc, CODE + 5n, `at instruction ${at}`);
      assert.equal(frames[1].sp, sp + depth + 8n);
      assert.equal(frames[1].origin, 'prologue');
      assert.equal(frames[1].rbp, 0x1234n, 'RBP is still the caller’s');
    }
  });

  it('uses the frame pointer once it is set up, and not before', () => {
    const framed = 'push %rbp\nmov %rsp, %rbp\nsub $64, %rsp\nand $-32, %rsp\nnop\nleave\nret';
    assert.equal(stopped(framed, 0, 0n).frames[1].pc, CODE + 5n);
    assert.equal(stopped(framed, 1, 8n).frames[1].pc, CODE + 5n);
    const inside = stopped(framed, 4, 0x108n, { rbp: STACK + 0x900n, savedRbp: 0x5678n }).frames[1];
    assert.equal(inside.pc, CODE + 5n);
    assert.equal(inside.origin, 'frame pointer');
    assert.equal(inside.rbp, 0x5678n, 'the caller’s RBP is read from the stack');
    assert.equal(stopped(framed, 6, 0n).frames[1].pc, CODE + 5n, 'after leave the return address is on top');
  });

  it('goes on behind a return in the middle of a function', () => {
    const twoEnds = 'sub $40, %rsp\ntest %eax, %eax\nje .+9\nnop\nadd $40, %rsp\nret\nnop\nnop\nadd $40, %rsp\nret';
    assert.equal(stopped(twoEnds, 6, 40n).frames[1]?.pc, CODE + 5n);
  });

  it('scans the stack where nothing is known, and says so', () => {
    const { frames } = stopped('nop\nnop\nret', 1, 0x50n, { symbols: false });
    assert.equal(frames[1].pc, CODE + 5n);
    assert.equal(frames[1].origin, 'stack scan');
  });

  it('takes nothing for a return address that does not follow a call', () => {
    const { frames, sp } = stopped(frameless, 2, 0x300n);
    assert.equal(frames[1].origin, 'stack scan');
    assert.equal(frames[1].sp, sp + 0x308n);
  });
});
