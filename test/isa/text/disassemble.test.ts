import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { hex, parseHexBytes } from '../../../src/base/hex.ts';
import { type DisassembledRow, disassembleAt, type ReadBytes } from '../../../src/isa/text/disassemble.ts';
import type { SymbolPlace } from '../../../src/isa/text/formatter.ts';
import { loadModule } from '../../../src/symbols/module.ts';
import { nativeTools } from '../../symbols/native.ts';
import { objdump } from './judge.ts';

/** Memory that holds `bytes` at `base`. */
function memory(base: bigint, bytes: Uint8Array): ReadBytes {
  const end = base + BigInt(bytes.length);
  return (address, length) =>
    address < base || address >= end ? new Uint8Array() : bytes.subarray(Number(address - base)).slice(0, length);
}

const BASE = 0x1000n;
// push %rbp; mov %rsp,%rbp; bndmk; bnd call; bnd ret
const code = parseHexBytes('55 4889e5 f30f1b0410 f2e800000000 f2c3')!;
const read = memory(BASE, code);
const brief = (rows: DisassembledRow[]) => rows.map(({ address, text }) => `${hex(address)} ${text}`);
const options = { flavor: 'att' } as const;

describe('rows of disassembly', () => {
  it('start at the address, or so many instructions behind it', () => {
    assert.deepEqual(brief(disassembleAt(read, BASE, 3, 0, options)), [
      '0x1000 push %rbp',
      '0x1001 mov %rsp,%rbp',
      '0x1004 bndmk (%rax,%rdx,1),%bnd0',
    ]);
    assert.deepEqual(brief(disassembleAt(read, BASE, 1, 2, options)), ['0x1004 bndmk (%rax,%rdx,1),%bnd0']);
    assert.deepEqual(disassembleAt(read, BASE, 0, 0, options), []);
  });

  it('go backwards to instruction boundaries and stand for one byte each where nothing is mapped', () => {
    assert.deepEqual(brief(disassembleAt(read, 0x1009n, 6, -5, options)), [
      '0xffe (not mapped)',
      '0xfff (not mapped)',
      '0x1000 push %rbp',
      '0x1001 mov %rsp,%rbp',
      '0x1004 bndmk (%rax,%rdx,1),%bnd0',
      '0x1009 bnd call 0x100f',
    ]);
    const rows = disassembleAt(read, BASE + BigInt(code.length), 2, 0, options);
    assert.deepEqual(
      rows.map(({ kind, bytes }) => [kind, bytes.length]),
      [
        ['unmapped', 0],
        ['unmapped', 0],
      ],
    );
  });

  it('trust the start of a symbol, even if the bytes before it would eat into it', () => {
    // A jump table whose last byte would begin an instruction that swallows the function's first.
    const bytes = parseHexBytes('48 48 48 b8 55 90 c3')!;
    const symbolAt = (address: bigint): SymbolPlace | undefined =>
      address >= 0x2004n
        ? { name: 'f', offset: address - 0x2004n }
        : address >= 0x2000n
          ? { name: 'table', offset: address - 0x2000n }
          : undefined;
    assert.deepEqual(brief(disassembleAt(memory(0x2000n, bytes), 0x2006n, 5, -4, { ...options, symbolAt })), [
      '0x2002 (bad)',
      '0x2003 (bad)',
      '0x2004 push %rbp',
      '0x2005 nop',
      '0x2006 ret',
    ]);
  });

  it('name their own place and their targets', () => {
    const symbolAt = (address: bigint): SymbolPlace | undefined =>
      address >= BASE ? { name: 'f', offset: address - BASE } : undefined;
    const [row] = disassembleAt(read, 0x1009n, 1, 0, { ...options, symbolAt });
    assert.deepEqual(row.symbol, { name: 'f', offset: 9n });
    assert.equal(row.target, 0x100fn);
    assert.equal(row.text, 'bnd call 0x100f <f+0xf>');
  });

  it('show an instruction that runs into missing memory byte by byte', () => {
    const rows = disassembleAt(memory(BASE, parseHexBytes('90 0f 1a')!), BASE, 4, 0, options);
    assert.deepEqual(brief(rows), ['0x1000 nop', '0x1001 (bad)', '0x1002 (bad)', '0x1003 (not mapped)']);
    assert.deepEqual(
      rows.map(({ kind }) => kind),
      ['instruction', 'undefined', 'undefined', 'unmapped'],
    );
  });

  it('stay inside the address space', () => {
    const nothing: ReadBytes = () => new Uint8Array();
    assert.deepEqual(
      disassembleAt(nothing, 2n, 5, -4, options).map(({ address }) => address),
      [0n, 0n, 0n, 1n, 2n],
    );
    const top = (1n << 64n) - 1n;
    assert.deepEqual(
      disassembleAt(nothing, top - 1n, 3, 0, options).map(({ address }) => address),
      [top - 1n, top, top],
    );
  });

  it('are always as many as asked for, joined end to end, with one at the address itself', () => {
    const holes =
      (bytes: Uint8Array, hole: number): ReadBytes =>
      (address, length) => {
        const start = Number(address - BASE);
        if (start < 0 || start >= bytes.length || (start >= hole && start < hole + 16)) return new Uint8Array();
        const end = start < hole ? Math.min(hole, bytes.length) : bytes.length;
        return bytes.slice(start, Math.min(start + length, end));
      };
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(200),
        fc.integer({ min: -60, max: 260 }),
        fc.integer({ min: -80, max: 40 }),
        fc.nat(90),
        (bytes, hole, at, offset, count) => {
          const address = BASE + BigInt(at);
          const rows = disassembleAt(holes(bytes, hole), address, count, offset, options);
          assert.equal(rows.length, count);
          for (let i = 1; i < rows.length; i++) {
            assert.equal(rows[i].address, rows[i - 1].address + BigInt(Math.max(1, rows[i - 1].bytes.length)));
          }
          if (offset <= 0 && -offset < count) assert.equal(rows[-offset].address, address);
          for (const row of rows) assert.equal(row.kind === 'unmapped', row.bytes.length === 0);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('rows of disassembly, judged by objdump', function () {
  this.timeout(180_000);
  const program = path.join(PROJECT_ROOT, 'samples/bin/heap-overflow.O2');
  before(function () {
    nativeTools(this, 'objdump');
  });

  for (const withSymbols of [true, false]) {
    it(`find the right boundaries backwards ${withSymbols ? 'with' : 'without'} symbols`, () => {
      const module = loadModule(new Uint8Array(fs.readFileSync(program)));
      const text = module.elf.sections.find(({ name }) => name === '.text')!;
      const readText = memory(text.address, module.elf.bytes.slice(text.offset, text.offset + text.size));
      const symbolAt = (address: bigint): SymbolPlace | undefined => {
        const found = withSymbols ? module.symbolAt(address) : undefined;
        return found && { name: found.symbol.name, offset: found.offset };
      };
      const judged = objdump(program, 'att').filter(
        ({ address }) => address >= text.address && address < text.address + BigInt(text.size),
      );
      let wrong = 0;
      let rowsSeen = 0;
      for (let i = 60; i < judged.length; i += 97) {
        const rows = disassembleAt(readText, judged[i].address, 50, -50, { flavor: 'att', symbolAt });
        rows.forEach((row, k) => {
          rowsSeen++;
          if (row.address !== judged[i - 50 + k].address) wrong++;
        });
      }
      assert.ok(rowsSeen > 2000);
      // Without symbols a start may stay out of step for some rows.
      assert.ok(wrong <= (withSymbols ? 0 : rowsSeen * 0.02), `${wrong} of ${rowsSeen} rows`);
    });
  }
});
