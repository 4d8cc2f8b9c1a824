import assert from 'node:assert/strict';
import * as path from 'node:path';
import type { ProfileId } from '../../src/kernel/api.ts';
import { type Emulated, type EmulateOptions, emulate } from './emulate.ts';
import { SAMPLES } from './tools.ts';

/** What samples/README.md says of each program. */
const TABLE: { name: string; args?: string[]; violations: number; output: RegExp }[] = [
  { name: 'heap-overflow', violations: 1, output: /^abcdefghij\n$/ },
  { name: 'stack-array', violations: 1, output: /^ok 4950\nbad -?\d+\n$/ },
  { name: 'linked-list', violations: 1, output: /^1000 nodes, 502500\n$/ },
  { name: 'linked-list', args: ['10'], violations: 1, output: /^10 nodes, 75\n$/ },
  { name: 'narrowing', violations: 4, output: /^mallory!! admin=33\n$/ },
  { name: 'table-storm', violations: 0, output: /^64 areas, 256\n$/ },
  { name: 'table-storm', args: ['200'], violations: 0, output: /^200 areas, \d+\n$/ },
  { name: 'legacy-call', violations: 1, output: /^unnoticed\nnot reached when a violation stops the program\n$/ },
  { name: 'race', violations: 0, output: /^sum 0\n$/ },
  { name: 'heartbeat', violations: 48, output: /^hello\nhello\0[\s\S]{58}$/ },
];
const LEVELS = ['O0', 'O2'] as const;

const run = (name: string, options?: EmulateOptions): Emulated => emulate(path.join(SAMPLES, 'bin', name), options);
const count = ({ events }: Emulated, kind: string): number => events.filter((event) => event.kind === kind).length;
/** The run-time library's lines about violations. */
const reports = ({ stderr }: Emulated): string[] => stderr.split('\n').filter((line) => line.startsWith('Saw a #BR!'));

describe('the samples', function () {
  this.timeout(180_000);

  for (const { name, args, violations, output } of TABLE)
    for (const level of LEVELS)
      it(`${[`${name}.${level}`, ...(args ?? [])].join(' ')} (violations: ${violations}) prints what it should and ends well`, () => {
        const result = run(`${name}.${level}`, { args });
        assert.match(result.stdout, output);
        assert.equal(count(result, 'bounds-violation'), violations);
        assert.equal(reports(result).length, violations);
        for (const line of reports(result)) assert.match(line, /^Saw a #BR! status 1 at 0x40[0-9a-f]{4}$/);
        assert.deepEqual(result.exit, { code: 0 });
        assert.equal(result.unimplemented, 0);
      });

  for (const kernel of ['v4.1', 'v4.19', 'v5.5', 'ideal'] satisfies ProfileId[])
    it(`behave the same on kernel ${kernel}`, () => {
      for (const { name, args, violations, output } of TABLE) {
        const result = run(`${name}.O2`, { args, kernel });
        assert.match(result.stdout, output);
        assert.equal(reports(result).length, violations, name);
        assert.deepEqual(result.exit, { code: 0 }, name);
      }
    });

  for (const kernel of ['v4.1', 'v4.19', 'v5.5', 'ideal'] satisfies ProfileId[])
    it(`table-storm has a table made for each area and every other one freed on kernel ${kernel}`, () => {
      for (const level of LEVELS) {
        const result = run(`table-storm.${level}`, { kernel });
        assert.equal(count(result, 'table-allocated'), 64);
        assert.equal(count(result, 'table-freed'), 32);
      }
    });

  it('run unprotected, and say so, on a processor without MPX', () => {
    for (const { name, args, output } of TABLE) {
      const result = run(`${name}.O0`, { args, withoutMpx: true });
      assert.match(result.stdout, output);
      assert.equal(result.stderr, 'No MPX support: the processor does not have it\n');
      assert.deepEqual(result.exit, { code: 0 });
    }
  });
});

describe('the run-time library: its variables', function () {
  this.timeout(180_000);

  for (const level of LEVELS) {
    it(`CHKP_RT_MODE=stop aborts at the first violation (${level})`, () => {
      for (const { name, violations } of TABLE.filter(({ args }) => !args)) {
        const result = run(`${name}.${level}`, { env: { CHKP_RT_MODE: 'stop' } });
        assert.equal(reports(result).length, Math.min(violations, 1), name);
        assert.deepEqual(result.exit, violations ? { signal: 6 } : { code: 0 }, name);
      }
    });

    it(`CHKP_RT_STOP_HANDLER=exit ends with 255 and writes out what was printed (${level})`, () => {
      const env = { CHKP_RT_MODE: 'stop', CHKP_RT_STOP_HANDLER: 'exit' };
      const result = run(`legacy-call.${level}`, { env });
      assert.equal(result.stdout, 'unnoticed\n');
      assert.equal(reports(result).length, 1);
      assert.deepEqual(result.exit, { code: 255 });
    });
  }

  it('CHKP_RT_BNDPRESERVE sets bit 1 of BNDCFGU', () => {
    for (const [value, flags] of [
      ['0', 1n],
      ['1', 3n],
    ] as const) {
      const { events } = run('heap-overflow.O0', { env: { CHKP_RT_BNDPRESERVE: value } });
      const violation = events.find((event) => event.kind === 'bounds-violation');
      assert.equal(violation && violation.bndcfgu & 0xfffn, flags);
    }
  });

  it('CHKP_RT_VERBOSE below 2 leaves out violations, 3 tells of the set-up', () => {
    assert.equal(run('heap-overflow.O0', { env: { CHKP_RT_VERBOSE: '1' } }).stderr, '');
    assert.equal(run('heap-overflow.O0', { env: { CHKP_RT_VERBOSE: '0' } }).stderr, '');
    const { stderr } = run('heap-overflow.O0', { env: { CHKP_RT_VERBOSE: '3' } });
    assert.match(stderr, /^MPX is on: directory at 0x[0-9a-f]+, BNDPRESERVE 0\nSaw a #BR! status 1 at 0x[0-9a-f]+\n$/);
  });

  it('CHKP_RT_PRINT_SUMMARY prints the number of violations and the size of the directory at exit', () => {
    const summary =
      /MPX runtime summary:\n {2}bounds violations \(#BR\): 48\n {2}bounds directory: 2147483648 bytes\n$/;
    assert.match(run('heartbeat.O2', { env: { CHKP_RT_PRINT_SUMMARY: 'yes' } }).stderr, summary);
    const quiet = run('heartbeat.O2', { env: { CHKP_RT_PRINT_SUMMARY: '1', CHKP_RT_VERBOSE: '1' } });
    assert.match(quiet.stderr, new RegExp(`^${summary.source}`));
    assert.equal(run('heartbeat.O2', { env: { CHKP_RT_PRINT_SUMMARY: '1', CHKP_RT_VERBOSE: '0' } }).stderr, '');
  });

  it('CHKP_RT_OUT_FILE=stdout puts violations between the output', () => {
    const { stdout, stderr } = run('heap-overflow.O0', { env: { CHKP_RT_OUT_FILE: 'stdout' } });
    assert.match(stdout, /^Saw a #BR! status 1 at 0x[0-9a-f]+\nabcdefghij\n$/);
    assert.equal(stderr, '');
  });

  it('CHKP_RT_HELP lists all variables and ends', () => {
    const { stderr, stdout, exit } = run('heap-overflow.O0', { env: { CHKP_RT_HELP: 'yes' } });
    for (const name of [
      'MODE',
      'STOP_HANDLER',
      'VERBOSE',
      'PRINT_SUMMARY',
      'BNDPRESERVE',
      'OUT_FILE',
      'ERR_FILE',
      'ADDPID',
    ])
      assert.ok(stderr.includes(`CHKP_RT_${name}=`), name);
    assert.equal(stdout, '');
    assert.deepEqual(exit, { code: 0 });
  });

  it('a value that means nothing is reported and the default taken', () => {
    const { stderr, exit } = run('heap-overflow.O0', { env: { CHKP_RT_MODE: 'halt' } });
    assert.match(stderr, /^CHKP_RT_MODE: unknown value "halt"; "count" is used\n/);
    assert.deepEqual(exit, { code: 0 });
  });
});

describe('the assembly samples', () => {
  it('check prints the violation with its bounds and goes on', () => {
    const { stdout, exit } = run('check');
    const match = /^violation: address (0x\w+), lower bound (0x\w+), upper bound (0x\w+)\ndone\n$/.exec(stdout);
    assert.ok(match, stdout);
    const [address, lower, upper] = match.slice(1).map(BigInt);
    assert.equal(upper - lower, 15n);
    assert.equal(address, upper + 1n);
    assert.deepEqual(exit, { code: 0 });
  });

  it('tables shows tables made, freed and cleared', () => {
    for (const kernel of ['v4.19', 'ideal'] satisfies ProfileId[]) {
      const { stdout, exit } = run('tables', { kernel });
      const expected = [
        'after BNDSTX: 11111111',
        'after munmap: 01010101',
        'in the unmapped half of area 1: [0x0, 0xffffffffffffffff]',
      ];
      assert.deepEqual(
        stdout
          .trimEnd()
          .split('\n')
          .map((line) => line.replace(/^(areas with a table|bounds) /, '')),
        expected,
      );
      assert.deepEqual(exit, { code: 0 });
    }
  });

  it('lost shows bounds that stay and bounds that go', () => {
    const { stdout, exit } = run('lost');
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^.*: +/, ''));
    const all = '[0x0, 0xffffffffffffffff]';
    assert.deepEqual(lines.slice(1, 5), [all, all, all, all]);
    assert.match(lines[0], /^\[0x40\w{4}, 0x40\w{4}\]$/);
    assert.equal(lines[5], lines[0]);
    assert.deepEqual(exit, { code: 0 });
  });

  it('plain notices nothing with MPX off, and dies of its violation when it is enabled for it', () => {
    const off = run('plain');
    assert.equal(off.stdout, 'unnoticed: MPX is off\n');
    assert.deepEqual(off.exit, { code: 0 });
    const on = run('plain', { autoEnable: true });
    assert.equal(on.stdout, '');
    assert.deepEqual(on.exit, { signal: 11 });
    assert.equal(count(on, 'bounds-violation'), 1);
  });
});
