import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FLAG_KINDS, FLAG_SIZES, Flag, type FlagKind, flagCode } from '../../../src/isa/emit/flags.ts';
import { helperFunctions } from '../../../src/isa/emit/helpers.ts';
import { ModuleEncoder } from '../../../src/isa/emit/module.ts';
import type { Size } from '../../../src/isa/insn.ts';

type FlagsWord = (kind: number, a: bigint, b: bigint, c: bigint) => number;

function helpers(): Record<string, WebAssembly.ExportValue> {
  const module = new ModuleEncoder();
  for (const { name, parameters, result, body } of helperFunctions(module.nextIndex))
    module.export(name, module.add({ parameters, results: [result] }, body));
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
  return new WebAssembly.Instance(new WebAssembly.Module(module.encode() as BufferSource), { host: { memory } })
    .exports;
}
const exported = helpers();
const flagsWord = exported.flagsWord as FlagsWord;

/** Flags by the definitions of the SDM, in unbounded integers. Only those that are defined for the operation. */
function expected(kind: FlagKind, size: Size, a: bigint, b: bigint, c: bigint): { word: number; defined: number } {
  const bits = size * 8;
  const mask = (1n << BigInt(bits)) - 1n;
  const signed = (v: bigint) => BigInt.asIntN(bits, v);
  let result = a;
  let carry = false;
  let overflow = false;
  let adjust = false;
  let defined = Flag.CF | Flag.PF | Flag.AF | Flag.ZF | Flag.SF | Flag.OF;
  const additive = (sign: bigint, x: bigint, carryIn: bigint) => {
    const exact = a + sign * (x + carryIn);
    result = exact & mask;
    carry = exact < 0n || exact > mask;
    overflow = signed(a) + sign * (signed(x) + carryIn) !== signed(result);
    const low = (a & 15n) + sign * ((x & 15n) + carryIn);
    adjust = low < 0n || low > 15n;
  };
  switch (kind) {
    case 'word':
      return { word: Number(a & 0xffffn) & defined, defined };
    case 'add':
    case 'adc':
      additive(1n, b, kind === 'adc' ? c : 0n);
      break;
    case 'sub':
    case 'sbb':
      additive(-1n, b, kind === 'sbb' ? c : 0n);
      break;
    case 'inc':
    case 'dec':
      additive(kind === 'inc' ? 1n : -1n, 1n, 0n);
      carry = c === 1n;
      break;
    case 'logic':
      break;
    case 'shl':
      result = (a << b) & mask;
      carry = ((a >> (BigInt(bits) - b)) & 1n) === 1n;
      overflow = carry !== signed(result) < 0n;
      break;
    case 'shr':
      result = a >> b;
      carry = ((a >> (b - 1n)) & 1n) === 1n;
      overflow = signed(a) < 0n;
      break;
    case 'sar':
      result = (signed(a) >> b) & mask;
      carry = ((signed(a) >> (b - 1n)) & 1n) === 1n;
      break;
    case 'mul':
      result = (a * b) & mask;
      carry = signed(a) * signed(b) !== signed(result);
      overflow = carry;
      defined = Flag.CF | Flag.OF;
      break;
  }
  if (kind === 'shl' || kind === 'shr' || kind === 'sar')
    defined = Flag.CF | Flag.PF | Flag.ZF | Flag.SF | (b === 1n ? Flag.OF : 0);
  const ones = [...(result & 0xffn).toString(2)].filter((digit) => digit === '1').length;
  const word =
    (carry ? Flag.CF : 0) |
    (ones % 2 === 0 ? Flag.PF : 0) |
    (adjust ? Flag.AF : 0) |
    (result === 0n ? Flag.ZF : 0) |
    (signed(result) < 0n ? Flag.SF : 0) |
    (overflow ? Flag.OF : 0);
  return { word: word & defined, defined };
}

const operand = fc.oneof(fc.bigInt(0n, 0xffff_ffff_ffff_ffffn), fc.constantFrom(0n, 1n, 0x7fn, 0x80n, 0xffn, 0x7fffn));

describe('Lazy flags', () => {
  for (const kind of FLAG_KINDS) {
    for (const size of FLAG_SIZES) {
      it(`of ${kind} in ${size * 8} bits are those of the definition`, () => {
        fc.assert(
          fc.property(operand, operand, fc.constantFrom(0n, 1n), (x, y, c) => {
            const mask = (1n << BigInt(size * 8)) - 1n;
            const a = x & mask;
            const shift = kind === 'shl' || kind === 'shr' || kind === 'sar';
            const b = shift ? 1n + (y % BigInt(size * 8 - 1)) : y & mask;
            const { word, defined } = expected(kind, size, a, b, c);
            assert.equal(flagsWord(flagCode(kind, size), a, b, c) & defined, word);
          }),
          { numRuns: 60 },
        );
      });
    }
  }

  it('give all sixteen conditions their meaning in terms of the flags', () => {
    fc.assert(
      fc.property(operand, operand, fc.integer({ min: 0, max: 3 }), (a, b, override) => {
        const kind = flagCode('add', 8) | 0x40 | (override << 7);
        const word = flagsWord(kind, a, b, 0n);
        assert.equal(word & (Flag.CF | Flag.OF), (override & 1 ? Flag.CF : 0) | (override & 2 ? Flag.OF : 0));
        const on = (flag: number) => (word & flag) !== 0;
        const less = on(Flag.SF) !== on(Flag.OF);
        const meaning = [
          on(Flag.OF),
          on(Flag.CF),
          on(Flag.ZF),
          on(Flag.CF) || on(Flag.ZF),
          on(Flag.SF),
          on(Flag.PF),
          less,
          less || on(Flag.ZF),
          on(Flag.AF),
        ];
        meaning.forEach((value, base) => {
          const condition = exported[`condition${base}`] as FlagsWord;
          assert.equal(condition(kind, a, b, 0n), value ? 1 : 0, `condition ${base}`);
        });
      }),
    );
  });
});
