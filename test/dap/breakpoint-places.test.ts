import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { nativeTools, run, scratchFolder } from '../symbols/native.ts';
import { type Body, TestClient } from './client.ts';

const TEXT = `volatile int sink;
static inline int square(int x)
{
  int result = x * x;
  sink = result;
  return result + sink;
}
__attribute__((noinline)) static int sum(int count)
{
  int total = 0;
  for (int i = 0; i < count; i++) total += i; /* FOR */
  return total;
}
__attribute__((noinline)) static int twice(int x)
{
  return square(x) + square(x + 1);
}
int main(void)
{
  sink = sum(3);
  sink = square(sink);
  return twice(sink) == 0;
}
`;

describe('Breakpoints', () => {
  const folder = scratchFolder();
  const source = path.join(folder, 'places.c');
  const program = (level: string) => path.join(folder, `places-${level}`);

  before(function () {
    nativeTools(this, 'musl-gcc', 'gdb');
    fs.writeFileSync(source, TEXT);
    for (const level of ['O0', 'O2'])
      run('musl-gcc', ['-static', '-no-pie', `-${level}`, '-g', source, '-o', program(level)]);
  });

  const line = TEXT.split('\n').findIndex((one) => one.includes('FOR')) + 1;
  const hits = (level: string, configure: (client: TestClient) => void): Body[][] => {
    const client = new TestClient();
    client.launch(program(level), { configure });
    const stops: Body[][] = [];
    while (client.events.findLast(({ event }) => event === 'stopped' || event === 'terminated')?.event === 'stopped') {
      stops.push(client.frames());
      client.go('continue');
    }
    return stops;
  };

  it('on one of the statements of a line are met when that one is reached', () => {
    const column = (part: string) => TEXT.split('\n')[line - 1].indexOf(part) + 1;
    let columns: number[] = [];
    const met = (part: string) =>
      hits('O0', (client) => {
        const { breakpoints } = client.request('breakpointLocations', { source: { path: source }, line });
        columns = breakpoints.map((one: Body) => one.column);
        const [set] = client.request('setBreakpoints', {
          source: { path: source },
          breakpoints: [{ line, column: column(part) }],
        }).breakpoints;
        // The compiler puts a statement where its operator is.
        const next = columns.find((one) => one >= column(part));
        assert.deepEqual([set.verified, set.line, set.column], [true, line, next]);
      }).length;
    assert.equal(met('i = 0'), 1);
    assert.equal(met('total +='), 3);
    assert.equal(met('i++'), 3);
    assert.ok(columns.length >= 3, columns.join());
  });

  it('on a function are met in its inlined copies too, where gdb sets them', () => {
    let ours: Body;
    const names = hits('O2', (client) => {
      [ours] = client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'square' }] }).breakpoints;
      assert.equal(ours.verified, true);
    }).map(([top, caller]) => `${top.name} < ${caller.name}`);
    assert.deepEqual(names, ['square (inlined) < main', 'square (inlined) < twice', 'square (inlined) < twice']);
    const theirs = run('gdb', ['-nx', '-batch', '-ex', 'break square', '-ex', 'info breakpoints', program('O2')]);
    assert.equal([...theirs.matchAll(/^1\.\d+ /gm)].length, 3, theirs);
  });
});
