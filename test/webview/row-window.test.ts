import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PAGE_ROWS, type RowPage, RowWindow } from '../../src/webview/grid/row-window.ts';

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A list of `total` numbers, `base` added to each, that counts how it is read. */
class Source {
  reads: number[] = [];
  base = 0;
  failure: string | undefined;
  constructor(public total: number) {}

  read = async (start: number, count: number): Promise<RowPage<number>> => {
    this.reads.push(start);
    if (this.failure) throw new Error(this.failure);
    const length = Math.max(0, Math.min(count, this.total - start));
    return { total: this.total, rows: Array.from({ length }, (_, at) => this.base + start + at) };
  };
}

describe('Rows read in pages', () => {
  it('are read when they come into sight, each page once', async () => {
    const source = new Source(1000);
    const rows = new RowWindow(source.read, () => {});
    rows.show(0, 20);
    rows.show(5, 25);
    await settle();
    rows.show(0, 20);
    await settle();
    assert.deepEqual(source.reads, [0]);
    assert.equal(rows.total, 1000);
    assert.equal(rows.row(20), 20);
    assert.equal(rows.row(500), undefined);
  });

  it('stay as they were during a refresh, until the new ones are there', async () => {
    const source = new Source(50);
    let changes = 0;
    const rows = new RowWindow(source.read, () => changes++);
    rows.show(0, 20);
    await settle();
    source.base = 1000;
    rows.refresh();
    assert.equal(rows.row(3), 3);
    await settle();
    assert.equal(rows.row(3), 1003);
    assert.equal(changes, 2);
  });

  it('of an overtaken refresh are dropped', async () => {
    const answers: ((page: RowPage<string>) => void)[] = [];
    const rows = new RowWindow<string>(
      () => new Promise((resolve) => answers.push(resolve)),
      () => {},
    );
    rows.show(0, 0);
    rows.refresh();
    answers[1]({ total: 1, rows: ['new'] });
    answers[0]({ total: 1, rows: ['old'] });
    await settle();
    assert.equal(rows.row(0), 'new');
  });

  it('that cannot be read tell why, and are read again after a refresh only', async () => {
    const source = new Source(50);
    source.failure = 'busy';
    const rows = new RowWindow(source.read, () => {});
    rows.show(0, 10);
    await settle();
    rows.show(0, 10);
    await settle();
    assert.equal(rows.failure, 'busy');
    assert.equal(source.reads.length, 1);
    source.failure = undefined;
    rows.refresh();
    await settle();
    assert.equal(rows.failure, undefined);
    assert.equal(rows.row(10), 10);
  });

  it('vanish when the list gets shorter', async () => {
    const source = new Source(1000);
    const rows = new RowWindow(source.read, () => {});
    rows.show(900, 999);
    await settle();
    source.total = 10;
    rows.show(0, 10);
    rows.refresh();
    await settle();
    assert.equal(rows.row(950), undefined);
    assert.equal(rows.total, 10);
  });

  it('of a closed window change nothing', async () => {
    const source = new Source(10);
    let changes = 0;
    const rows = new RowWindow(source.read, () => changes++);
    rows.show(0, 5);
    rows.close();
    await settle();
    assert.equal(changes, 0);
  });

  it('that are in sight are always the right ones, however one scrolls', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(20_000), { minLength: 1, maxLength: 80 }), async (places) => {
        const rows = new RowWindow(new Source(20_000).read, () => {});
        for (const place of places) {
          rows.show(place, place + 30);
          await settle();
          for (let at = place; at <= Math.min(place + 30, 19_999); at += 10) assert.equal(rows.row(at), at);
        }
        assert.ok(rows.find((row) => row === places.at(-1)) >= -1);
      }),
      { numRuns: 20 },
    );
  });

  it('are found among those that were read', async () => {
    const rows = new RowWindow(new Source(1000).read, () => {});
    rows.show(3 * PAGE_ROWS, 3 * PAGE_ROWS);
    await settle();
    assert.equal(
      rows.find((row) => row === 317),
      317,
    );
    assert.equal(
      rows.find((row) => row === 5),
      -1,
    );
  });
});
