import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { loadModule, type Module } from '../../src/symbols/module.ts';
import { typeName } from '../../src/symbols/type-names.ts';
import { nativeTools, run, scratchFolder } from './native.ts';
import { writeSources } from './programs.ts';

/** Opens a program of `folder`; files of the system it belongs to are those below `folder`. */
function open(folder: string, name: string): Module {
  const read = (file: string) => {
    const real = path.join(folder, file);
    return fs.existsSync(real) ? new Uint8Array(fs.readFileSync(real)) : undefined;
  };
  return loadModule(read(`/${name}`)!, { name: `/${name}`, readFile: read });
}

/** What the debug information tells: lines, a function's variables and the types of these. */
function knowledge(module: Module): string[] {
  const told: string[] = [];
  for (const { address, line } of module.lineRows()) told.push(`${address.toString(16)} ${line}`);
  const { information } = module.debug;
  for (const symbol of ['main', 'fib', 'area'].flatMap((name) => module.symbolsByName(name))) {
    const owner = information.functionAt(symbol.address + 4n);
    assert.ok(owner, symbol.name);
    told.push(`${information.entries.name(owner)} at ${symbol.address.toString(16)}`);
    for (const { name, entry } of information.variablesOf(owner))
      told.push(`${name}: ${typeName(information.types.typeOf(entry))}`);
  }
  const counter = information.global('counter');
  assert.ok(counter);
  told.push(`counter: ${typeName(information.types.typeOf(counter.entry))}`);
  return told;
}

describe('debug information that is compressed or in files of its own', function () {
  this.timeout(120_000);
  const folder = scratchFolder();
  let plain: string[];
  const build = (name: string, ...flags: string[]) =>
    run('gcc', ['-O1', '-g', ...flags, 'main.c', 'lib/shapes.c', '-o', name], folder);

  before(function () {
    nativeTools(this, 'gcc', 'objcopy', 'readelf', 'dwz');
    writeSources(folder);
    build('plain', '-Wl,--build-id');
    plain = knowledge(open(folder, 'plain'));
    assert.ok(plain.length > 20);
  });

  it('is read from sections compressed by zlib, in the form of the standard and in the old one', () => {
    for (const format of ['zlib', 'zlib-gnu']) {
      const name = `compressed-${format}`;
      run('objcopy', [`--compress-debug-sections=${format}`, 'plain', name], folder);
      assert.match(run('readelf', ['-SW', name], folder), /\.z?debug_info +PROGBITS .*( C |zdebug)|zdebug_info/);
      const module = open(folder, name);
      assert.deepEqual(knowledge(module), plain);
      assert.deepEqual(module.remarks, []);
    }
  });

  it('costs a compressed section that is damaged, and no more', () => {
    run('objcopy', ['--compress-debug-sections=zlib', 'plain', 'damaged'], folder);
    const bytes = new Uint8Array(fs.readFileSync(path.join(folder, 'damaged')));
    const info = loadModule(bytes).elf.sections.find(({ name }) => name === '.debug_info')!;
    const size = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(info.offset + 8, true);
    const changes: [at: number, value: number, remark: RegExp][] = [
      [info.offset, 2, /^Section \.debug_info is left out: it is compressed by zstd, which is not supported: unpack/],
      [info.offset, 9, /is compressed by the unknown method 9/],
      [info.offset + 8, Number(size & 255n) ^ 1, /holds (more than the )?\d+ bytes/],
      [info.offset + 13, 0x7f, /claims to hold \d+ bytes/],
      [info.offset + 24, 0, /cannot be unpacked/],
    ];
    for (const [at, value, remark] of changes) {
      const copy = bytes.slice();
      copy[at] = value;
      const module = loadModule(copy);
      assert.ok(module.addressesOf('main.c', 5));
      assert.equal(module.debug.information.functionAt(module.symbolsByName('main')[0].address), undefined);
      assert.match(module.remarks[0], remark);
    }
  });

  it('is found beside the program by .gnu_debuglink, if its CRC is right', () => {
    run('objcopy', ['--only-keep-debug', 'plain', 'linked.debug'], folder);
    run(
      'objcopy',
      ['--strip-all', '-R', '.note.gnu.build-id', '--add-gnu-debuglink=linked.debug', 'plain', 'linked'],
      folder,
    );
    assert.deepEqual(knowledge(open(folder, 'linked')), plain);
    for (const place of ['.debug', 'usr/lib/debug']) {
      fs.mkdirSync(path.join(folder, place), { recursive: true });
      fs.renameSync(path.join(folder, 'linked.debug'), path.join(folder, place, 'linked.debug'));
      assert.deepEqual(knowledge(open(folder, 'linked')), plain, place);
      fs.renameSync(path.join(folder, place, 'linked.debug'), path.join(folder, 'linked.debug'));
    }
    fs.appendFileSync(path.join(folder, 'linked.debug'), 'x');
    const other = open(folder, 'linked');
    assert.deepEqual(other.sourceFiles(), []);
    assert.match(other.remarks[0], /^The debug information in \/linked\.debug belongs to another build of \/linked: /);
    fs.rmSync(path.join(folder, 'linked.debug'));
    const lost = open(folder, 'linked');
    assert.deepEqual(lost.sourceFiles(), []);
    assert.deepEqual(lost.remarks, ['The debug information of /linked is in a separate file: copy linked.debug to /.']);
  });

  it('is found by the build-id, and names functions of a stripped program', () => {
    const id = open(folder, 'plain').buildId!;
    const file = path.join(folder, 'usr/lib/debug/.build-id', id.slice(0, 2), `${id.slice(2)}.debug`);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    run('objcopy', ['--only-keep-debug', 'plain', file], folder);
    run('objcopy', ['--strip-all', 'plain', 'stripped'], folder);
    const module = open(folder, 'stripped');
    assert.deepEqual(knowledge(module), plain);
    assert.equal(module.symbolsByName('fib').length, 1);
    build('other', '-O2', '-Wl,--build-id');
    run('objcopy', ['--only-keep-debug', 'other', file], folder);
    assert.deepEqual(open(folder, 'stripped').sourceFiles(), [], 'a file of another build');
  });

  for (const version of ['4', '5']) {
    it(`has types in units of their own (DWARF ${version})`, () => {
      build(`types-${version}`, `-gdwarf-${version}`, '-fdebug-types-section');
      const module = open(folder, `types-${version}`);
      assert.deepEqual(knowledge(module), plain);
      assert.deepEqual(module.remarks, []);
    });

    it(`has what programs share in a supplementary file, as dwz makes it (DWARF ${version})`, () => {
      for (const name of ['one', 'two']) build(name, `-gdwarf-${version}`);
      run('dwz', ['-m', 'common.debug', 'one', 'two'], folder);
      const module = open(folder, 'one');
      assert.deepEqual(knowledge(module), plain);
      assert.deepEqual(module.remarks, []);
      fs.renameSync(path.join(folder, 'common.debug'), path.join(folder, 'elsewhere'));
      const lost = open(folder, 'one');
      assert.ok(lost.addressesOf('main.c', 5));
      assert.ok(lost.debug.information.entries.units.length > 0);
      assert.match(lost.remarks[0], /^Types and names of \/one are known in part: copy .* to \/common\.debug\.$/);
    });
  }
});
