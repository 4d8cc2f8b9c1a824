import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Runs a tool of binutils or GCC; its stderr shows only when it fails. */
export function run(tool: string, args: string[], cwd?: string): string {
  return execFileSync(tool, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Whether programs of this machine can be built and judged here; says loudly if not. */
export function nativeTools(context: Mocha.Context, ...tools: string[]): void {
  const missing = tools.filter((tool) => {
    try {
      execFileSync(tool, ['--version'], { stdio: 'ignore' });
      return false;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT';
    }
  });
  const foreign = process.arch !== 'x64' || process.platform !== 'linux';
  if (!missing.length && !foreign) return;
  console.error(
    `SKIPPED: ${context.test?.parent?.fullTitle()}: needs x86-64 Linux${missing.map((t) => `, ${t}`).join('')}`,
  );
  context.skip();
}

/** A folder that is gone after the tests of the surrounding `describe`. */
export function scratchFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-symbols-'));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface JudgeRow {
  file: string;
  line: number;
  address: bigint;
  isStatement: boolean;
}

/** The rows that `objdump --dwarf=decodedline` shows: base names, and no rows that end sequences. */
export function decodedLines(program: string): JudgeRow[] {
  const rows: JudgeRow[] = [];
  for (const line of run('objdump', ['-w', '--dwarf=decodedline', program]).split('\n')) {
    const match = /^(\S+)\s+(\d+)\s+(0x[0-9a-f]+|0)(?:\[\d+\])?(?:\s+\d+)?\s*( x)?\s*$/.exec(line);
    if (match) {
      const address = BigInt(match[3]);
      rows.push({
        file: path.basename(match[1]),
        line: Number(match[2]),
        address,
        isStatement: match[4] !== undefined,
      });
    }
  }
  return rows;
}

export interface JudgeUnit {
  name: string;
  compDir: string;
  lineTable: number | undefined;
}

/** The roots of the compilation units by `readelf --debug-dump=info`. */
export function compilationUnits(program: string): JudgeUnit[] {
  const text = run('readelf', ['-W', '--debug-dump=info', '--dwarf-depth=1', program]);
  return text
    .split(/DW_TAG_(?:compile|partial)_unit\)/)
    .slice(1)
    .map((root) => {
      const attribute = (name: string) =>
        new RegExp(`DW_AT_${name}\\s*: (?:\\([^)]*\\):? )*(.*?)\\s*$`, 'm').exec(root)?.[1];
      const lineTable = attribute('stmt_list');
      return {
        name: attribute('name') ?? '',
        compDir: attribute('comp_dir') ?? '',
        lineTable: lineTable === undefined ? undefined : Number(lineTable),
      };
    });
}

export interface JudgeRange {
  file: string;
  line: number;
  start: bigint;
  end: bigint;
}

/** What gdb's `info line *ADDRESS` says of each address; undefined where it knows no line. */
export function lineRanges(program: string, addresses: bigint[]): (JudgeRange | undefined)[] {
  const script = `${program}.gdb`;
  // `echo` ends each answer, whatever it is.
  fs.writeFileSync(script, addresses.map((a) => `info line *0x${a.toString(16)}\necho =====\\n\n`).join(''));
  const answers = run('gdb', ['-nx', '-batch', '-iex', 'set width 0', '-x', script, program]).split('=====\n');
  return addresses.map((_, i) => {
    const match = /Line (\d+) of "(.*)" starts at address (0x[0-9a-f]+).* and ends at (0x[0-9a-f]+)/.exec(answers[i]);
    return match
      ? { line: Number(match[1]), file: match[2], start: BigInt(match[3]), end: BigInt(match[4]) }
      : undefined;
  });
}
