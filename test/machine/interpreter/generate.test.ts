import assert from 'node:assert/strict';
import { Op } from '../../../src/isa/emit/opcodes.ts';
import { allSemantics } from '../../../src/isa/semantics/all.ts';
import { type Semantics, semantics } from '../../../src/isa/semantics/table.ts';
import { FastEmit } from '../../../src/machine/interpreter/fast-emit.ts';
import { generateInterpreter } from '../../../src/machine/interpreter/generate.ts';
import { fusedJobs, singleJobs } from '../../../src/machine/interpreter/patterns.ts';
import { slowKey } from '../../../src/machine/interpreter/special.ts';

/** Generates one handler from `emit`. */
function generate(form: string, emit: Semantics): Uint8Array {
  const [job] = singleJobs(
    semantics((define) => define('test', form, [8], emit)),
    true,
  );
  const e = new FastEmit(0, undefined);
  e.start(job.steps[0].pattern);
  job.steps[0].definition.emit(e, job.steps[0].pattern.insn, 'test');
  e.code.push(Op.unreachable);
  return e.body();
}

describe('The interpreter generator', () => {
  it('makes valid modules that agree on the instructions they run', () => {
    const { modules, handlers } = generateInterpreter();
    for (const [name, bytes] of Object.entries(modules)) assert.ok(WebAssembly.validate(bytes as BufferSource), name);
    for (const { key } of singleJobs(allSemantics, true)) {
      assert.ok(key in handlers, key);
      assert.ok(slowKey(key) in handlers, key);
    }
    for (const { key } of fusedJobs(singleJobs(allSemantics, false))) assert.ok(key in handlers, key);
  });

  it('refuses semantics whose memory check comes after an effect: a fault there would not be precise', () => {
    const imprecise: Semantics = (e, u) => {
      e.setReg(0, e.i64(1));
      e.rd(u.a, 8);
    };
    assert.throws(() => generate('m', imprecise), /imprecise: memory check after an effect/);
    const twoStores: Semantics = (e, u) => {
      const value = e.rd(u.b, 8);
      e.wr(u.a, 8, value);
      e.wr(u.a, 8, value);
    };
    assert.throws(() => generate('m,s', twoStores), /imprecise/);
    assert.doesNotThrow(() => generate('m,s', (e, u) => e.wr(u.a, 8, e.rd(u.b, 8))));
  });

  it('refuses effects in one arm followed by a check, but not where that arm leaves the instruction', () => {
    assert.throws(
      () =>
        generate('m', (e, u) => {
          e.if(e.wrap(e.reg(0)), () => e.setReg(1, e.i64(0)));
          e.rd(u.a, 8);
        }),
      /imprecise/,
    );
    assert.doesNotThrow(() =>
      generate('m', (e, u) => {
        e.if(e.wrap(e.reg(0)), () => {
          e.setReg(1, e.i64(0));
          e.trap(5, u);
        });
        e.rd(u.a, 8);
      }),
    );
  });

  it('refuses a load that is evaluated twice', () => {
    assert.throws(
      () =>
        generate('-', (e) => {
          const value = e.reg(0);
          e.setReg(1, e.add(value, value));
        }),
      /pin it with let/,
    );
  });

  it('refuses flags that are set in one arm only without saying so', () => {
    assert.throws(
      () => generate('-', (e) => e.if(e.wrap(e.reg(0)), () => e.setFlags('logic', 8, e.i64(0)))),
      /flagsIf/,
    );
  });
});
