import assert from 'node:assert/strict';
import { allSemantics } from '../../../src/isa/semantics/all.ts';
import { singleJobs } from '../../../src/machine/interpreter/patterns.ts';
import { compileRegion } from '../../../src/machine/translator/compile.ts';
import { type Flow, type FlowBlock, isTranslatable } from '../../../src/machine/translator/flow.ts';

/** A loop of one block: the instruction, and how it goes on. */
function loopOf(block: Omit<FlowBlock, 'index' | 'rip' | 'end' | 'next' | 'candidates'>): Flow {
  const whole: FlowBlock = { ...block, index: 0, rip: 0x1000, end: 0x1008, next: [0], candidates: [0x1000] };
  return { blocks: [whole], indexOf: new Map([[0x1000, 0]]), entries: new Set([0]), pages: new Set([1]) };
}

describe('The translator', () => {
  it('makes valid code of every form of every instruction', () => {
    let count = 0;
    for (const general of [false, true]) {
      for (const { key, steps } of singleJobs(allSemantics, general)) {
        const [{ definition, pattern }] = steps;
        if (!isTranslatable(pattern.insn, definition)) continue;
        const insn = { ...pattern.insn, ip: 0x1000n, length: 8 };
        const term = definition.endsBlock ? 'branch' : 'fall';
        const { bytes } = compileRegion(loopOf({ code: [{ insn, emit: definition.emit }], term }), new Set(), () => 0);
        assert.ok(WebAssembly.validate(bytes as BufferSource), key);
        count++;
      }
    }
    assert.ok(count > 1000);
  }).timeout(60_000);
});
