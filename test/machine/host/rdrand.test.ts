import assert from 'node:assert/strict';
import { Snippet } from '../snippet.ts';

const ARITHMETIC = 0x8d5n;
const CF = 1n;

describe('RDRAND', () => {
  it('takes as many bytes as its operand has from where the machine gets them, and sets only the carry flag', () => {
    const asked: number[] = [];
    const snippet = new Snippet('0f c7 f0 48 0f c7 f1 66 0f c7 f2');
    snippet.machine.entropy = (count) => {
      asked.push(count);
      return Uint8Array.from({ length: count }, (_, i) => 0xf1 + i);
    };
    for (const register of [0, 1, 2]) snippet.cpu.setGpr(register, ~0n);
    snippet.cpu.rflags = ARITHMETIC;
    snippet.finish();
    assert.deepEqual(asked, [4, 8, 2]);
    assert.deepEqual(
      [0, 1, 2].map((n) => snippet.cpu.gpr(n)),
      [0xf1f2f3f4n, 0xf1f2f3f4f5f6f7f8n, 0xfffffffffffff1f2n],
    );
    assert.equal(snippet.cpu.rflags & ARITHMETIC, CF);
  });

  it('gives zero and no carry where there are none', () => {
    const snippet = new Snippet('48 0f c7 f0');
    snippet.cpu.setGpr(0, 7n);
    snippet.cpu.rflags = ARITHMETIC;
    snippet.finish();
    assert.equal(snippet.cpu.gpr(0), 0n);
    assert.equal(snippet.cpu.rflags & ARITHMETIC, 0n);
  });
});
