import assert from 'node:assert/strict';
import { parseCommandLine, UsageError } from '../../src/cli/options.ts';

describe('The command line', () => {
  it('gives everything after the program to the program', () => {
    const parsed = parseCommandLine(['run', '--quiet', 'prog', '--json', 'x', '-v']);
    assert.equal(parsed.command, 'run');
    assert.deepEqual(parsed.command === 'run' && [parsed.program, parsed.args, parsed.quiet, parsed.json], [
      'prog',
      ['--json', 'x', '-v'],
      true,
      undefined,
    ]);
  });

  it('takes option values after a space or an equals sign', () => {
    for (const words of [
      ['--kernel', 'v5.5', '--seed', '7'],
      ['--kernel=v5.5', '--seed=7'],
    ]) {
      const parsed = parseCommandLine(['run', ...words, 'p']);
      assert.deepEqual(parsed.command === 'run' && [parsed.kernel, parsed.seed], ['v5.5', 7]);
    }
  });

  it('lets the last --env of a name win', () => {
    const parsed = parseCommandLine(['run', '--env', 'A=1', '--env', 'B=x=y', '--env', 'A=2', 'p']);
    assert.deepEqual(parsed.command === 'run' && parsed.env, ['B=x=y', 'A=2']);
  });

  it('assembles sources to a program that is called like the first', () => {
    assert.deepEqual(parseCommandLine(['asm', 'x/a.s', 'b.s']), {
      command: 'asm',
      sources: ['x/a.s', 'b.s'],
      output: 'x/a',
    });
    assert.deepEqual(parseCommandLine(['asm', 'a.s', '-o', 'out']), {
      command: 'asm',
      sources: ['a.s'],
      output: 'out',
    });
    assert.throws(() => parseCommandLine(['asm']), /Name at least one source/);
    assert.throws(() => parseCommandLine(['asm', '-c', 'a.s']), /'-c' is not an option/);
    assert.throws(() => parseCommandLine(['asm', 'a.s', '-o']), /-o needs the name/);
  });

  it('takes the port of gdbserver first, then the program as run does', () => {
    const line = parseCommandLine(['gdbserver', '--port', '1234', '--kernel', 'ideal', 'a.out', '--port']);
    assert.ok(line.command === 'gdbserver');
    assert.equal(line.port, 1234);
    assert.equal(line.program.kernel, 'ideal');
    assert.deepEqual(line.program.args, ['--port']);
    assert.throws(() => parseCommandLine(['gdbserver', 'a.out']), /Say on which port/);
    assert.throws(() => parseCommandLine(['gdbserver', '--port=1', '--quiet', 'a.out']), /writes no report/);
  });

  it('refuses what it cannot obey, with a sentence', () => {
    const wrong = [
      [],
      ['fly'],
      ['run'],
      ['run', '--kernel', 'v9', 'p'],
      ['run', '--seed', '-1', 'p'],
      ['run', '--env', 'X', 'p'],
      ['run', '--fast', 'p'],
      ['vectors'],
      ['dap', '--port'],
      ['dap', '--port', '99999'],
      ['run', '--json'],
    ];
    for (const words of wrong)
      assert.throws(
        () => parseCommandLine(words),
        (error: unknown) => error instanceof UsageError && /[.…]$/.test(error.message),
        words.join(' '),
      );
  });
});
