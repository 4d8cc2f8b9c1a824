import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { runVectors } from '../../src/cli/vectors/run.ts';

const file = path.join(PROJECT_ROOT, 'test/vectors/vectors.json');
const golden = fs.readFileSync(file, 'utf8');

interface Vector {
  id: string;
  group: string;
  input: Record<string, unknown>;
  expect: Record<string, unknown>;
}
const parse = (): { vectors: Vector[] } => JSON.parse(golden);

function run(text: string): { lines: string[]; result: ReturnType<typeof runVectors> } {
  const lines: string[] = [];
  const result = runVectors([{ name: 'test.json', text }], (line) => lines.push(line));
  return { lines, result };
}

/** The file with only the vector `id`, changed by `change`. */
function altered(id: string, change: (vector: Vector) => void): string {
  const all = parse();
  const vector = all.vectors.find((v) => v.id === id);
  assert.ok(vector);
  change(vector);
  return JSON.stringify({ ...all, vectors: [vector] });
}

describe('The golden vectors', function () {
  this.timeout(120_000);

  it('all pass', () => {
    const { lines, result } = run(golden);
    assert.deepEqual(result, { passed: parse().vectors.length, failed: 0 }, lines.join('\n'));
    assert.equal(lines[lines.length - 1], `${result.passed} passed, 0 failed`);
  });
});

describe('The vector runner', () => {
  it('tells expected and actual value of a vector that is wrong', () => {
    const { lines, result } = run(altered('D10', (v) => (v.expect.si_addr_v41 = '0x1234')));
    assert.deepEqual(result, { passed: 0, failed: 1 });
    assert.deepEqual(lines, [
      'D10: si_addr_v41 (v4.1): expected "0x1234", actual "0xfffc00002000"',
      '0 passed, 1 failed',
    ]);
  });

  it('compares every expected key, so that one it does not know is a failure', () => {
    const { lines, result } = run(altered('M01', (v) => (v.expect.colour = 'blue')));
    assert.equal(result.failed, 1);
    assert.match(lines[0], /^M01: colour: expected "blue", actual nothing/);
  });

  it('leaves out what is information only', () => {
    assert.equal(run(altered('T64_03', (v) => (v.expect.bde_addr_if_qemu = '0x1'))).result.passed, 1);
  });

  it('fails a vector whose input it does not understand, and says why', () => {
    const extra = run(altered('C01', (v) => (v.input.weather = 'rain')));
    assert.equal(extra.result.failed, 1);
    assert.match(extra.lines[0], /'weather', which is not understood/);
    const wrong = run(altered('C01', (v) => (v.input.insn = 'bndxx')));
    assert.match(wrong.lines[0], /'insn' is "bndxx", not one of bndcl, bndcu, bndcn/);
    const group = run(altered('C01', (v) => (v.group = 'Z')));
    assert.match(group.lines[0], /group 'Z' is not known/);
  });

  it('counts a file that it cannot read as one failure', () => {
    assert.equal(run('{').result.failed, 1);
    assert.equal(run('{"format": 2, "regs64": {}, "bndset": {}, "vectors": []}').result.failed, 1);
    assert.equal(run('[]').lines[0], 'test.json: a vectors file is a JSON object');
  });

  it('judges by meaning, not by id or title', () => {
    const renamed = altered('U17', (v) => {
      v.id = 'whatever';
      Object.assign(v, { title: 'something else', note: 'unheard of' });
    });
    assert.equal(run(renamed).result.passed, 1);
  });

  it('passes vectors of other values', () => {
    const moved = altered('X01', (v) => {
      v.input = { ...v.input, base: '0x7ffe00000810', bde_value: '0x7f5411d00001' };
      v.expect = { ...v.expect, lap: '0x7ffe00000810', bte_addr: '0x7f5411d02040' };
    });
    const { lines, result } = run(moved);
    assert.equal(result.failed, 0, lines.join('\n'));
  });
});
