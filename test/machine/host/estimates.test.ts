import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Snippet } from '../snippet.ts';

/** SDM Vol. 2, RCPPS and RSQRTPS. */
const GREATEST_ERROR = 1.5 * 2 ** -12;
const LEAST_NORMAL = 2 ** -126;
const GREATEST = (2 - 2 ** -23) * 2 ** 127;

const RCPPS = { legacy: '0f 53 c1', vex: 'c5 fc 53 c1' };
const RSQRTPS = { legacy: '0f 52 c1', vex: 'c5 fc 52 c1' };

const normal = fc.float({ noNaN: true, min: Math.fround(LEAST_NORMAL), max: Math.fround(GREATEST) });
const eight = fc.array(normal, { minLength: 8, maxLength: 8 });

describe('Estimates', () => {
  let snippet: Snippet;
  before(() => {
    snippet = new Snippet('', { features: { model: 'skylake' } });
  });

  /** The estimates of eight numbers: of the lower four by the legacy form, of all by the VEX form. */
  function estimates(
    code: { legacy: string; vex: string },
    numbers: readonly number[],
  ): { legacy: number[]; vex: number[] } {
    const source = new Uint8Array(Float32Array.from(numbers).buffer);
    const run = (hex: string): number[] => {
      snippet.cpu.setYmm(1, source);
      snippet.code(hex).finish();
      return [...new Float32Array(snippet.cpu.ymm(0).slice().buffer)];
    };
    return { legacy: run(code.legacy).slice(0, 4), vex: run(code.vex) };
  }

  function checkError(
    code: { legacy: string; vex: string },
    exact: (x: number) => number,
    numbers: readonly number[],
  ): void {
    const { legacy, vex } = estimates(code, numbers);
    numbers.forEach((x, i) => {
      const wanted = exact(x);
      // A result that would be denormal is zero.
      if (Math.abs(wanted) < LEAST_NORMAL * (1 + GREATEST_ERROR)) assert.ok(Math.abs(vex[i]) <= Math.abs(wanted) * 2);
      else assert.ok(Math.abs(vex[i] - wanted) <= GREATEST_ERROR * Math.abs(wanted), `${x}: ${vex[i]} for ${wanted}`);
    });
    assert.deepEqual(legacy, vex.slice(0, 4));
  }

  it('of reciprocals are as near as the manual promises', () => {
    fc.assert(
      fc.property(eight, fc.boolean(), (numbers, negative) =>
        checkError(
          RCPPS,
          (x) => 1 / x,
          numbers.map((x) => (negative ? -x : x)),
        ),
      ),
      { numRuns: 60 },
    );
  });

  it('of reciprocal roots are as near as the manual promises', () => {
    fc.assert(
      fc.property(eight, (numbers) => checkError(RSQRTPS, (x) => 1 / Math.sqrt(x), numbers)),
      { numRuns: 60 },
    );
  });

  it('of zeros, denormals, infinities and NaNs are what the manual says', () => {
    const numbers = [0, -0, 2 ** -140, -(2 ** -140), Infinity, -Infinity, NaN, -1];
    assert.deepEqual(estimates(RCPPS, numbers).vex, [Infinity, -Infinity, Infinity, -Infinity, 0, -0, NaN, -1]);
    assert.deepEqual(estimates(RSQRTPS, numbers).vex, [Infinity, -Infinity, Infinity, -Infinity, 0, NaN, NaN, NaN]);
  });
});
