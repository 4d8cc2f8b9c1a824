import assert from 'node:assert/strict';
import type { DwarfSections } from '../../src/symbols/dwarf/sections.ts';
import { LineLookup } from '../../src/symbols/line-lookup.ts';
import { LineTables } from '../../src/symbols/line-tables.ts';
import { UnitIndex } from '../../src/symbols/unit-index.ts';

const empty = new Uint8Array();
const u16 = (value: number) => [value & 255, value >> 8];
const u32 = (value: number) => [...u16(value & 0xffff), ...u16(value >>> 16)];
const u64 = (value: number) => [...u32(value), 0, 0, 0, 0];
const text = (value: string) => [...new TextEncoder().encode(value), 0];

/** Statements of a line program. */
const op = {
  address: (value: number) => [0, 9, 2, ...u64(value)],
  advance: (bytes: number) => [2, bytes],
  line: (delta: number) => [3, delta & 0x7f],
  file: (index: number) => [4, index],
  toggle: [6],
  copy: [1],
  end: [0, 1, 1],
};
/** A row `bytes` further on, `lines` further down. */
const row = (bytes: number, lines: number) => [...op.advance(bytes), ...op.line(lines), ...op.copy];

/** A DWARF 4 table for /src/a.c (1) and /src/inc/b.h (2). */
function table4(program: number[], lineRange = 14): number[] {
  const tables = [...text('/src/inc'), 0, ...text('/src/a.c'), 0, 0, 0, ...text('b.h'), 1, 0, 0, 0];
  const header = [1, 1, 1, 0xfb, lineRange, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, ...tables];
  const body = [...u16(4), ...u32(header.length), ...header, ...program];
  return [...u32(body.length), ...body];
}

function open(line: number[]): { lines: LineLookup; remarks: string[] } {
  const sections: DwarfSections = {
    info: empty,
    types: empty,
    abbrev: empty,
    line: Uint8Array.from(line),
    str: empty,
    lineStr: empty,
    strOffsets: empty,
    addr: empty,
    ranges: empty,
    rnglists: empty,
    loc: empty,
    loclists: empty,
    supplementary: undefined,
  };
  const remarks: string[] = [];
  const code = [{ start: 0x1000n, end: 0x2000n }];
  const tables = new LineTables(sections, new UnitIndex([]), code, 8, remarks);
  return { lines: new LineLookup(tables, 0x10000n), remarks };
}

const at = (lines: LineLookup, address: number) => {
  const location = lines.locationOf(BigInt(address));
  return location && `${location.file}:${location.line}`;
};

describe('lines of addresses', () => {
  it('are those of the last row at or below the address, within its sequence, moved by the load bias', () => {
    const { lines } = open(
      table4([
        ...op.address(0x1000),
        ...row(0, 4),
        ...row(8, 1),
        ...op.file(2),
        ...row(8, 4),
        ...op.advance(8),
        ...op.end,
      ]),
    );
    assert.equal(at(lines, 0x10fff), undefined);
    assert.equal(at(lines, 0x11007), '/src/a.c:5');
    assert.equal(at(lines, 0x11008), '/src/a.c:6');
    assert.equal(at(lines, 0x11017), '/src/inc/b.h:10');
    assert.equal(at(lines, 0x11018), undefined);
    assert.deepEqual(lines.sourceFiles(), ['/src/a.c', '/src/inc/b.h']);
  });

  it('prefer a statement among rows of one address, and the last of these', () => {
    const { lines } = open(
      table4([
        ...op.address(0x1000),
        ...row(0, 4),
        ...row(0, 1),
        ...op.toggle,
        ...row(0, 1),
        ...op.advance(8),
        ...op.end,
      ]),
    );
    assert.equal(at(lines, 0x11000), '/src/a.c:6');
  });

  it('are none where the table says line 0', () => {
    const { lines } = open(table4([...op.address(0x1000), ...row(0, 4), ...row(8, -5), ...op.advance(8), ...op.end]));
    assert.equal(at(lines, 0x11008), undefined);
    assert.equal(lines.lineRange(0x11008n), undefined);
  });

  it('join adjoining rows of one line into one range', () => {
    const { lines } = open(
      table4([
        ...op.address(0x1000),
        ...row(0, 4),
        ...row(4, 1),
        ...op.toggle,
        ...row(4, 0),
        ...op.toggle,
        ...row(4, 0),
        ...row(4, 1),
        ...op.advance(4),
        ...op.end,
      ]),
    );
    for (const address of [0x11004n, 0x11008n, 0x1100fn]) {
      const range = lines.lineRange(address);
      assert.deepEqual([range?.start, range?.end, range?.isStatement], [0x11004n, 0x11010n, true]);
    }
    assert.equal(lines.lineRange(0x11010n)?.end, 0x11014n);
  });

  it('come from sequences in any order, the inner one where two overlap', () => {
    const sequence = (start: number, length: number, line: number) => [
      ...op.address(start),
      ...row(0, line - 1),
      ...op.advance(length),
      ...op.end,
    ];
    const { lines } = open(
      table4([...sequence(0x1100, 16, 30), ...sequence(0x1000, 0x7f, 10), ...sequence(0x1010, 8, 20)]),
    );
    assert.equal(at(lines, 0x11104), '/src/a.c:30');
    assert.equal(at(lines, 0x11010), '/src/a.c:20');
    assert.equal(at(lines, 0x11018), '/src/a.c:10');
  });

  it('sort rows that a compiler wrote out of order', () => {
    const { lines, remarks } = open(
      table4([
        ...op.address(0x1010),
        ...row(0, 4),
        ...op.address(0x1000),
        ...row(0, 1),
        ...op.address(0x1018),
        ...op.end,
      ]),
    );
    assert.equal(at(lines, 0x11000), '/src/a.c:6');
    assert.equal(at(lines, 0x11010), '/src/a.c:5');
    assert.deepEqual(remarks, []);
  });

  it('leave out code that the linker dropped', () => {
    const { lines } = open(
      table4([
        ...op.address(0),
        ...row(0, 4),
        ...op.advance(8),
        ...op.end,
        ...op.address(0x1000),
        ...row(0, 6),
        ...op.advance(8),
        ...op.end,
      ]),
    );
    assert.equal([...lines.allRows()].length, 1);
    assert.equal(at(lines, 0x11000), '/src/a.c:7');
  });
});

describe('addresses of lines', () => {
  const loop = [
    ...op.address(0x1000),
    ...row(0, 4),
    ...row(4, 2),
    ...row(4, -2),
    ...row(4, 5),
    ...op.toggle,
    ...row(4, 1),
    ...op.advance(4),
    ...op.end,
  ];

  it('are the beginnings of its code, each once', () => {
    const { lines } = open(table4(loop));
    assert.deepEqual(lines.addressesOf('/src/a.c', 5), { line: 5, addresses: [0x11000n, 0x11008n] });
  });

  it('are those of the next line with code, if the line has none', () => {
    const { lines } = open(table4(loop));
    assert.deepEqual(lines.addressesOf('a.c', 8), { line: 10, addresses: [0x1100cn] });
    assert.deepEqual(lines.addressesOf('a.c', -3)?.line, 5);
    assert.equal(lines.addressesOf('a.c', 11), undefined, 'line 11 has rows that are no statements');
    assert.equal(lines.addressesOf('other.c', 5), undefined);
  });

  it('list the lines that can have a breakpoint', () => {
    assert.deepEqual(open(table4(loop)).lines.breakpointLines('/src/a.c', 6, 99), [7, 10]);
  });

  it('fall back to rows without code only if a line has no other', () => {
    const { lines } = open(
      table4([...op.address(0x1000), ...row(0, 4), ...row(0, 1), ...row(4, -1), ...op.advance(4), ...op.end]),
    );
    assert.deepEqual(lines.addressesOf('a.c', 5), { line: 5, addresses: [0x11004n] });
    const { lines: bare } = open(
      table4([...op.address(0x1000), ...row(0, 4), ...row(0, 1), ...op.advance(4), ...op.end]),
    );
    assert.deepEqual(bare.addressesOf('a.c', 5), { line: 5, addresses: [0x11000n] });
  });
});

describe('damaged line tables', () => {
  const good = table4([...op.address(0x1000), ...row(0, 4), ...op.advance(8), ...op.end]);

  it('cost themselves and no other table', () => {
    const { lines, remarks } = open([...table4([1], 0), ...good]);
    assert.equal(at(lines, 0x11000), '/src/a.c:5');
    assert.deepEqual(remarks, ['Lines of the table at 0x0 are left out: has a line range of 0.']);
  });

  it('keep the sequences before the damage', () => {
    const { lines, remarks } = open(
      table4([...op.address(0x1000), ...row(0, 4), ...op.advance(8), ...op.end, ...op.address(0x1100), ...row(0, 1)]),
    );
    assert.equal(at(lines, 0x11000), '/src/a.c:5');
    assert.equal(at(lines, 0x11100), undefined);
    assert.match(remarks[0], /its last sequence has no end/);
  });

  it('end the walk when a length leads out of the section', () => {
    const { lines, remarks } = open([...good, 0xff, 0xff, 0xff, 0x7f, 4, 0]);
    assert.equal(at(lines, 0x11000), '/src/a.c:5');
    assert.match(remarks[0], /needs 2147483647 bytes/);
  });

  it('cannot claim more entries than they have bytes', () => {
    // DWARF 5: no entry formats, then 2^40 directories of no bytes.
    const header = [1, 1, 1, 0xfb, 14, 1, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20];
    const body = [...u16(5), 8, 0, ...u32(header.length), ...header];
    const started = performance.now();
    const { lines, remarks } = open([...u32(body.length), ...body, ...good]);
    assert.deepEqual(lines.sourceFiles(), ['/src/a.c', '/src/inc/b.h']);
    assert.match(remarks[0], /table of 1099511627776 entries does not fit/);
    assert.ok(performance.now() - started < 1000);
  });
});
