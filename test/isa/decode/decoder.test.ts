import assert from 'node:assert/strict';
import { InsnDecoder } from '../../../src/isa/decode/decoder.ts';
import type { Insn, MemoryOperand } from '../../../src/isa/insn.ts';

const bytes = (hex: string) => Uint8Array.from(hex.trim().split(/\s+/), (h) => Number.parseInt(h, 16));

function decode(hex: string, mpx = true, bitness: 64 | 32 = 64, ip = 0x400d7cn): Insn {
  const decoder = new InsnDecoder({ bitness, mpx });
  const insn = decoder.decode(bytes(hex), ip);
  decoder.dispose();
  return insn;
}
const memory = (insn: Insn) => [insn.a, insn.b].find((o): o is MemoryOperand => o?.kind === 'mem')!;

describe('InsnDecoder', () => {
  it('gives registers with their number, size and half', () => {
    const add = decode('44 01 c8');
    assert.deepEqual([add.op, add.size, add.length], ['add', 4, 3]);
    assert.deepEqual(add.a, { kind: 'reg', number: 0, size: 4, high: false });
    assert.deepEqual(add.b, { kind: 'reg', number: 9, size: 4, high: false });
    assert.deepEqual(decode('88 e7').b, { kind: 'reg', number: 4 - 4, size: 1, high: true });
    assert.deepEqual(decode('40 88 e7').b, { kind: 'reg', number: 4, size: 1, high: false });
  });

  it('resolves RIP-relative operands to the address', () => {
    const lea = decode('48 8d 05 10 00 00 00');
    assert.equal(memory(lea).disp, 0x400d7cn + 7n + 0x10n);
    assert.equal(memory(lea).ripRelative, true);
    assert.equal(memory(decode('8b 05 f0 ff ff ff', true, 64, 0n)).disp, -10n);
  });

  it('keeps FS and GS overrides and ignores the others in 64-bit mode', () => {
    assert.equal(memory(decode('64 48 8b 04 25 28 00 00 00')).segment, 4);
    assert.equal(memory(decode('2e 48 8b 00')).segment, 3);
    assert.equal(memory(decode('2e 48 8b 45 00')).segment, 2, 'the stack segment stays for rbp bases');
    assert.equal(memory(decode('48 8b 00')).segment, 3);
    assert.equal(memory(decode('2e 8b 00', true, 32)).segment, 1);
  });

  it('truncates addresses with 67h', () => {
    assert.equal(memory(decode('67 8b 40 f8')).addressSize, 4);
    assert.equal(memory(decode('67 8b 40 f8')).disp, -8n);
    assert.equal(memory(decode('8b 04 25 00 00 00 80')).addressSize, 8);
    assert.equal(memory(decode('8b 04 25 00 00 00 80')).disp, -0x80000000n);
    assert.equal(memory(decode('67 8b 04 25 00 00 00 80')).addressSize, 4);
  });

  it('sign-extends immediates as the instruction does', () => {
    assert.deepEqual(decode('48 83 c0 ff').b, { kind: 'imm', value: -1n, size: 8 });
    assert.equal((decode('48 c7 c0 ff ff ff ff').b as { value: bigint }).value, -1n);
    assert.equal((decode('c1 e0 ff').b as { value: bigint }).value, 0xffn);
    assert.equal((decode('66 b8 ff ff').b as { value: bigint }).value, 0xffffn);
  });

  it('gives synonyms one name', () => {
    const names: [string, string, number][] = [
      ['48 98', 'cbw', 8],
      ['99', 'cwd', 4],
      ['66 99', 'cwd', 2],
      ['48 63 c1', 'movsx', 8],
      ['31 c0', 'zero', 4],
      ['66 31 c0', 'xor', 2],
      ['31 c8', 'xor', 4],
      ['f7 e9', 'imul1', 4],
      ['0f af c1', 'imul', 4],
      ['6b c1 05', 'imul3', 4],
      ['ff e0', 'jmpi', 8],
      ['ff 10', 'calli', 8],
      ['48 ff 28', 'jmpf', 8],
      ['ff 18', 'callf', 4],
      ['48 cf', 'iret', 8],
      ['48 cb', 'retf', 8],
      ['cb', 'retf', 4],
      ['66 50', 'push', 2],
      ['50', 'push', 8],
      ['6a ff', 'push', 8],
      ['66 6a ff', 'push', 2],
      ['0f a0', 'pushseg', 8],
      ['9c', 'pushf', 8],
      ['66 9c', 'pushf', 2],
      ['c9', 'leave', 8],
      ['8e d8', 'movseg', 2],
      ['66 0f 6f c1', 'movaps', 16],
      ['66 0f 6e c1', 'movd', 4],
      ['66 48 0f 7e c1', 'movd', 8],
      ['f3 0f 7e c1', 'movq', 8],
      ['66 0f d6 01', 'movq', 8],
      ['f2 0f 10 c1', 'movsd', 8],
      ['a5', 'movs', 4],
      ['48 a5', 'movs', 8],
      ['f3 0f 1e fa', 'nop', 8],
      ['0f 18 08', 'nop', 8],
      ['f3 48 0f bc c1', 'bsf', 8],
      ['f4', 'privileged', 8],
      ['0f 22 c0', 'privileged', 8],
      ['d9 c1', 'fld', 8],
      ['db 28', 'fld', 8],
      ['9b', 'wait', 8],
      ['0f fc c1', 'paddb', 8],
      ['0f e7 08', 'movq', 8],
      ['c5 f8 28 c1', 'unimplemented', 8],
      ['0f 0b', 'ud', 8],
    ];
    for (const [hex, op, size] of names) {
      const insn = decode(hex);
      if (op === 'unimplemented') assert.equal(insn.op, op, hex);
      else assert.deepEqual([insn.op, insn.size], [op, size], hex);
    }
  });

  it('puts the memory operand of XCHG first', () => {
    assert.equal(decode('48 87 03').a?.kind, 'mem');
    assert.equal(decode('48 87 03').b?.kind, 'reg');
  });

  it('accepts LOCK only with a lockable operation on memory', () => {
    assert.equal(decode('f0 01 00').op, 'add');
    assert.equal(decode('f0 01 00').lock, true);
    assert.equal(decode('f0 01 c0').op, 'ud');
    assert.equal(decode('f0 89 00').op, 'ud');
    assert.equal(decode('f0 90').op, 'ud');
    assert.equal(decode('f0 a5').op, 'ud');
  });

  it('tells which branches initialise the bounds (spec A.6)', () => {
    const flags = (hex: string) => {
      const { op, initialisesBounds, bnd } = decode(hex);
      return [op, initialisesBounds, bnd];
    };
    assert.deepEqual(flags('e8 00 00 00 00'), ['call', true, false]);
    assert.deepEqual(flags('f2 e8 00 00 00 00'), ['call', false, true]);
    assert.deepEqual(flags('ff d0'), ['calli', true, false]);
    assert.deepEqual(flags('f2 c3'), ['ret', false, true]);
    assert.deepEqual(flags('c2 08 00'), ['ret', true, false]);
    assert.deepEqual(flags('e9 00 00 00 00'), ['jmp', true, false]);
    assert.deepEqual(flags('eb 00'), ['jmp', false, false]);
    assert.deepEqual(flags('75 00'), ['jcc', true, false]);
    assert.deepEqual(flags('e2 00'), ['loop', false, false]);
    assert.deepEqual(flags('e3 00'), ['jrcxz', false, false]);
  });

  it('knows the condition and the target of a conditional branch', () => {
    const jne = decode('75 10');
    assert.deepEqual([jne.cc, jne.target], [5, 0x400d7cn + 2n + 0x10n]);
    assert.equal(decode('0f 9f c0').cc, 15);
    assert.equal(decode('67 e3 00').addressSize, 4);
  });

  it('says when the bytes end, and when the instruction is too long', () => {
    assert.equal(decode('48 8b').op, 'fetch');
    assert.equal(decode('f3 0f 1a').op, 'fetch');
    assert.equal(decode('06').op, 'ud', 'invalid whatever follows');
    assert.equal(decode(`${'66 '.repeat(14)}90`).op, 'nop');
    assert.equal(decode(`${'66 '.repeat(15)}90`).op, 'toolong');
  });

  it('stops a block at its end and before bytes that are missing', () => {
    const decoder = new InsnDecoder({ bitness: 64, mpx: false });
    const ops = decoder.decodeBlock(bytes('90 01 c8 c3 90'), 0n, 10, (i) => i.op === 'ret').map((i) => i.op);
    assert.deepEqual(ops, ['nop', 'add', 'ret']);
    assert.deepEqual(
      decoder.decodeBlock(bytes('90 48 8b'), 0n, 10, () => false).map((i) => i.op),
      ['nop'],
    );
    decoder.dispose();
  });
});

describe('The MPX opcodes', () => {
  it('follow the table of spec A.4', () => {
    const shape = (hex: string) => {
      const { op, a, b, length } = decode(hex);
      return [op, a?.kind, b?.kind, length];
    };
    assert.deepEqual(shape('f3 0f 1b 00'), ['bndmk', 'bnd', 'mem', 4]);
    assert.deepEqual(shape('f3 0f 1a c0'), ['bndcl', 'bnd', 'reg', 4]);
    assert.deepEqual(shape('f2 0f 1a 44 24 80'), ['bndcu', 'bnd', 'mem', 6]);
    assert.deepEqual(shape('f2 0f 1b 05 00 00 00 00'), ['bndcn', 'bnd', 'mem', 8]);
    assert.deepEqual(shape('66 0f 1a ca'), ['bndmov', 'bnd', 'bnd', 4]);
    assert.deepEqual(shape('66 0f 1b 0a'), ['bndmov', 'mem', 'bnd', 4]);
    assert.deepEqual(shape('0f 1a 04 11'), ['bndldx', 'bnd', 'mem', 4]);
    assert.deepEqual(shape('0f 1b 04 11'), ['bndstx', 'mem', 'bnd', 4]);
  });

  it('let the last of F2 and F3 win over 66', () => {
    assert.equal(decode('f2 f3 0f 1a 00').op, 'bndcl');
    assert.equal(decode('f3 f2 66 0f 1a 00').op, 'bndcu');
    assert.equal(decode('f3 f3 0f 1a 00').length, 5);
    assert.equal(decode('64 f2 0f 1a 40 10').length, 6);
  });

  it('raise #UD only where the manual says so', () => {
    for (const hex of [
      '44 0f 1a 00',
      'f3 0f 1a 20',
      '66 41 0f 1a c0',
      'f3 0f 1b 05 00 00 00 00',
      '0f 1a 05 00 00 00 00',
      '0f 1b 05 00 00 00 00',
      'f0 0f 1a 00',
      'f0 66 0f 1a 00',
      'f0 f3 0f 1a c0',
    ])
      assert.equal(decode(hex).op, 'ud', hex);
    assert.equal(decode('f0 66 0f 1b 00').op, 'bndmov', 'LOCK BNDMOV m, bnd is not listed');
    assert.equal(decode('66 40 0f 1a c3').op, 'bndmov');
    for (const hex of ['f3 0f 1b c0', '0f 1a c1', '0f 1b c1']) assert.equal(decode(hex).op, 'nop', hex);
  });

  it('are NOPs of the same length while MPX is off, but for LOCK', () => {
    for (const hex of ['44 0f 1a 00', 'f3 0f 1b 05 00 00 00 00', 'f2 0f 1a 44 24 80', '66 0f 1b 0a']) {
      assert.equal(decode(hex, false).op, 'nop', hex);
      assert.equal(decode(hex, false).length, bytes(hex).length, hex);
    }
    assert.equal(decode('f0 0f 1a 00', false).op, 'ud');
  });

  it('ignore 67h in 64-bit mode and refuse it in 32-bit mode', () => {
    assert.equal(memory(decode('67 f3 0f 1a 00')).addressSize, 8);
    assert.equal(decode('67 f3 0f 1a 00', true, 32).op, 'ud');
    assert.equal(decode('67 f3 0f 1a c0', true, 32).op, 'bndcl');
    assert.equal(memory(decode('f3 0f 1a 05 78 56 34 12', true, 32)).disp, 0x12345678n);
  });

  it('keep base, index and displacement apart for BNDMK and the table instructions', () => {
    assert.deepEqual(memory(decode('f3 42 0f 1b 4c 64 f8')), {
      kind: 'mem',
      base: 4,
      index: 12,
      scale: 2,
      disp: -8n,
      ripRelative: false,
      segment: 2,
      addressSize: 8,
      size: 0,
    });
    assert.equal(memory(decode('0f 1a 04 cd 03 00 00 00')).base, -1);
    assert.equal(memory(decode('41 0f 1a 45 00')).segment, 3);
    assert.equal(memory(decode('64 0f 1a 00')).segment, 4);
  });
});
