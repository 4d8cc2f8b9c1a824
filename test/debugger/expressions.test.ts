import assert from 'node:assert/strict';
import fc from 'fast-check';
import { UserError } from '../../src/debugger/errors.ts';
import { complete } from '../../src/debugger/expressions/completions.ts';
import { evaluateBounds, evaluateText } from '../../src/debugger/expressions/evaluate.ts';
import { wholeNumber } from '../../src/debugger/expressions/numbers.ts';
import type { Scope } from '../../src/debugger/expressions/scope.ts';
import { formatValue } from '../../src/debugger/expressions/value.ts';
import { fakeCpu, fakeMemory } from './fake-cpu.ts';

function scope(): Scope {
  const cpu = fakeCpu();
  const memory = fakeMemory();
  memory.populate(
    0x602000n,
    7,
    Uint8Array.from([0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0xff, 0xff, 0xff, 0xff]),
  );
  cpu.setGpr(0, 0x1122_3344_5566_7788n);
  cpu.setGpr(4, 0x602000n);
  cpu.setBnd(0, { lower: 0x602010n, upperRaw: ~0x602019n & 0xffff_ffff_ffff_ffffn });
  cpu.bndcfgu = 0x7fff_0000_0003n;
  cpu.bndstatus = 0x7fff_0000_1002n;
  const symbols: Record<string, bigint> = { main: 0x401136n, 'fill.chkp': 0x401200n, counter: 0x602008n };
  return { cpu, memory, symbol: (name) => symbols[name], mayWrite: true };
}
const show = (text: string, at = scope()) => formatValue(evaluateText(text, at));
const number = (text: string, at = scope()) => wholeNumber(evaluateText(text, at));

describe('Debugger expressions', () => {
  it('read registers and their parts, with or without a sigil', () => {
    assert.equal(number('$rax'), 0x1122_3344_5566_7788n);
    assert.equal(number('rax'), 0x1122_3344_5566_7788n);
    assert.equal(number('%eax'), 0x5566_7788n);
    assert.equal(number('ax'), 0x7788n);
    assert.equal(number('ah'), 0x77n);
    assert.equal(number('al'), 0x88n);
    assert.equal(number('$rip'), 0x401000n);
  });

  it('read bounds, their configuration and status by member', () => {
    assert.equal(show('bnd0'), '[0x602010, 0x602019] 10 bytes');
    assert.equal(show('bnd1'), 'INIT (all addresses)');
    assert.equal(number('bnd0.lower'), 0x602010n);
    assert.equal(number('$bnd0.upper'), 0x602019n);
    assert.equal(number('bnd0.ubound'), 0x602019n);
    assert.equal(number('bnd0.raw'), 0xffff_ffff_ff9f_dfe6n);
    assert.equal(number('bnd0.size'), 10n);
    assert.equal(number('bndcfgu.en'), 1n);
    assert.equal(number('bndcfgu.bndpreserve'), 1n);
    assert.equal(number('bndcfgu.base'), 0x7fff_0000_0000n);
    assert.equal(number('bndstatus.ec'), 2n);
    assert.equal(number('bndstatus.abd'), 0x7fff_0000_1000n);
  });

  it('read flags only with a sigil or through rflags', () => {
    assert.equal(number('$if'), 1n);
    assert.equal(number('rflags.zf'), 0n);
    assert.throws(() => evaluateText('cf', scope()), /neither a variable, nor a register, nor a symbol/);
  });

  it('know symbols by address, also with dots in their names', () => {
    assert.equal(show('main'), '0x401136 <main>');
    assert.equal(number('&main + 4'), 0x40113an);
    assert.equal(number('fill.chkp'), 0x401200n);
    assert.equal(number('*(u32*)counter'), 0xffff_ffffn);
  });

  it('read memory of every width and sign', () => {
    assert.equal(number('[rsp]'), 0x8877_6655_4433_2211n);
    assert.equal(number('*rsp'), 0x8877_6655_4433_2211n);
    assert.equal(number('*(u8*)(rsp + 1)'), 0x22n);
    assert.equal(number('*(int*)0x602008'), -1n);
    assert.equal(number('*(unsigned int *)0x602008'), 0xffff_ffffn);
    assert.equal(number('((u16*)rsp)[1]'), 0x4433n);
    assert.equal(number('*((u16*)rsp + 2)'), 0x6655n);
    assert.equal(number('&*(u8*)0x602003'), 0x602003n);
    assert.throws(() => evaluateText('[0]', scope()), new UserError('There is no memory at 0x0.'));
  });

  it('follow C in precedence and grouping', () => {
    assert.equal(number('2 + 3 * 4'), 14n);
    assert.equal(number('(2 + 3) * 4'), 20n);
    assert.equal(number('1 << 4 | 1'), 17n);
    assert.equal(number('10 - 4 - 3'), 3n);
    assert.equal(number('7 % 4'), 3n);
    assert.equal(number("'a' + 1"), 98n);
    assert.equal(number('-1 & 0xff'), 255n);
    assert.equal(show('1 + 1 == 2 && !(3 < 2)'), 'true');
    assert.equal(show('rax == 0 || al == 0x88'), 'true');
  });

  it('compare 64-bit patterns with negative numbers', () => {
    const at = scope();
    at.cpu.setGpr(1, 0xffff_ffff_ffff_ffffn);
    assert.equal(show('rcx == -1', at), 'true');
    assert.equal(show('rcx < 0', at), 'false');
    assert.equal(show('(i64)rcx < 0', at), 'true');
    assert.equal(show('-1 < 0'), 'true');
  });

  it('do not evaluate the right side when the left decides', () => {
    assert.equal(show('0 && [0]'), 'false');
    assert.equal(show('1 || [0]'), 'true');
  });

  it('assign to registers, parts, flags, bounds and memory', () => {
    const at = scope();
    assert.equal(number('rax = 5', at), 5n);
    evaluateText('ah = 0x12', at);
    assert.equal(at.cpu.gpr(0), 0x1205n);
    evaluateText('eax = -1', at);
    assert.equal(at.cpu.gpr(0), 0xffff_ffffn);
    evaluateText('$zf = 1', at);
    assert.equal(at.cpu.rflags, 0x242n);
    evaluateText('bnd0.upper = 0x60201f', at);
    assert.equal(show('bnd0', at), '[0x602010, 0x60201f] 16 bytes');
    evaluateText('bnd2 = [0x1000, 0x1fff]', at);
    assert.equal(show('bnd2', at), '[0x1000, 0x1fff] 4,096 bytes');
    const written: [bigint, number][] = [];
    evaluateText('*(u16*)rsp = 0xabcd', {
      ...at,
      onMemoryWritten: (address, length) => written.push([address, length]),
    });
    assert.equal(number('*(u32*)rsp', at), 0x4433_abcdn);
    assert.deepEqual(written, [[0x602000n, 2]]);
  });

  it('refuse to write from a hover, to constants and beyond the width', () => {
    assert.throws(() => evaluateText('rax = 1', { ...scope(), mayWrite: false }), UserError);
    assert.throws(() => evaluateText('5 = 1', scope()), /Only registers, variables and memory/);
    assert.throws(() => evaluateText('al = 0x100', scope()), /does not fit into al \(8 bits\)/);
    assert.throws(() => evaluateText('bnd0 = 1', scope()), /\[LOWER, UPPER\]/);
  });

  it('take bounds as people type or copy them', () => {
    const at = scope();
    const bounds = (text: string) => formatValue(evaluateBounds(text, at));
    assert.equal(bounds('INIT'), 'INIT (all addresses)');
    assert.equal(bounds('null (none)'), 'NULL (none)');
    assert.equal(bounds('0x1000, 0x1000 + 7'), '[0x1000, 0x1007] 8 bytes');
    assert.equal(bounds('[0x602010, 0x602019] 10 bytes'), '[0x602010, 0x602019] 10 bytes');
    assert.equal(bounds('0x2000, 0x1000'), '[0x2000, 0x1000] inverted (none)');
  });

  it('refuses calls of functions, and says why', () => {
    for (const text of ['main()', 'main(1, rax)', '(*main)(2)', 'main(1)->next'])
      assert.throws(() => evaluateText(text, scope()), /cannot be called from here: a call would run the program/);
  });

  it('see the locals of a kernel frame first', () => {
    const at: Scope = { ...scope(), kernelLocal: (name) => ({ bd_entry: 0x7fff0000n, main: 'text' })[name] };
    assert.equal(number('bd_entry + 8', at), 0x7fff0008n);
    assert.equal(show('main', at), 'text');
  });

  it('say in one sentence what is wrong', () => {
    for (const text of [
      '',
      '1 +',
      '(1',
      '1 2',
      '$nothing',
      'no_such_symbol',
      '1 / 0',
      'bnd0 + 1',
      '&5',
      '§',
      '12ab',
      'bnd0.colour',
    ])
      assert.throws(
        () => evaluateText(text, scope()),
        (error: Error) => error instanceof UserError && /^[^\n]+\.$/.test(error.message),
      );
  });

  it('never throw anything but a UserError, whatever is typed', () => {
    const word = fc.constantFrom(
      'rax',
      '$',
      '%',
      'bnd0',
      '.',
      'lower',
      '(',
      ')',
      '[',
      ']',
      '*',
      '&',
      'u8',
      '=',
      '-',
      '1',
      '0x',
      ',',
      'main',
      "'",
      '<<',
      '!',
      ' ',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word, { maxLength: 30 }).map((words) => words.join('')),
        ),
        (text) => {
          try {
            evaluateText(text, scope());
          } catch (error) {
            assert.ok(error instanceof UserError, `${text}: ${error}`);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('evaluate random sums as bigint arithmetic does', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 1n << 40n), fc.bigInt(0n, 1n << 40n), fc.bigInt(1n, 1n << 20n), (a, b, c) => {
        assert.equal(number(`${a} + 0x${b.toString(16)} * 3 - ${a} / ${c}`), a + b * 3n - a / c);
      }),
    );
  });
});

describe('Completions of expressions', () => {
  const labels = (text: string, locals: string[] = []) =>
    complete(text, text.length, undefined, locals).map(({ label }) => label);

  it('offer registers, members and locals', () => {
    assert.ok(labels('$r1').includes('r10'));
    assert.deepEqual(labels('bnd1.'), ['lower', 'upper', 'raw', 'size']);
    assert.deepEqual(labels('1 + bndcfgu.b'), ['bndpreserve', 'base']);
    assert.deepEqual(labels('bd_en', ['bd_entry', 'old']), ['bd_entry']);
    assert.deepEqual(labels('1 + '), []);
  });

  it('tell which characters they replace', () => {
    const [first] = complete('x + bnd0.lo', 11, undefined, []);
    assert.deepEqual(first, { label: 'lower', kind: 'member', start: 9, end: 11 });
  });
});
