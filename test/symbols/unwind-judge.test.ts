import assert from 'node:assert/strict';
import fs from 'node:fs';
import { demangle } from '../../src/symbols/demangle.ts';
import { sectionBytes, sectionNamed } from '../../src/symbols/elf/file.ts';
import { loadModule, type Module } from '../../src/symbols/module.ts';
import { FrameTables } from '../../src/symbols/unwind/frame-tables.ts';
import { type CfaRule, type RegisterRule, rulesAt } from '../../src/symbols/unwind/rules.ts';
import { judgePrograms } from './judge-programs.ts';
import { nativeTools, run, scratchFolder } from './native.ts';

/** Names of the general registers by DWARF number, as readelf writes them. */
const REGISTERS = 'rax rdx rcx rbx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 ra'.split(' ');

const signed = (value: bigint) => `${value < 0n ? '' : '+'}${value}`;

function cfaText(rule: CfaRule): string {
  if (rule?.kind !== 'register') return rule ? 'exp' : '?';
  return `${REGISTERS[rule.number]}${signed(rule.offset)}`;
}

function ruleText(rule: RegisterRule | undefined): string {
  switch (rule?.kind) {
    case undefined:
    case 'undefined':
      return 'u';
    case 'same':
      return 's';
    case 'offset':
      return `c${signed(rule.offset)}`;
    case 'value-offset':
      return `v${signed(rule.offset)}`;
    case 'register':
      return REGISTERS[rule.number];
    case 'expression':
      return 'exp';
    case 'value-expression':
      return 'vexp';
  }
}

interface JudgeRow {
  section: string;
  location: bigint;
  /** `cfa rsp+8`, `rbx c-16` … */
  rules: string[];
}

/** The rows that readelf interprets of all frame descriptions. */
function judgeRows(file: string): JudgeRow[] {
  const rows: JudgeRow[] = [];
  let section = '';
  let columns: string[] | undefined;
  let inDescription = false;
  for (const line of run('readelf', ['-W', '--debug-dump=frames-interp', file]).split('\n')) {
    section = /^Contents of the (\S+) section/.exec(line)?.[1] ?? section;
    if (/^[0-9a-f]{8,} /.test(line) && / (FDE|CIE) /.test(line)) {
      inDescription = line.includes(' FDE ');
      columns = undefined;
    } else if (/^\s+LOC\s+CFA/.test(line)) columns = line.trim().split(/\s+/).slice(1);
    else if (inDescription && columns && /^[0-9a-f]{16} /.test(line)) {
      // A register is shown by its number and its name.
      const [location, ...values] = line
        .trim()
        .replace(/\br\d+ \((\w+)\)/g, '$1')
        .split(/\s+/);
      assert.equal(values.length, columns.length, line);
      rows.push({
        section,
        location: BigInt(`0x${location}`),
        rules: values.map((value, i) => `${columns![i].toLowerCase()} ${value}`),
      });
    }
  }
  return rows;
}

function tablesOf(module: Module, name: string): FrameTables {
  const section = sectionNamed(module.elf, name);
  const bytes = section && sectionBytes(module.elf, section);
  assert.ok(section && bytes, name);
  const remarks: string[] = [];
  const isEhFrame = name === '.eh_frame';
  const tables = new FrameTables([{ bytes, address: section.address, isEhFrame, addressSize: 8 }], remarks);
  assert.deepEqual(remarks, []);
  return tables;
}

describe('unwind rules, judged by readelf', function () {
  this.timeout(240_000);
  const folder = scratchFolder();
  let programs: ReturnType<typeof judgePrograms>;
  const open = (file: string) => loadModule(new Uint8Array(fs.readFileSync(file)), { name: file });

  before(function () {
    nativeTools(this, 'gcc', 'g++', 'clang', 'dwz', 'readelf', 'c++filt', 'nm');
    programs = judgePrograms(folder);
    run('gcc', ['-O2', '-g', '-static', 'main.c', 'lib/shapes.c', '-o', 'static'], folder);
    programs.push({ title: 'static glibc', file: `${folder}/static` });
  });

  it('are those of .eh_frame and .debug_frame at each place where they change', () => {
    const checked = new Map<string, number>();
    for (const { title, file } of programs) {
      const module = open(file);
      const tables = new Map<string, FrameTables>();
      for (const { section, location, rules } of judgeRows(file)) {
        const name = section.replace('.zdebug', '.debug');
        if (!tables.has(name)) tables.set(name, tablesOf(module, name));
        const description = tables.get(name)!.at(location);
        const where = `${title}: ${name} at 0x${location.toString(16)}`;
        assert.ok(description, where);
        const row = rulesAt(description, location);
        const ours = rules.map((rule) => {
          const [column] = rule.split(' ');
          if (column === 'cfa') return `cfa ${cfaText(row.cfa)}`;
          const number = REGISTERS.indexOf(column);
          assert.ok(number >= 0, column);
          return `${column} ${ruleText(row.registers.get(number))}`;
        });
        assert.deepEqual(ours, rules, where);
        checked.set(name, (checked.get(name) ?? 0) + 1);
      }
    }
    assert.ok((checked.get('.eh_frame') ?? 0) > 5000, String(checked.get('.eh_frame')));
    assert.ok((checked.get('.debug_frame') ?? 0) > 10, String(checked.get('.debug_frame')));
  });

  it('know signal trampolines by their augmentation', () => {
    const module = open(`${folder}/static`);
    const [trampoline] = module.symbolsByName('__restore_rt');
    assert.ok(module.debug.unwinder.isSignalFrame(trampoline.address));
    assert.ok(!module.debug.unwinder.isSignalFrame(module.symbolsByName('main')[0].address));
  });

  it('come with names of C++ as c++filt writes them, or the linkage name', () => {
    const names = new Set<string>();
    for (const { file } of programs)
      for (const line of run('nm', ['--defined-only', file]).split('\n')) {
        const name = / [tTwW] (_Z\S+)$/.exec(line)?.[1];
        if (name) names.add(name);
      }
    const mangled = [...names];
    const judged = run('c++filt', ['-p', ...mangled])
      .trimEnd()
      .split('\n');
    let known = 0;
    mangled.forEach((name, i) => {
      const ours = demangle(name);
      if (ours === undefined) return;
      assert.equal(ours, judged[i], name);
      known++;
    });
    assert.ok(known >= 6, `${known} of ${mangled.length}`);
    for (const [name, expected] of [
      ['main', undefined],
      ['_ZNK6shapes3Box4areaEv', 'shapes::Box::area'],
      ['_ZN6shapes3BoxD2Ev', 'shapes::Box::~Box'],
      ['_ZN6shapes5StackIlLi4EE4pushEl', undefined],
      ['_Z3addii', 'add'],
      ['_Z9999999999x', undefined],
      ['_ZN', undefined],
      ['_ZE', undefined],
    ] as const)
      assert.equal(demangle(name), expected, name);
  });
});
