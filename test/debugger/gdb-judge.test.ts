import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { loadModule } from '../../src/symbols/module.ts';
import { type Body, TestClient } from '../dap/client.ts';
import { nativeTools, run, scratchFolder } from '../symbols/native.ts';
import { compareStop, type JudgeStop } from './gdb-judge/compare.ts';
import { sources } from './gdb-judge/programs.ts';

/** Stops compared in one build of a program. */
const MOST_STOPS = 40;
const walker = path.join(PROJECT_ROOT, 'test/debugger/gdb-judge/walk.py');

/** [start, end) of the code that .eh_frame describes, by readelf. */
function describedCode(program: string): [string, string][] {
  const text = run('readelf', ['-W', '--debug-dump=frames', program]);
  return [...text.matchAll(/ FDE .*pc=([0-9a-f]+)\.\.([0-9a-f]+)/g)].map(([, start, end]) => [start, end]);
}

/** What gdb sees of the program run natively at each of `addresses`. */
function judge(program: string, addresses: bigint[]): JudgeStop[] {
  const list = addresses.map((address) => `0x${address.toString(16)}`);
  // Too long for a command line.
  fs.writeFileSync(
    `${program}.json`,
    JSON.stringify({ addresses: list, most: MOST_STOPS, covered: describedCode(program) }),
  );
  const script = [`exec(open(${JSON.stringify(walker)}).read())`, `judge(${JSON.stringify(`${program}.json`)})`];
  const output = execFileSync(
    'gdb',
    [
      '-nx',
      '-batch',
      '-iex',
      'set debuginfod enabled off',
      ...script.flatMap((line) => ['-ex', `python ${line}`]),
      program,
    ],
    {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  return output
    .split('\n')
    .filter((line) => line.startsWith('JUDGE '))
    .map((line) => JSON.parse(line.slice(6)));
}

function stopLines(text: string): number[] {
  return text.split('\n').flatMap((line, i) => (line.includes('STOP') ? [i + 1] : []));
}

/** Compares all stops of a program with gdb; → how many stops and how many values were the same. */
function compareProgram(program: string, source: string): { stops: number; values: number } {
  const lines = stopLines(fs.readFileSync(source, 'utf8'));
  const module = loadModule(new Uint8Array(fs.readFileSync(program)));
  const addresses = [...new Set(lines.flatMap((line) => module.addressesOf(source, line)?.addresses ?? []))];
  assert.ok(addresses.length > 0, 'there are lines to stop at');
  const expected = judge(program, addresses);
  assert.ok(expected.length >= 1, `gdb stopped ${expected.length} times`);
  const client = new TestClient();
  client.launch(program, {
    configuration: { stopOnEntry: true },
    configure: (one) =>
      one.request('setInstructionBreakpoints', {
        breakpoints: addresses.map((address) => ({ instructionReference: `0x${address.toString(16)}` })),
      }),
  });
  const end = module.elf.segments.reduce((most, { type, vaddr, memsz }) => (type === 1 ? vaddr + memsz : most), 0n);
  const differences: string[] = [];
  let values = 0;
  for (const [i, stop] of expected.entries()) {
    const stopped: Body = client.go('continue');
    assert.ok(stopped, `stop ${i + 1} of ${expected.length} is reached`);
    const result = compareStop(client, stop, end);
    values += result.compared;
    differences.push(...result.differences.map((text) => `stop ${i + 1}: ${text}`));
  }
  assert.deepEqual(differences, []);
  return { stops: expected.length, values };
}

describe('Backtraces and variables, judged by gdb on the same program', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const counted = { stops: 0, values: 0 };

  before(function () {
    nativeTools(this, 'gdb', 'gcc', 'musl-gcc');
    for (const [name, text] of Object.entries(sources)) fs.writeFileSync(path.join(folder, `${name}.c`), text);
  });

  const builds: [title: string, compiler: string, flags: string[]][] = [
    ['-O0', 'musl-gcc', ['-O0', '-gdwarf-4']],
    ['-O0 with DWARF 5', 'musl-gcc', ['-O0', '-gdwarf-5']],
    ['-Og', 'musl-gcc', ['-Og', '-gdwarf-5']],
    ['-O2', 'musl-gcc', ['-O2', '-gdwarf-4']],
    ['-O2 with DWARF 5', 'musl-gcc', ['-O2', '-gdwarf-5']],
    ['-Og and glibc', 'gcc', ['-Og', '-gdwarf-5']],
  ];
  for (const name of Object.keys(sources))
    for (const [title, compiler, flags] of builds)
      it(`are the same in ${name}.c, ${title}`, () => {
        const program = path.join(folder, `${name}${title.replace(/\W+/g, '-')}`);
        const source = path.join(folder, `${name}.c`);
        run(compiler, ['-static', '-no-pie', '-std=gnu11', '-w', ...flags, source, '-o', program]);
        const { stops, values } = compareProgram(program, source);
        counted.stops += stops;
        counted.values += values;
      });

  it('were compared at hundreds of stops of a dozen programs', () => {
    assert.ok(Object.keys(sources).length >= 12);
    assert.ok(counted.stops >= 1000, `${counted.stops} stops`);
    assert.ok(counted.values >= 50_000, `${counted.values} values`);
  });
});
