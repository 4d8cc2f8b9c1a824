/** The shape of a region: its loops as strongly connected components, and where the budget has to be checked. */
import type { Flow, FlowBlock } from './flow.ts';

/** Strongly connected components of `nodes` without the edges into `removed`, in topological order. */
export function components(
  blocks: readonly FlowBlock[],
  nodes: ReadonlySet<number>,
  removed: ReadonlySet<number>,
): Set<number>[] {
  const number = new Map<number, number>();
  const low = new Map<number, number>();
  const stack: number[] = [];
  const onStack = new Set<number>();
  const found: Set<number>[] = [];
  const lowOf = (node: number) => low.get(node) ?? 0;
  const visit = (node: number) => {
    const mine = number.size;
    number.set(node, mine);
    low.set(node, mine);
    stack.push(node);
    onStack.add(node);
    for (const to of blocks[node].next) {
      if (!nodes.has(to) || removed.has(to)) continue;
      if (!number.has(to)) {
        visit(to);
        low.set(node, Math.min(lowOf(node), lowOf(to)));
      } else if (onStack.has(to)) low.set(node, Math.min(lowOf(node), number.get(to) ?? 0));
    }
    if (lowOf(node) !== mine) return;
    const component = new Set<number>();
    for (let last = -1; last !== node; ) {
      last = stack.pop() ?? node;
      onStack.delete(last);
      component.add(last);
    }
    found.push(component);
  };
  for (const node of nodes) if (!number.has(node)) visit(node);
  return found.reverse();
}

/**
 * For each block at which the budget is checked, the instructions that may run before the next check. Every cycle has such a block, so a
 * region never runs more than the budget.
 */
export function budgetChecks({ blocks, entries }: Flow): Map<number, number> {
  const checked = new Set(entries);
  const state = new Map<number, 'open' | 'done'>();
  const visit = (node: number) => {
    state.set(node, 'open');
    for (const to of blocks[node].next) {
      const seen = state.get(to);
      if (seen === 'open') checked.add(to);
      else if (!seen) visit(to);
    }
    state.set(node, 'done');
  };
  for (const { index } of blocks) if (!state.has(index)) visit(index);

  const longest = new Map<number, number>();
  const path = (node: number): number => {
    const known = longest.get(node);
    if (known !== undefined) return known;
    const rest = blocks[node].next.map((to) => (checked.has(to) ? 0 : path(to)));
    const length = blocks[node].code.length + Math.max(0, ...rest);
    longest.set(node, length);
    return length;
  };
  return new Map([...checked].map((node) => [node, path(node)]));
}
