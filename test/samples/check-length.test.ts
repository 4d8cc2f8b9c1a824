import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { mustRun, skipUnless, whyNoTools } from './tools.ts';

/** Register and memory operands in every addressing form of 64-bit code. */
function operands(): string[] {
  const bases = ['rax', 'rbx', 'rsp', 'rbp', 'rsi', 'r8', 'r12', 'r13', 'r15'];
  const forms = bases.map((base) => `%${base}`);
  for (const displacement of ['', '8', '-0x400'])
    for (const base of bases) {
      forms.push(`${displacement}(%${base})`);
      for (const index of ['rcx', 'r9', 'r12']) forms.push(`${displacement}(%${base},%${index},4)`);
    }
  return [...forms, '0x601000', 'here(%rip)', '16(,%rax,8)', '%fs:8(%rax)', '%gs:(%rsp)'];
}

describe('the run-time library: length of a check', () => {
  let folder = '';
  let program = '';

  before(function () {
    skipUnless(this, whyNoTools());
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-length-'));
    program = path.join(folder, 'check-length');
    mustRun('gcc', [
      ...['-O1', '-fsanitize=undefined,bounds', '-fno-sanitize-recover', '-Iruntime', '-o', program, 'runtime/insn.c'],
      path.join(PROJECT_ROOT, 'test/samples/programs/check-length.c'),
    ]);
  });
  after(() => folder && fs.rmSync(folder, { recursive: true, force: true }));

  const lengths = (codes: string[]): number[] =>
    mustRun(program, [], codes.map((code) => `${code}\n`).join(''))
      .trim()
      .split('\n')
      .map(Number);

  it('agrees with the assembler for BNDCL, BNDCU and BNDCN in all addressing forms', () => {
    const source = path.join(folder, 'checks.s');
    const object = path.join(folder, 'checks.o');
    const text = ['bndcl', 'bndcu', 'bndcn'].flatMap((name) =>
      operands().map((operand) => `${name} ${operand}, %bnd2`),
    );
    fs.writeFileSync(source, `here:\n${text.join('\n')}\n`);
    mustRun('as', ['-o', object, source]);
    const listing = mustRun('objdump', ['-d', '--insn-width=15', object]);
    const codes = [...listing.matchAll(/^\s+[0-9a-f]+:\t((?:[0-9a-f]{2} )+)\s*\t/gm)].map((match) => match[1].trim());
    assert.equal(codes.length, text.length);
    assert.deepEqual(
      lengths(codes),
      codes.map((code) => code.split(' ').length),
    );
  });

  it('takes prefixes in any order, doubled ones too', () => {
    const codes = [
      ...['64 f2 0f 1a 40 10', 'f2 64 0f 1a 40 10', 'f3 f3 0f 1a 00', '67 f3 0f 1a 00', 'f3 67 41 0f 1a 00'],
      ...[
        '66 f2 0f 1b 00',
        '48 f2 41 0f 1a 00',
        'f2 48 66 0f 1a 00',
        'f2 f3 0f 1a 00',
        'f3 2e 48 0f 1a 04 25 00 00 00 00',
        '65 67 f2 4f 0f 1a 84 24 00 00 00 01',
      ],
    ];
    assert.deepEqual(
      lengths(codes),
      codes.map((code) => code.split(' ').length),
    );
  });

  it('sees that other instructions are no checks', () => {
    const others = [
      ...['f3 0f 1b 00', '0f 1a 04 08', '0f 1b 04 08', '66 0f 1a 00', '66 0f 1b 00', '90', 'f2 c3', '8b 00'],
      'f2 f3 0f 1b 00',
      Array(20).fill('f2').join(' '),
      // Sixteen bytes: too long for any instruction.
      `${Array(11).fill('f2').join(' ')} 0f 1a 44 24 08`,
    ];
    assert.deepEqual(
      lengths(others),
      others.map(() => 0),
    );
  });
});
