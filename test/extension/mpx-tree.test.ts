import assert from 'node:assert/strict';
import { type MpxState, type TreeNode, treeOf } from '../../src/extension/views/mpx-tree-model.ts';
import type { EventRow } from '../../src/protocol/panel.ts';
import { FakeSession } from '../webview/fake-session.ts';

const english = (text: string, ...values: (string | number)[]) =>
  text.replace(/\{(\d)\}/g, (_, at: string) => String(values[Number(at)]));

const event = (sequence: number, kind = 'table-allocated'): EventRow => ({
  sequence,
  instruction: String(sequence * 1000),
  kind,
  text: `event ${sequence}`,
  pc: '0x401000',
  location: 'main+0x1c (list.c:14)',
  source: { path: '/src/list.c', line: 14 },
});

function state(change: Partial<MpxState> = {}): MpxState {
  return {
    overview: new FakeSession(2).overview,
    registers: [0, 1, 2, 3].map((index) => ({ name: `BND${index}`, text: 'INIT (all addresses)', lower: '0x0' })),
    findings: { total: 1, rows: [event(3, 'bounds-violation')] },
    events: { total: 3, rows: [event(1), event(2), event(3, 'bounds-violation')] },
    ...change,
  };
}
const tree = (change?: Partial<MpxState>) => treeOf(state(change), english);
const named = (nodes: TreeNode[], label: RegExp) => nodes.find((node) => label.test(node.label))!;

describe('The view "MPX"', () => {
  it('is empty before anything was read', () => {
    assert.deepEqual(treeOf(undefined, english), []);
  });

  it('says whether MPX is on, and which condition keeps it off', () => {
    assert.equal(named(tree(), /^MPX is/).label, 'MPX is on');
    const { overview } = new FakeSession(0);
    overview.enabled = false;
    overview.conditions[2] = { name: 'BNDCFGU.EN is set', ok: false, detail: 'BNDCFGU = 0' };
    const off = named(tree({ overview }), /^MPX is/);
    assert.deepEqual([off.label, off.description, off.collapsed], ['MPX is off', 'BNDCFGU.EN is set', false]);
    assert.equal(off.children![2].icon, 'close');
  });

  it('shows the bound registers, and none of a program that has ended', () => {
    assert.deepEqual(
      named(tree(), /^Bounds$/).children!.map(({ label, description }) => `${label} ${description}`),
      ['BND0', 'BND1', 'BND2', 'BND3'].map((name) => `${name} INIT (all addresses)`),
    );
    assert.equal(named(tree({ registers: undefined }), /^Bounds$/), undefined);
  });

  it('lists findings and events, newest first, each leading to its source', () => {
    const [first] = named(tree(), /^Findings/).children!;
    assert.deepEqual([first.label, first.icon, first.source], ['event 3', 'error', { path: '/src/list.c', line: 14 }]);
    assert.match(first.tooltip!, /after 3,000 instructions$/);
    assert.deepEqual(
      named(tree(), /^Events/).children!.map(({ label }) => label),
      ['event 3', 'event 2', 'event 1'],
    );
  });

  it('says that there is nothing, or that there is more than it shows', () => {
    assert.equal(named(tree({ findings: { total: 0, rows: [] } }), /^Findings/).description, 'none');
    const many = named(tree({ events: { total: 500, rows: [event(499), event(500)] } }), /^Events/);
    assert.equal(many.children!.at(-1)!.label, '498 earlier ones are in the panel');
  });

  it('gives each node an id of its own, over all stops the same', () => {
    const ids: string[] = [];
    const visit = (node: TreeNode) => {
      ids.push(node.id);
      node.children?.forEach(visit);
    };
    tree().forEach(visit);
    assert.equal(new Set(ids).size, ids.length);
  });
});
