import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { loadModule, type Module } from '../../src/symbols/module.ts';
import {
  compilationUnits,
  decodedLines,
  type JudgeRow,
  lineRanges,
  nativeTools,
  run,
  scratchFolder,
} from './native.ts';
import { recipes, sampleProgram, writeSources } from './programs.ts';

const open = (program: string, bias = 0n) => loadModule(fs.readFileSync(program), { bias });

const rowText = ({ file, line, address, isStatement }: JudgeRow) =>
  `${address.toString(16).padStart(16, '0')} ${path.basename(file)}:${line}${isStatement ? ' x' : ''}`;

/** Rows of code that was linked in: the linker sets dropped sequences to 0. */
function judgeRows(program: string, module: Module): string[] {
  const code = module.elf.segments.filter(({ type, flags }) => type === 1 && flags & 1);
  return decodedLines(program)
    .filter(({ address }) => code.some(({ vaddr, memsz }) => address >= vaddr && address < vaddr + memsz))
    .map(rowText)
    .sort();
}

/** Whether the recipe's program starts in assembly source of its own. */
const isAssembly = ({ title }: { title: string }) => title.startsWith('assembly');

describe('symbols and lines of real programs, judged by binutils', function () {
  this.timeout(120_000);
  const folder = scratchFolder();
  const samples = path.join(PROJECT_ROOT, 'samples/gcc-7.5');
  const sampleFiles = fs.existsSync(samples) ? fs.readdirSync(samples).filter((f) => f.endsWith('.s')) : [];
  const all = [...recipes, ...sampleFiles.map((file) => sampleProgram(path.join(samples, file)))];

  before(function () {
    nativeTools(this, 'gcc', 'musl-gcc', 'as', 'ld', 'objdump', 'readelf', 'nm');
    writeSources(folder);
  });

  for (const recipe of all) {
    describe(recipe.title, () => {
      let program: string;
      let module: Module;
      before(() => {
        program = recipe.build(folder);
        module = open(program);
      });

      it('has the line rows that objdump decodes, and no remarks', () => {
        const ours = [...module.lineRows()].map(rowText).sort();
        assert.deepEqual(ours, judgeRows(program, module));
        assert.ok(ours.length > 0);
        assert.deepEqual(module.remarks, []);
      });

      it('puts every address on the line where gdb does, in a range that holds the range of gdb', function () {
        nativeTools(this, 'gdb');
        const starts = [...new Set([...module.lineRows()].map(({ address }) => address))];
        const addresses = starts.flatMap((address) => [address, address + 1n]);
        const judged = lineRanges(program, addresses);
        addresses.forEach((address, i) => {
          const range = module.lineRange(address);
          const where = `at 0x${address.toString(16)}`;
          assert.deepEqual(range?.location, module.locationOf(address), where);
          const judge = judged[i];
          assert.equal(range?.location.line, judge?.line, where);
          if (!judge || !range) return;
          assert.ok(`/${range.location.file}`.endsWith(path.join('/', judge.file)), `${range.location.file} ${where}`);
          assert.ok(range.start <= judge.start && judge.end <= range.end, where);
          assert.ok(range.start <= address && address < range.end, where);
        });
      });

      it('has the compilation units that readelf shows, and these cover its lines', () => {
        const judged = compilationUnits(program);
        const ours = module.units().map(({ name, compDir, lineTable }) => ({ name, compDir, lineTable }));
        assert.deepEqual(ours, judged);
        for (const { address } of module.lineRows()) {
          const covered = module
            .units()
            .some(({ ranges }) => ranges.some((r) => address >= r.start && address <= r.end));
          assert.ok(covered, `0x${address.toString(16)}`);
        }
        const entry = module.symbolsByName(isAssembly(recipe) ? '_start' : 'main')[0];
        const owners = module
          .units()
          .filter(({ ranges }) => ranges.some((r) => entry.address >= r.start && entry.address < r.end));
        assert.equal(owners.length, 1);
        assert.equal(owners[0].isAssembly, isAssembly(recipe));
      });

      it('has the sections and segments that readelf shows', () => {
        const text = run('readelf', ['-SW', program]);
        const judged = [...text.matchAll(/^\s+\[\s*(\d+)\] (\S*)\s+\S+\s+([0-9a-f]{16}) ([0-9a-f]+) ([0-9a-f]+) /gm)];
        const ours = module.elf.sections;
        assert.deepEqual(
          ours.map(({ index, name, address, offset, size }) => [index, name, address, offset, size]),
          judged.map(([, index, name, address, offset, size]) => [
            Number(index),
            name,
            BigInt(`0x${address}`),
            Number.parseInt(offset, 16),
            Number.parseInt(size, 16),
          ]),
        );
        const loads = [...run('readelf', ['-lW', program]).matchAll(/^\s+LOAD\s+(\S+) (\S+) \S+ (\S+) (\S+)/gm)];
        assert.deepEqual(
          module.elf.segments.filter(({ type }) => type === 1).map((s) => [s.offset, s.vaddr, s.filesz, s.memsz]),
          loads.map((match) => match.slice(1, 5).map(BigInt)),
        );
      });

      it('has the symbols that nm lists', () => {
        const judged = run('nm', ['--defined-only', program]).trimEnd().split('\n');
        let checked = 0;
        for (const line of judged) {
          const [, address, kind, name] = /^([0-9a-f]+) (\S) (.*)$/.exec(line)!;
          // nm shows TLS symbols as b or d of their section; ours leaves them out.
          const found = module.symbolsByName(name).filter((symbol) => symbol.address === BigInt(`0x${address}`));
          if (!found.length) {
            assert.match(run('readelf', ['-sW', program]), new RegExp(` TLS .* ${name.replace(/[.$]/g, '\\$&')}\\n`));
            continue;
          }
          if (/[Tt]/.test(kind) && found[0].kind === 'function' && found[0].size > 0n) {
            const at = module.symbolAt(found[0].address + found[0].size - 1n);
            assert.ok(at, name);
            checked++;
          }
        }
        assert.ok(checked > 0 || judged.length < 20);
      });

      it('reports the build-id that readelf -n shows', () => {
        assert.equal(module.buildId, /Build ID: (\w+)/.exec(run('readelf', ['-n', program]))?.[1]);
      });
    });
  }
});
