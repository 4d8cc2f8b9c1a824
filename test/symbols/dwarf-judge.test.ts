import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Entry } from '../../src/symbols/dwarf/entries.ts';
import type { FormValue } from '../../src/symbols/dwarf/forms.ts';
import { listedExpression } from '../../src/symbols/dwarf/location-lists.ts';
import { loadModule, type Module } from '../../src/symbols/module.ts';
import { type JudgeProgram, judgePrograms } from './judge-programs.ts';
import { decodedLines, nativeTools, run, scratchFolder } from './native.ts';

/** An entry as readelf shows it; the offset counts from the start of its section. */
interface JudgeEntry {
  depth: number;
  offset: number;
  tag: string;
  attributes: { name: string; text: string }[];
}

/** The entries below the roots of all units. */
function judgeEntries(file: string): JudgeEntry[] {
  const entries: JudgeEntry[] = [];
  let current: JudgeEntry | undefined;
  for (const line of run('readelf', ['-W', '--debug-dump=info', file]).split('\n')) {
    const entry = /^\s*<([0-9a-f]+)><([0-9a-f]+)>: Abbrev Number: (\d+)(?: \((\S+)\))?/.exec(line);
    const attribute = /^\s+<[0-9a-f]+>\s+(DW_AT_\S+)\s*: ?(.*)$/.exec(line);
    if (entry) {
      current = undefined;
      if (entry[3] === '0' || entry[1] === '0') continue;
      current = {
        depth: Number(entry[1]),
        offset: Number.parseInt(entry[2], 16),
        tag: entry[4],
        attributes: [],
      };
      entries.push(current);
    } else if (attribute)
      current?.attributes.push({ name: attribute[1], text: attribute[2].replace(/^\([a-zA-Z_0-9]+\) ?/, '') });
  }
  return entries;
}

/** All entries of ours in the order of the file, with their depths. */
function ourEntries(module: Module): { entry: Entry; depth: number }[] {
  const { entries } = module.debug.information;
  const found: { entry: Entry; depth: number }[] = [];
  const add = (list: readonly Entry[], depth: number) => {
    for (const entry of list) {
      found.push({ entry, depth });
      add(entries.children(entry), depth + 1);
    }
  };
  for (const unit of module.units()) add(entries.topLevel(unit), 1);
  return found;
}

const firstNumber = (text: string) => {
  const found = /0x[0-9a-f]+|-?\d+/.exec(text)?.[0];
  if (found === undefined) return undefined;
  return BigInt.asUintN(64, found.startsWith('-') ? -BigInt(found.slice(1)) : BigInt(found));
};

/** Whether a value of ours is what readelf shows as `text`. */
function agrees(entry: Entry, value: FormValue, isReference: boolean, text: string): boolean {
  const { values, section } = entry.unit.entries;
  const plain = text.replace(/\t.*$/, '').trim();
  const shownAddress = (address: bigint) => new RegExp(`(0x|: |^)0*${address.toString(16)}$`).test(plain);
  switch (value.kind) {
    case 'string':
    case 'string-index':
      return text.trim().endsWith(values.text(value) ?? '\0');
    case 'block': {
      // Of some expressions binutils 2.40 shows the operations only.
      if (plain === '' && text.includes('(DW_OP_')) return true;
      const shown = /byte block: ([0-9a-f ]*)/.exec(text)?.[1].trim() ?? plain.replace(/^0x/, '');
      return shown === Array.from(value.value, (byte) => byte.toString(16)).join(' ');
    }
    case 'address':
      return shownAddress(value.value);
    case 'address-index':
      return shownAddress(values.addressAt(value.value));
    case 'signature':
      return text.includes(value.value.toString(16));
    case 'number':
    case 'offset':
    case 'list-index':
    case 'supplementary': {
      const number = isReference ? value.value - section.base : value.value;
      return firstNumber(plain) === BigInt.asUintN(64, BigInt(number));
    }
    case 'big':
      return firstNumber(plain) === BigInt.asUintN(64, value.value);
    case 'none':
      return false;
  }
}

/** Rows of lists by the offset that readelf shows before them: [start, end) each. */
function judgeLists(file: string, what: 'Ranges' | 'loc'): Map<number, [bigint, bigint][]> {
  const lists = new Map<number, [bigint, bigint][]>();
  let start: number | undefined;
  for (const line of run('readelf', ['-W', `--debug-dump=${what}`, file]).split('\n')) {
    const offset = /^\s+([0-9a-f]{8,16}) /.exec(line)?.[1];
    if (offset === undefined || line.includes('location view pair')) continue;
    // The rows of .debug_ranges repeat the offset of their list, those of the other sections have their own.
    start ??= Number.parseInt(offset, 16);
    const rows = lists.get(start) ?? [];
    lists.set(start, rows);
    if (line.includes('<End of list>')) start = undefined;
    // With view numbers a row stands on a line of its own, without its offset.
    const range = /^(?:\s+[0-9a-f]{8,16}|\s{9,}) ([0-9a-f]{16}) ([0-9a-f]{16})/.exec(line);
    if (range && BigInt(`0x${range[1]}`) < BigInt(`0x${range[2]}`))
      rows.push([BigInt(`0x${range[1]}`), BigInt(`0x${range[2]}`)]);
  }
  return lists;
}

const lastHex = (text: string) => Number([...text.matchAll(/0x[0-9a-f]+|\d+/g)].at(-1)?.[0] ?? Number.NaN);

describe('debug information of gcc and clang, judged by readelf and objdump', function () {
  this.timeout(240_000);
  const folder = scratchFolder();
  let programs: { program: JudgeProgram; module: Module; ours: ReturnType<typeof ourEntries>; judged: JudgeEntry[] }[];

  before(function () {
    nativeTools(this, 'gcc', 'g++', 'clang', 'dwz', 'readelf', 'objdump');
    programs = judgePrograms(folder).map((program) => {
      const module = loadModule(new Uint8Array(fs.readFileSync(program.file)), { name: program.file });
      return { program, module, ours: ourEntries(module), judged: judgeEntries(program.file) };
    });
    assert.ok(programs.length >= 15);
  });

  it('has the entries that readelf shows: tags, nesting, attributes and their values', () => {
    const names = new Map<string, string>();
    const same = (number: string, name: string, where: string) => {
      for (const [key, value] of [
        [number, name],
        [name, number],
      ]) {
        assert.equal(names.get(key) ?? value, value, where);
        names.set(key, value);
      }
    };
    let values = 0;
    for (const { program, module, ours, judged } of programs) {
      assert.equal(ours.length, judged.length, program.title);
      judged.forEach((judge, i) => {
        const { entry, depth } = ours[i];
        const where = `${program.title}: entry at 0x${judge.offset.toString(16)}`;
        assert.equal(entry.offset - entry.unit.entries.section.base, judge.offset, where);
        assert.equal(depth, judge.depth, where);
        same(`tag ${entry.tag}`, judge.tag, where);
        const attributes = [...entry.values];
        assert.equal(attributes.length, judge.attributes.length, where);
        judge.attributes.forEach(({ name, text }, k) => {
          const [number, value] = attributes[k];
          same(`attribute ${number}`, name, where);
          assert.ok(
            agrees(entry, value, entry.references.has(number), text),
            `${where}: ${name} is ${text}, ours ${JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? v.toString(16) : v instanceof Uint8Array ? [...v.subarray(0, 20)] : v))}`,
          );
          values++;
        });
      });
      assert.deepEqual(module.remarks, [], program.title);
    }
    assert.ok(values > 3000, `${values} values`);
  });

  it('has the address ranges that readelf shows', () => {
    let checked = 0;
    for (const { program, module, ours, judged } of programs) {
      const lists = judgeLists(program.file, 'Ranges');
      judged.forEach((judge, i) => {
        const shown = judge.attributes.find(({ name }) => name === 'DW_AT_ranges');
        if (!shown) return;
        // Of the lists of a table without an index binutils 2.40 shows the first only.
        const rows = lists.get(lastHex(shown.text));
        if (!rows) return;
        const { entry } = ours[i];
        // Lists that do not set a base count from the start of the unit, which readelf does not add.
        const { lowPc } = entry.unit.entries.values;
        const base = rows.every(([start]) => start < lowPc) ? lowPc : 0n;
        const ranges = module.debug.information.entries.ranges(entry).map(({ start, end }) => [start, end]);
        const shownRanges = rows.map(([start, end]) => [start + base, end + base]);
        assert.deepEqual(ranges, shownRanges, `${program.title}: 0x${judge.offset.toString(16)} ${shown.text}`);
        checked++;
      });
    }
    assert.ok(checked > 10);
  });

  it('finds an expression in a location list where readelf shows one, and nowhere else', () => {
    let checked = 0;
    for (const { program, ours, judged } of programs) {
      const lists = judgeLists(program.file, 'loc');
      judged.forEach((judge, i) => {
        const shown = judge.attributes.find(
          ({ name, text }) => name === 'DW_AT_location' && text.includes('location list'),
        );
        if (!shown) return;
        const { entry } = ours[i];
        const value = entry.values.get(2)!;
        // readelf shows the rows of clang's lists as distances from the start of the unit, if that has one.
        const { lowPc } = entry.unit.entries.values;
        if (value.kind === 'list-index' && lowPc === 0n) return;
        const base = value.kind === 'list-index' ? lowPc : 0n;
        const shownRows = lists.get(lastHex(shown.text.replace(/\(location list\)/, '')));
        assert.ok(shownRows, `${program.title}: 0x${judge.offset.toString(16)} ${shown.text}`);
        const rows = shownRows.map(([start, end]) => [start + base, end + base]);
        const at = (pc: bigint) => listedExpression(value, entry.unit, pc) !== undefined;
        for (const [start, end] of rows) {
          for (const pc of [start, end - 1n, end, start - 1n]) {
            const expected = rows.some(([from, to]) => pc >= from && pc < to);
            assert.equal(at(pc), expected, `${program.title}: 0x${judge.offset.toString(16)} at 0x${pc.toString(16)}`);
            checked++;
          }
        }
      });
    }
    assert.ok(checked > 100);
  });

  it('has the lines that objdump decodes', () => {
    for (const { program, module } of programs) {
      const text = (file: string, line: number, address: bigint, isStatement: boolean) =>
        `${address.toString(16).padStart(16, '0')} ${path.basename(file)}:${line}${isStatement ? ' x' : ''}`;
      const code = module.elf.segments.filter(({ type, flags }) => type === 1 && flags & 1);
      const judged = decodedLines(program.file)
        .filter(({ address }) => code.some(({ vaddr, memsz }) => address >= vaddr && address < vaddr + memsz))
        .map((row) => text(row.file, row.line, row.address, row.isStatement))
        .sort();
      const ours = [...module.lineRows()].map((row) => text(row.file, row.line, row.address, row.isStatement)).sort();
      assert.deepEqual(ours, judged, program.title);
    }
  });
});
