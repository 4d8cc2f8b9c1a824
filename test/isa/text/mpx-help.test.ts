import assert from 'node:assert/strict';
import { explainedMnemonics, explainInstruction } from '../../../src/isa/text/mpx-help.ts';

describe('help for MPX instructions', () => {
  it('knows the seven mnemonics and the BND prefix, each in one sentence', () => {
    assert.deepEqual([...explainedMnemonics].sort(), [
      'bnd',
      'bndcl',
      'bndcn',
      'bndcu',
      'bndldx',
      'bndmk',
      'bndmov',
      'bndstx',
    ]);
    for (const mnemonic of explainedMnemonics) {
      assert.match(explainInstruction(mnemonic)!.sentence, /^[A-Z][^.]*\.$/);
    }
  });

  it('finds the mnemonic in disassembly and in source lines', () => {
    assert.match(explainInstruction('bndldx 0x3(%rax,%rbx,1),%bnd1')!.title, /^BNDLDX/);
    assert.match(explainInstruction('again: .L2:\tBND jne again')!.title, /^BND prefix/);
    assert.equal(explainInstruction('mov %rax,%rbx'), undefined);
    assert.equal(explainInstruction('constructor'), undefined);
    assert.equal(explainInstruction(''), undefined);
  });
});
