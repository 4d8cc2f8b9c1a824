import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CONSTANTS } from '../../../src/machine/float/constants.ts';
import { FloatContext, Rounding } from '../../../src/machine/float/context.ts';
import { floatOperand, toFloat } from '../../../src/machine/float/convert.ts';
import { type Extended, ONE } from '../../../src/machine/float/extended.ts';
import {
  arctangent,
  cosine,
  logarithm,
  logarithmPlusOne,
  powerOfTwoMinusOne,
  sine,
  tangent,
} from '../../../src/machine/float/transcendental.ts';

const contextOf = (rounding: number = Rounding.NEAREST) => new FloatContext(rounding, 64, 0x3f);
const extended = (x: number): Extended => floatOperand(new BigUint64Array(Float64Array.of(x).buffer)[0], 8);
const double = (x: Extended | undefined): number =>
  x ? new Float64Array(BigUint64Array.of(toFloat(contextOf(), x, 8)).buffer)[0] : Number.NaN;

function assertClose(actual: number, expected: number): void {
  const tolerance = 4 * Number.EPSILON * Math.max(Math.abs(expected), Number.MIN_VALUE);
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
}

describe('Transcendental functions of the x87 unit', () => {
  it('agree with JavaScript to the precision of doubles', () => {
    const c = contextOf();
    fc.assert(
      fc.property(
        fc.double({ min: -20, max: 20, noNaN: true }),
        fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
        (x, y) => {
          if (Math.abs(x) < 1e-300) return;
          assertClose(double(sine(c, extended(x))), Math.sin(x));
          assertClose(double(cosine(c, extended(x))), Math.cos(x));
          assertClose(double(tangent(c, extended(x))), Math.tan(x));
          assertClose(double(arctangent(c, extended(x), extended(y))), Math.atan2(x, y));
          assertClose(double(arctangent(c, extended(x), extended(-y))), Math.atan2(x, -y));
          assertClose(double(logarithm(c, ONE, extended(y))), Math.log2(y));
          assertClose(double(logarithmPlusOne(c, ONE, extended(x / 100))), Math.log1p(x / 100) * Math.LOG2E);
          assertClose(double(powerOfTwoMinusOne(c, extended(x / 20))), Math.expm1((x / 20) * Math.LN2));
        },
      ),
    );
  });

  it('refuse angles of 2^63 and more', () => {
    for (const f of [sine, cosine, tangent]) assert.equal(f(contextOf(), extended(2 ** 63)), undefined);
    assert.notEqual(sine(contextOf(), extended(2 ** 62)), undefined);
  });

  it('load constants as the rounding control says', () => {
    // SDM Vol. 1, 8.3.8: the significand of π is C90FDAA22168C234C in 66 bits.
    assert.equal(CONSTANTS.fldpi(contextOf()).significand, 0xc90fdaa22168c235n);
    assert.equal(CONSTANTS.fldpi(contextOf(Rounding.ZERO)).significand, 0xc90fdaa22168c234n);
    assert.equal(double(CONSTANTS.fldl2e(contextOf())), Math.LOG2E);
    assert.equal(double(CONSTANTS.fldln2(contextOf())), Math.LN2);
    assert.equal(double(CONSTANTS.fldlg2(contextOf())), Math.log10(2));
  });
});
