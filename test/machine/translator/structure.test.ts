import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Flow, FlowBlock } from '../../../src/machine/translator/flow.ts';
import { budgetChecks, components } from '../../../src/machine/translator/structure.ts';

const INSN = { insn: undefined, emit: undefined };

/** Blocks with the given successors; block i has i % 3 + 1 instructions. */
function graph(edges: readonly (readonly number[])[], entries: readonly number[]): Flow {
  const blocks = edges.map((next, index): FlowBlock => {
    const code = Array.from({ length: (index % 3) + 1 }, () => INSN) as unknown as FlowBlock['code'];
    return { index, rip: index, code, end: index, term: 'branch', next: [...next], candidates: [] };
  });
  return { blocks, indexOf: new Map(), entries: new Set(entries), pages: new Set() };
}

const flows = fc
  .integer({ min: 1, max: 12 })
  .chain((size) =>
    fc
      .array(fc.array(fc.nat(size - 1), { maxLength: 3 }), { minLength: size, maxLength: size })
      .map((edges) => graph(edges, [0])),
  );

describe('The structure of a region', () => {
  it('has components that partition the blocks, in topological order', () => {
    fc.assert(
      fc.property(flows, ({ blocks }) => {
        const all = new Set(blocks.keys());
        const found = components(blocks, all, new Set());
        const place = new Map(found.flatMap((members, i) => [...members].map((node) => [node, i] as const)));
        assert.equal(
          found.reduce((sum, { size }) => sum + size, 0),
          blocks.length,
        );
        for (const { index, next } of blocks)
          for (const to of next) assert.ok((place.get(index) ?? 0) <= (place.get(to) ?? 0));
      }),
    );
  });

  it('never lets more instructions run between two budget checks than the first allows for', () => {
    fc.assert(
      fc.property(flows, fc.infiniteStream(fc.nat()), ({ blocks, ...rest }, choices) => {
        const checks = budgetChecks({ blocks, ...rest });
        let node = 0;
        let allowance = 0;
        for (let step = 0; step < 200; step++) {
          allowance = checks.get(node) ?? allowance;
          allowance -= blocks[node].code.length;
          assert.ok(allowance >= 0);
          const { next } = blocks[node];
          if (!next.length) return;
          node = next[(choices.next().value ?? 0) % next.length];
        }
      }),
    );
  });
});
