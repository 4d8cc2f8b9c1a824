import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { mustRun, skipUnless, whyNoTools } from './tools.ts';

const BASES = ['rax', 'rbx', 'rsp', 'rbp', 'rsi', 'r8', 'r12', 'r13', 'r15'];

/** Memory operands in every addressing form of 64-bit code that BNDLDX takes too. */
function memoryOperands(): string[] {
  const forms: string[] = ['0x601000', '16(,%rax)', '%fs:8(%rax)', '%gs:(%rsp)'];
  for (const displacement of ['', '8', '-0x400'])
    for (const base of BASES) {
      forms.push(`${displacement}(%${base})`);
      for (const index of ['rcx', 'r9', 'r12']) forms.push(`${displacement}(%${base},%${index})`);
    }
  return forms;
}

const count = (code: string): number => code.split(' ').length;

describe('the run-time library: decoding the instruction of a #BR', () => {
  let folder = '';
  let program = '';

  before(function () {
    skipUnless(this, whyNoTools());
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-decode-'));
    program = path.join(folder, 'decode');
    mustRun('gcc', [
      ...['-O1', '-fsanitize=undefined,bounds', '-fno-sanitize-recover', '-Iruntime', '-o', program, 'runtime/insn.c'],
      path.join(PROJECT_ROOT, 'test/samples/programs/decode.c'),
    ]);
  });
  after(() => folder && fs.rmSync(folder, { recursive: true, force: true }));

  const decoded = (codes: string[]): string[] =>
    mustRun(program, [], codes.map((code) => `${code}\n`).join(''))
      .trim()
      .split('\n');

  /** What the assembler makes of instructions, as text of hex pairs. */
  function assembled(text: string[]): string[] {
    const source = path.join(folder, 'checks.s');
    const object = path.join(folder, 'checks.o');
    fs.writeFileSync(source, `here:\n${text.join('\n')}\n`);
    mustRun('as', ['-o', object, source]);
    const listing = mustRun('objdump', ['-d', '--insn-width=15', object]);
    const codes = [...listing.matchAll(/^\s+[0-9a-f]+:\t((?:[0-9a-f]{2} )+)\s*\t/gm)].map((match) => match[1].trim());
    assert.equal(codes.length, text.length);
    return codes;
  }

  it('agrees with the assembler on the length of checks in all addressing forms', () => {
    const operands = [...memoryOperands(), 'here(%rip)', '8(%rsi,%rdi,8)', ...BASES.map((base) => `%${base}`)];
    const codes = assembled(
      ['bndcl', 'bndcu', 'bndcn'].flatMap((name) => operands.map((operand) => `${name} ${operand}, %bnd2`)),
    );
    assert.deepEqual(
      decoded(codes),
      codes.map((code) => `check ${count(code)}`),
    );
  });

  it('agrees with the assembler on the length of BNDLDX and BNDSTX', () => {
    const codes = assembled(
      memoryOperands().flatMap((operand) => [`bndldx ${operand}, %bnd1`, `bndstx %bnd3, ${operand}`]),
    );
    assert.deepEqual(
      decoded(codes),
      codes.map((code) => `table ${count(code)}`),
    );
  });

  it('takes prefixes in any order, doubled ones too', () => {
    const codes = [
      ...['64 f2 0f 1a 40 10', 'f2 64 0f 1a 40 10', 'f3 f3 0f 1a 00', '67 f3 0f 1a 00', 'f3 67 41 0f 1a 00'],
      ...['66 f2 0f 1b 00', '48 f2 41 0f 1a 00', 'f2 48 66 0f 1a 00', 'f2 f3 0f 1a 00', '67 f2 48 0f 1a c7'],
      ...['f3 2e 48 0f 1a 04 25 00 00 00 00', '65 67 f2 4f 0f 1a 84 24 00 00 00 01'],
    ];
    assert.deepEqual(
      decoded(codes),
      codes.map((code) => `check ${count(code)}`),
    );
  });

  it('sees other instructions as such: BNDMK, BNDMOV, NOPs, what is too long', () => {
    const others = [
      ...[
        'f3 0f 1b 00',
        'f2 f3 0f 1b 00',
        '66 0f 1a 00',
        '66 0f 1b 00',
        '0f 1a c1',
        '90',
        '0f 1f 00',
        'f2 c3',
        '8b 00',
      ],
      Array(20).fill('f2').join(' '),
      `${Array(11).fill('f2').join(' ')} 0f 1a 44 24 08`,
    ];
    assert.deepEqual(
      decoded(others),
      others.map(() => 'other 0'),
    );
  });
});
