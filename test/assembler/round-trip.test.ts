import assert from 'node:assert/strict';
import { hexBytes } from '../../src/base/hex.ts';
import { type Flavor, InstructionFormatter } from '../../src/isa/text/formatter.ts';
import { makeCase } from '../native/cases.ts';
import { FORMS } from '../native/forms/all.ts';
import { Random } from '../native/random.ts';
import { objectOf } from './assembling.ts';

const ADDRESS = 0x40_0000n;
/** Hints that assemblers have no name for. */
const NO_NAME = /^prefetch_/;
const CASES_OF_A_FORM = 2;

/** The library writes operands that are the instruction's own, and sizes, where assemblers do not take them. */
function asWritten(text: string): string {
  return text
    .replace(/ {2}# .*/, '')
    .replace(/^(f\w+ )st,(?=.*PTR)/, '$1')
    .replace(/^(f\w+ .*PTR .*),st$/, '$1')
    .replace(/^(fld) st,/, '$1 ')
    .replace(/^(fstp|fst|fstpnce) (st\(\d\)),st$/, '$1 $2')
    .replace(/^data16 ret far/, 'retfw')
    .replace(/^data64 ret far/, 'retfq')
    .replace(/^ret far/, 'retf')
    .replace(/^(pushf|popf)$/, '$1w')
    .replace(/FPU\w+ PTR /, '');
}

/** Instructions at random, of every form that the CPU is judged on, as text. */
function texts(flavor: Flavor): { text: string; bytes: Uint8Array; form: string }[] {
  const random = new Random(7);
  const formatter = new InstructionFormatter({ flavor });
  const found = FORMS.flatMap((form) =>
    Array.from({ length: CASES_OF_A_FORM }, () => {
      const bytes = makeCase(random, form).code;
      const { text, length } = formatter.format(bytes, ADDRESS);
      return { text: asWritten(text), bytes: bytes.subarray(0, length), form: `${form.name} (${form.text})` };
    }),
  ).filter(({ text }) => text !== '(bad)' && text !== '' && !NO_NAME.test(text));
  formatter.dispose();
  return found;
}

/** The source for `text`: targets by their distance. */
function asSource(text: string): string {
  return text.replace(
    /^((?:bnd |notrack |addr32 )?(?:j\w+|call|loop\w*|xbegin)) (0x[0-9a-f]+)$/,
    (_, mnemonic: string, target: string) => `${mnemonic} . + ${BigInt.asIntN(64, BigInt(target) - ADDRESS)}`,
  );
}

/** Whether two texts mean the same: operands of XCHG have no order, ST is ST(0), and SAL is SHL. */
function same(one: string, other: string): boolean {
  if (/^f\w+ (%?st,%?st\(0\)|%?st\(0\),%?st)$/.test(one)) return one.split(' ')[0] === other.split(' ')[0];
  const swapped = other.replace(/^(xchg) (%?\w+),(%?\w+)$/, '$1 $3,$2');
  return one === other || one === swapped || one === other.replace(/^sal/, 'shl');
}

describe('Every instruction of the CPU, as text', () => {
  for (const flavor of ['att', 'intel'] as const)
    it(`is assembled to the same instruction (${flavor})`, () => {
      const all = texts(flavor);
      assert.ok(all.length > 2000);
      const head = flavor === 'intel' ? '.intel_syntax noprefix\n' : '';
      // A section each, so that one that is wrong moves no other.
      const source = head + all.map(({ text }, i) => `.section .s${i}, "ax"\n${asSource(text)}`).join('\n');
      const sections = objectOf(source).sections.filter(({ name }) => /^\.s\d/.test(name));
      const formatter = new InstructionFormatter({ flavor });
      const wrong = all.flatMap(({ text, bytes, form }, i) => {
        const made = asWritten(formatter.format(sections[i].bytes, ADDRESS).text);
        return same(made, text)
          ? []
          : [`${form}: ${text} (${hexBytes(bytes)}) became ${made} (${hexBytes(sections[i].bytes)})`];
      });
      formatter.dispose();
      assert.deepEqual(wrong, []);
    });
});
