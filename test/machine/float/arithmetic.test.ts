import assert from 'node:assert/strict';
import fc from 'fast-check';
import { add, divide, multiply, root, subtract } from '../../../src/machine/float/arithmetic.ts';
import { Abandoned, Flag, FloatContext, Rounding } from '../../../src/machine/float/context.ts';
import { floatOperand, fromBcd, toBcd, toFloat, toInteger } from '../../../src/machine/float/convert.ts';
import { type Extended, fromInteger, INDEFINITE, ONE } from '../../../src/machine/float/extended.ts';
import { remainder } from '../../../src/machine/float/remainder.ts';

const ALL_MASKED = 0x3f;
const contextOf = (rounding: number = Rounding.NEAREST, precision = 64, masks = ALL_MASKED) =>
  new FloatContext(rounding, precision, masks);

const bitsOf = (x: number): bigint => new BigUint64Array(Float64Array.of(x).buffer)[0];
const extended = (x: number): Extended => floatOperand(bitsOf(x), 8);
const double = (x: Extended): number => new Float64Array(BigUint64Array.of(toFloat(contextOf(), x, 8)).buffer)[0];

/** Doubles whose sums, products and quotients stay in the range of normal doubles. */
const moderate = fc
  .tuple(fc.double({ min: 1, max: 2, noNaN: true }), fc.integer({ min: -200, max: 200 }), fc.boolean())
  .map(([x, exponent, negative]) => (negative ? -x : x) * 2 ** exponent);

describe('Soft-float of the extended format', () => {
  it('rounds to double precision as JavaScript does', () => {
    const operations: [typeof add, (a: number, b: number) => number][] = [
      [add, (a, b) => a + b],
      [subtract, (a, b) => a - b],
      [multiply, (a, b) => a * b],
      [divide, (a, b) => a / b],
    ];
    fc.assert(
      fc.property(moderate, moderate, (a, b) => {
        for (const [operation, expected] of operations) {
          const result = operation(contextOf(Rounding.NEAREST, 53), extended(a), extended(b));
          assert.equal(double(result), expected(a, b));
        }
        const square = root(contextOf(Rounding.NEAREST, 53), extended(Math.abs(a)));
        assert.equal(double(square), Math.sqrt(Math.abs(a)));
        const { value, quotient } = remainder(contextOf(), extended(a), extended(b), false);
        if (quotient !== 'continues') assert.equal(double(value), a % b);
      }),
    );
  });

  it('brackets the exact result between rounding down and up', () => {
    fc.assert(
      fc.property(moderate, moderate, (a, b) => {
        const down = divide(contextOf(Rounding.DOWN), extended(a), extended(b));
        const context = contextOf(Rounding.UP);
        const up = divide(context, extended(a), extended(b));
        const size = ({ exponent, significand }: Extended) => (BigInt(exponent) << 63n) + significand - (1n << 63n);
        const distance = down.sign ? size(down) - size(up) : size(up) - size(down);
        assert.equal(distance, context.flags & Flag.PE ? 1n : 0n);
      }),
    );
  });

  it('raises an unmasked invalid operation without a result', () => {
    const context = contextOf(Rounding.NEAREST, 64, ALL_MASKED & ~Flag.IE);
    assert.throws(() => root(context, extended(-1)), Abandoned);
    assert.equal(context.flags, Flag.IE);
    assert.deepEqual(root(contextOf(), extended(-1)), INDEFINITE);
  });

  it('adjusts the exponent of an unmasked overflow', () => {
    const huge: Extended = { ...ONE, exponent: 0x7ffe };
    const context = contextOf(Rounding.NEAREST, 64, ALL_MASKED & ~Flag.OE);
    const result = multiply(context, huge, huge);
    assert.equal(context.flags, Flag.OE);
    assert.equal(result.exponent, 2 * 0x7ffe - 16383 - 24576);
    assert.equal(multiply(contextOf(), huge, huge).exponent, 0x7fff);
  });

  it('keeps integers and decimal digits through its registers', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), (n) => {
        assert.equal(toInteger(contextOf(), fromInteger(n), 64), n);
        const decimal = n % 10n ** 18n;
        const context = contextOf();
        const back = fromBcd(toBcd(context, fromInteger(decimal)));
        assert.equal(toInteger(context, back, 64), decimal);
        assert.equal(context.flags, 0);
      }),
    );
    const context = contextOf();
    assert.equal(toInteger(context, fromInteger(1n << 40n), 32), -(1n << 31n));
    assert.equal(context.flags, Flag.IE);
  });
});
