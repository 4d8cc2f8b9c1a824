import assert from 'node:assert/strict';
import { BreakpointTable } from '../../src/debugger/breakpoints.ts';
import { UserError } from '../../src/debugger/errors.ts';
import type { Scope } from '../../src/debugger/expressions/scope.ts';
import { parseHitCondition } from '../../src/debugger/hit-condition.ts';
import { parseLogMessage, renderLogMessage } from '../../src/debugger/log-message.ts';
import { fakeCpu, fakeMemory } from './fake-cpu.ts';
import { fakeSymbols } from './fake-symbols.ts';

const symbols = () =>
  fakeSymbols(
    [
      { name: 'main', address: 0x1000n, size: 0x40n },
      { name: 'counter', address: 0x9000n, size: 8n, kind: 'object' },
    ],
    [
      { file: '/src/a.c', line: 3, start: 0x1000n, end: 0x1004n },
      { file: '/src/a.c', line: 4, start: 0x1004n, end: 0x1020n },
    ],
  );

function scope(rax = 0n): Scope {
  const cpu = fakeCpu();
  cpu.setGpr(0, rax);
  return { cpu, memory: fakeMemory(), symbol: () => undefined, mayWrite: false };
}

describe('Hit counts', () => {
  const hits = (text: string) => Array.from({ length: 9 }, (_, i) => i + 1).filter(parseHitCondition(text));

  it('of a plain number mean exactly that hit', () => {
    assert.deepEqual(hits('3'), [3]);
    assert.deepEqual(hits('== 3'), [3]);
  });

  it('compare and divide', () => {
    assert.deepEqual(hits('>= 8'), [8, 9]);
    assert.deepEqual(hits('>8'), [9]);
    assert.deepEqual(hits('<3'), [1, 2]);
    assert.deepEqual(hits('<= 2'), [1, 2]);
    assert.deepEqual(hits('% 4'), [4, 8]);
  });

  it('that are none are refused with the forms there are', () => {
    for (const text of ['', 'x', '% 0', '-1', '1.5', '=>3'])
      assert.throws(
        () => parseHitCondition(text),
        (error: Error) => error instanceof UserError && />=/.test(error.message),
      );
  });
});

describe('Log messages', () => {
  const render = (text: string) => renderLogMessage(parseLogMessage(text), scope(42n));

  it('hold values of expressions', () => {
    assert.equal(render('rax is {rax}, next {rax + 1 == 43}'), 'rax is 0x2a (42), next true');
  });

  it('keep escaped braces', () => {
    assert.equal(render('\\{rax\\} {al}'), '{rax} 0x2a (42)');
  });

  it('say in place what cannot be evaluated', () => {
    assert.equal(render('at {[0]}!'), 'at {There is no memory at 0x0.}!');
  });

  it('with an open brace are refused', () => {
    assert.throws(() => parseLogMessage('{rax'), UserError);
  });
});

describe('Breakpoints', () => {
  it('move to the next line that has code and say where they are', () => {
    const [breakpoint] = new BreakpointTable(symbols()).setSource('/src/a.c', [{ line: 1 }]);
    assert.deepEqual(breakpoint.addresses, [0x1000n]);
    assert.equal(breakpoint.location?.line, 3);
  });

  it('that cannot be set say why', () => {
    const table = new BreakpointTable(symbols());
    const problem = (file: string, line: number) => table.setSource(file, [{ line }])[0].problem;
    assert.equal(problem('/src/a.c', 99), 'There is no code at line 99 of a.c or behind it.');
    assert.equal(problem('/src/b.c', 1), "The program's line information does not mention b.c.");
    assert.match(
      new BreakpointTable(fakeSymbols([])).setSource('/x.c', [{ line: 1 }])[0].problem ?? '',
      /no line information/,
    );
    assert.equal(table.setFunctions([{ name: 'nothing' }])[0].problem, 'The program has no function “nothing”.');
    assert.equal(table.setFunctions([{ name: 'counter' }])[0].problem, '“counter” is data at 0x9000, not a function.');
    assert.match(table.setInstructions([{ address: 1n, condition: '1 +' }])[0].problem ?? '', /ends too early/);
  });

  it('on a function stop behind its prologue', () => {
    const [breakpoint] = new BreakpointTable(symbols()).setFunctions([{ name: 'main' }]);
    assert.deepEqual(breakpoint.addresses, [0x1004n]);
  });

  it('on an address written as a function name stop there', () => {
    assert.deepEqual(new BreakpointTable(symbols()).setFunctions([{ name: '*0x1010' }])[0].addresses, [0x1010n]);
  });

  it('replace those of the same file only', () => {
    const table = new BreakpointTable(symbols());
    table.setSource('/src/a.c', [{ line: 3 }, { line: 4 }]);
    table.setInstructions([{ address: 0x2000n }]);
    table.setSource('/src/a.c', [{ line: 4 }]);
    assert.deepEqual([...table.addresses()], [0x1004n, 0x2000n]);
  });

  it('never use a number twice', () => {
    const table = new BreakpointTable(symbols());
    const first = table.setSource('/src/a.c', [{ line: 3 }])[0].id;
    assert.notEqual(table.setSource('/src/a.c', [{ line: 3 }])[0].id, first);
  });

  it('count only hits whose condition holds', () => {
    const table = new BreakpointTable(symbols());
    const [breakpoint] = table.setInstructions([{ address: 1n, condition: 'rax > 5', hitCondition: '2' }]);
    assert.equal(table.judge(breakpoint, scope(1n)).kind, 'pass');
    assert.equal(table.judge(breakpoint, scope(6n)).kind, 'pass');
    assert.equal(table.judge(breakpoint, scope(6n)).kind, 'stop');
    assert.equal(table.judge(breakpoint, scope(6n)).kind, 'pass');
  });

  it('with a condition that cannot be evaluated stop and say so', () => {
    const table = new BreakpointTable(symbols());
    const [breakpoint] = table.setInstructions([{ address: 1n, condition: '[0] == 1' }]);
    const verdict = table.judge(breakpoint, scope());
    assert.ok(verdict.kind === 'stop' && verdict.problem?.includes('There is no memory at 0x0.'));
  });

  it('that log do not stop', () => {
    const table = new BreakpointTable(symbols());
    const [breakpoint] = table.setInstructions([{ address: 1n, logMessage: 'rax={rax}' }]);
    assert.deepEqual(table.judge(breakpoint, scope(3n)), { kind: 'log', text: 'rax=0x3' });
  });

  it('are found anew, with the same numbers, when the program is started again', () => {
    const table = new BreakpointTable(fakeSymbols([]));
    const [breakpoint] = table.setSource('/src/a.c', [{ line: 4 }]);
    const [wrong] = table.setInstructions([{ address: 1n, condition: ')' }]);
    assert.deepEqual(breakpoint.addresses, []);
    table.rebind(symbols());
    assert.deepEqual(breakpoint.addresses, [0x1004n]);
    assert.equal(breakpoint.problem, undefined);
    assert.ok(wrong.problem, 'a condition that is wrong stays wrong');
  });
});
