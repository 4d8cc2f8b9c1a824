import assert from 'node:assert/strict';
import fs from 'node:fs';
import fc from 'fast-check';
import { ElfError } from '../../src/symbols/api.ts';
import { Unavailable } from '../../src/symbols/dwarf/expression.ts';
import { loadModule, type Module } from '../../src/symbols/module.ts';
import { typeName } from '../../src/symbols/type-names.ts';
import { strip } from '../../src/symbols/types.ts';
import type { FrameContext } from '../../src/symbols/variable-location.ts';
import { nativeTools, scratchFolder } from './native.ts';
import { recipes, writeSources } from './programs.ts';

const frameOf = (module: Module, pc: bigint): FrameContext => ({
  pc,
  lookupPc: pc,
  cfa: 0x7fff_0000n,
  threadStorage: () => 0x7000_0000n - (module.debug.threadStorageSize ?? 0n),
  caller: () => undefined,
  register: (number) => BigInt(number) * 0x1000n,
  read: (address, size) => new Uint8Array(size).fill(Number(address & 0x7fn)),
});

/** Types, variables and frames: damage gives a reason, never an error. */
function exerciseDebug(module: Module): void {
  const { information, locator, unwinder } = module.debug;
  for (const { address } of module.functions().slice(0, 40)) {
    const frame = frameOf(module, address + 4n);
    unwinder.caller(address + 4n, frame);
    unwinder.isSignalFrame(address);
    const owner = information.functionAt(address + 4n);
    if (!owner) continue;
    for (const scope of information.scopesAt(owner, address + 4n)) {
      module.debug.callLocation(scope);
      for (const variable of information.variablesOf(scope)) {
        const type = information.types.typeOf(variable.entry);
        assert.equal(typeof typeName(type), 'string');
        const plain = strip(type);
        if (plain.kind === 'record') for (const member of plain.members().slice(0, 50)) typeName(member.type());
        if (plain.kind === 'array') locator.elements(plain.count, frame);
        try {
          locator.locate(variable, frame);
        } catch (error) {
          assert.ok(error instanceof Unavailable, String(error));
        }
      }
    }
  }
  for (const name of ['counter', 'scale', 'int']) {
    information.global(name);
    information.typeNamed(name);
  }
}

/** Asks everything a debugger would; whatever the bytes, the only error may be ElfError at opening. */
function exercise(bytes: Uint8Array): void {
  let module: ReturnType<typeof loadModule>;
  try {
    module = loadModule(bytes);
  } catch (error) {
    assert.ok(error instanceof ElfError, String(error));
    return;
  }
  module.units();
  for (const { address } of module.functions().slice(0, 50)) {
    module.symbolAt(address);
    module.lineRange(address);
  }
  for (const symbol of module.symbolsByName('main')) module.entryAfterPrologue(symbol);
  for (const file of module.sourceFiles().slice(0, 20)) {
    const lines = module.breakpointLines(file, 1, 1000);
    for (const line of lines.slice(0, 20)) assert.ok(module.addressesOf(file, line));
  }
  exerciseDebug(module);
  module.completions('m', 10);
  assert.ok(module.remarks.every((remark) => remark.endsWith('.')));
  module.buildId;
}

describe('damaged ELF files', function () {
  this.timeout(120_000);
  const folder = scratchFolder();
  const programs: { title: string; bytes: Uint8Array }[] = [];
  const wanted = ['C -O2 DWARF 4', 'C -O2 DWARF 5', 'assembly DWARF 3', 'C with 64-bit DWARF 5'];

  before(function () {
    nativeTools(this, 'gcc', 'as', 'ld');
    writeSources(folder);
    for (const recipe of recipes.filter(({ title }) => wanted.includes(title))) {
      programs.push({ title: recipe.title, bytes: new Uint8Array(fs.readFileSync(recipe.build(folder))) });
    }
    assert.equal(programs.length, wanted.length);
  });

  it('never make a lookup throw or hang when bytes are changed anywhere', () => {
    for (const { bytes } of programs) {
      const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 40 }), (changes) => {
          const copy = bytes.slice();
          for (const [at, value] of changes) copy[at] = value;
          exercise(copy);
        }),
        { numRuns: 150 },
      );
    }
  });

  it('never make a lookup throw or hang when the debug information is damaged', () => {
    for (const { bytes } of programs) {
      const debug = loadModule(bytes).elf.sections.filter(({ name }) =>
        /^\.(debug_|eh_frame$|symtab|strtab)/.test(name),
      );
      const place = fc.constantFrom(...debug).chain(({ offset, size }) => fc.nat(size - 1).map((at) => offset + at));
      // Extreme values hit lengths, counts and offsets where they hurt.
      const value = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff));
      fc.assert(
        fc.property(
          fc.array(fc.tuple(place, value, fc.integer({ min: 1, max: 8 })), { minLength: 1, maxLength: 12 }),
          (changes) => {
            const copy = bytes.slice();
            for (const [at, byte, length] of changes) copy.fill(byte, at, Math.min(at + length, copy.length));
            exercise(copy);
          },
        ),
        { numRuns: 300 },
      );
    }
  });

  it('are refused or understood wherever they are cut off', () => {
    for (const { bytes } of programs) {
      fc.assert(
        fc.property(fc.nat(bytes.length), (length) => exercise(bytes.slice(0, length))),
        { numRuns: 100 },
      );
    }
  });

  it('cost one unit its lines, and no other', () => {
    const { bytes } = programs.find(({ title }) => title === 'C -O2 DWARF 5')!;
    const copy = bytes.slice();
    const line = loadModule(bytes).elf.sections.find(({ name }) => name === '.debug_line')!;
    copy[line.offset + 4] = 99; // the version of the first table, main.c's
    const module = loadModule(copy);
    const files = module.sourceFiles().map((file) => file.replace(/.*\//, ''));
    assert.ok(files.includes('shapes.c') && !files.includes('main.c'));
    assert.equal(module.remarks.length, 1);
    assert.match(module.remarks[0], /^Lines of main\.c are left out: has DWARF version 99\.$/);
  });
});
