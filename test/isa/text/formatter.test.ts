import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { hex, hexBytes, parseHexBytes } from '../../../src/base/hex.ts';
import { type Flavor, InstructionFormatter, type TextOptions } from '../../../src/isa/text/formatter.ts';
import { nativeTools } from '../../symbols/native.ts';
import { essence, objdump } from './judge.ts';

function format(bytes: string, options: Partial<TextOptions> = {}, address = 0x401000n) {
  const formatter = new InstructionFormatter({ flavor: 'att', ...options });
  const text = formatter.format(parseHexBytes(bytes)!, address);
  formatter.dispose();
  return text;
}

const text = (bytes: string, options: Partial<TextOptions> = {}) => format(bytes, options).text;
const intel = (bytes: string) => text(bytes, { flavor: 'intel' });

describe('the text of instructions', () => {
  it('shows base and index of table operands apart', () => {
    assert.equal(text('0f 1a 4c 18 03'), 'bndldx 0x3(%rax,%rbx,1),%bnd1');
    assert.equal(text('0f 1b 04 18'), 'bndstx %bnd0,(%rax,%rbx,1)');
    assert.equal(text('0f 1b 04 03'), 'bndstx %bnd0,(%rbx,%rax,1)');
    assert.equal(text('0f 1a 0c 1d 00 00 00 00'), 'bndldx (,%rbx,1),%bnd1');
    assert.equal(intel('0f 1a 4c 18 03'), 'bndldx bnd1,[rax+rbx*1+0x3]');
    assert.equal(intel('0f 1b 04 03'), 'bndstx [rbx+rax*1],bnd0');
    assert.equal(intel('0f 1b 04 05 30 f0 40 00'), 'bndstx [rax*1+0x40f030],bnd0');
    assert.equal(intel('0f 1b 40 30'), 'bndstx [rax+0x30],bnd0');
    assert.equal(intel('0f 1b 04 25 30 f0 40 00'), 'bndstx [0x40f030],bnd0');
  });

  it('claims no size for bounds in memory', () => {
    assert.equal(intel('66 0f 1a 54 24 10'), 'bndmov bnd2,[rsp+0x10]');
    assert.equal(intel('f3 0f 1a 00'), 'bndcl bnd0,[rax]');
    assert.equal(intel('f3 0f 1b 1c c5 10 00 00 00'), 'bndmk bnd3,[rax*8+0x10]');
  });

  it('shows the BND prefix on every branch that may carry it, also on a short JMP', () => {
    assert.equal(text('f2 e8 00 00 00 00'), 'bnd call 0x401006');
    assert.equal(text('f2 74 c3'), 'bnd je 0x400fc6');
    assert.equal(text('f2 c3'), 'bnd ret');
    assert.equal(text('f2 ff 20'), 'bnd jmp *(%rax)');
    assert.equal(text('f2 eb fe'), 'bnd jmp 0x401001');
    assert.equal(intel('f2 eb fe'), 'bnd jmp 0x401001');
    assert.equal(text('f2 ff d0'), 'bnd call *%rax');
  });

  it('shows what a CPU without MPX sees', () => {
    const old = { mpx: false };
    assert.equal(text('0f 1a 4c 18 03', old), 'nopl 0x3(%rax,%rbx,1)');
    assert.equal(text('66 0f 1a 54 24 10', old), 'nopw 0x10(%rsp)');
    assert.equal(text('f3 0f 1b 1b', old), 'nopl (%rbx)');
    assert.equal(text('f3 48 0f 1b 1b', old), 'nopq (%rbx)');
    assert.equal(text('66 0f 1a c8', old), 'nop %ax');
    assert.equal(text('0f 1a 4c 18 03', { ...old, flavor: 'intel' }), 'nop DWORD PTR [rax+rbx*1+0x3]');
    assert.equal(text('f2 e8 00 00 00 00', old), 'call 0x401006');
    assert.equal(text('f2 c3', old), 'ret');
    assert.equal(text('f3 a4', old).startsWith('rep movs'), true);
    assert.equal(text('f2 eb fe', old), 'jmp 0x401001');
  });

  it('names branch targets and fixed addresses', () => {
    const symbolAt = (address: bigint) =>
      address >= 0x401000n && address < 0x402000n
        ? { name: 'main', offset: address - 0x401000n }
        : address === 0x404010n
          ? { name: 'counter', offset: 0n }
          : undefined;
    assert.deepEqual(format('e8 00 00 00 00', { symbolAt }), {
      length: 5,
      text: 'call 0x401005 <main+0x5>',
      target: 0x401005n,
    });
    assert.deepEqual(format('f2 0f 1a 05 08 30 00 00', { symbolAt }), {
      length: 8,
      text: 'bndcu 0x3008(%rip),%bnd0  # 0x404010 <counter>',
      target: 0x404010n,
    });
    assert.deepEqual(format('f2 0f 1a 05 00 10 00 00'), {
      length: 8,
      text: 'bndcu 0x1000(%rip),%bnd0  # 0x402008',
      target: 0x402008n,
    });
    assert.deepEqual(format('8b 04 25 10 40 40 00', { symbolAt }), {
      length: 7,
      text: 'mov 0x404010,%eax  # 0x404010 <counter>',
      target: 0x404010n,
    });
    assert.deepEqual(format('64 8b 04 25 28 00 00 00', { symbolAt }), { length: 8, text: 'mov %fs:0x28,%eax' });
  });

  it('calls undefined instructions bad, and MPX forms that only raise #UD in their full length', () => {
    assert.deepEqual(format('06'), { length: 1, text: '(bad)' });
    assert.deepEqual(format('44 0f 1a 00'), { length: 4, text: '(bad)' });
    assert.deepEqual(format('f3 0f 1a e7'), { length: 4, text: '(bad)' });
    assert.deepEqual(format('0f 1a'), { length: 0, text: '(bad)' });
  });
});

describe('the text of instructions, judged by objdump', function () {
  this.timeout(180_000);
  const bin = path.join(PROJECT_ROOT, 'samples/bin');
  const programs = fs.existsSync(bin) ? fs.readdirSync(bin).filter((file) => isElf(path.join(bin, file))) : [];

  before(function () {
    nativeTools(this, 'objdump');
    assert.ok(programs.length > 0, 'samples/bin has no programs');
  });

  for (const flavor of ['att', 'intel'] satisfies Flavor[]) {
    it(`is the same in ${flavor} for every instruction of the samples`, () => {
      for (const file of programs) {
        const formatter = new InstructionFormatter({ flavor });
        const different = new Set<string>();
        for (const judge of objdump(path.join(bin, file), flavor)) {
          if (judge.text.includes('(bad)') || /^(\.byte|\s*$)/.test(judge.text)) continue;
          const ours = formatter.format(judge.bytes, judge.address);
          const target = judge.target === undefined || judge.target === ours.target;
          const same = target && ours.length === judge.bytes.length && essence(ours.text) === essence(judge.text);
          if (!same)
            different.add(
              `${hex(judge.address)} ${hexBytes(judge.bytes, ' ')}: ${judge.text} | ${ours.text} [${essence(judge.text)}|${essence(ours.text)}]`,
            );
        }
        formatter.dispose();
        assert.deepEqual([...different], [], file);
      }
    });
  }
});

function isElf(file: string): boolean {
  return fs.readFileSync(file).subarray(0, 4).toString('latin1') === '\x7fELF';
}
