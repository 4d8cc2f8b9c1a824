/** From assembly sources to a program: the assembler's front door. */
import { assembleSource } from './assembler.ts';
import { link } from './link/link.ts';
import type { ObjectFile, ObjectSymbol } from './object.ts';
import { isAssembly } from './paths.ts';
import type { Diagnostic } from './source.ts';
import { START_SOURCE } from './start.ts';
import type { SourceFiles } from './state.ts';

export interface BuildFiles extends SourceFiles {
  /** Names of the files in a folder; without it, symbols are not looked for in other files. */
  list?(folder: string): readonly string[];
}

export interface BuildResult {
  /** The bytes of an ELF program; undefined if there are errors. */
  program: Uint8Array | undefined;
  diagnostics: Diagnostic[];
}

/** A problem as compilers write it: `FILE:LINE:COLUMN: error: …`. */
export function diagnosticText({ file, line, column, severity, message }: Diagnostic): string {
  return `${file}:${line}:${column}: ${severity}: ${message}`;
}

/**
 * Assembles and links `paths` to one static program. What they leave undefined is taken from sources in the folder of the first that
 * declare it `.globl`. Without `_start`, one is added that calls `main`. Mistakes are diagnostics; nothing is thrown.
 */
export function buildProgram(paths: readonly string[], files: BuildFiles): BuildResult {
  return new Build(files).run(paths);
}

const START_FILE = '(start)';
const utf8 = new TextDecoder('utf-8');

class Build {
  private readonly objects: ObjectFile[] = [];
  private readonly diagnostics: Diagnostic[] = [];
  private readonly read = new Set<string>();

  constructor(private readonly files: BuildFiles) {}

  run(paths: readonly string[]): BuildResult {
    for (const path of paths) this.add(path);
    if (this.failed) return this.result(undefined);
    this.addSiblings(paths[0]);
    if (!this.failed) this.addStart(paths[0]);
    if (this.failed) return this.result(undefined);
    const { bytes, diagnostics } = link(this.objects);
    this.diagnostics.push(...diagnostics);
    return this.result(bytes);
  }

  private get failed(): boolean {
    return this.diagnostics.some(({ severity }) => severity === 'error');
  }

  private result(program: Uint8Array | undefined): BuildResult {
    return { program: this.failed ? undefined : program, diagnostics: this.diagnostics };
  }

  private problem(file: string, message: string): void {
    this.diagnostics.push({ severity: 'error', file, line: 1, column: 1, endColumn: 2, message });
  }

  private add(path: string): void {
    if (this.read.has(path)) return;
    this.read.add(path);
    const bytes = this.files.read(path);
    if (bytes) this.assemble(path, utf8.decode(bytes));
    else this.problem(path, `There is no file ${path}.`);
  }

  private assemble(file: string, text: string): void {
    const { object, diagnostics } = assembleSource({ file, text, files: this.files });
    this.diagnostics.push(...diagnostics);
    if (object) this.objects.push(object);
  }

  private defined(): Set<string> {
    const isKnown = ({ section, binding }: ObjectSymbol) => section !== undefined && binding !== 'local';
    return new Set(this.objects.flatMap(({ symbols }) => symbols.filter(isKnown).map(({ name }) => name)));
  }

  private wanted(): string[] {
    const defined = this.defined();
    const names = this.objects.flatMap(({ symbols }) =>
      symbols.filter(
        ({ section, binding, name }) => section === undefined && binding === 'global' && !defined.has(name),
      ),
    );
    return [...new Set(names.map(({ name }) => name))];
  }

  /** Adds sources beside `path` for as long as they define something that is missing. */
  private addSiblings(path: string): void {
    const end = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
    const folder = path.slice(0, end);
    const siblings = (this.wanted().length && this.files.list?.(folder)) || [];
    const sources = siblings
      .filter(isAssembly)
      .map((name) => path.slice(0, end + 1) + name)
      .filter((one) => !this.read.has(one))
      .sort();
    for (let more = true; more && !this.failed; ) {
      const wanted = this.wanted();
      const found = sources.find(
        (source) => !this.read.has(source) && wanted.some((name) => this.declares(source, name)),
      );
      more = found !== undefined;
      if (found !== undefined) this.add(found);
    }
  }

  /** Whether the source says `.globl NAME`, and has it as a label. Judged by its text, so that only what is needed is assembled. */
  private declares(source: string, name: string): boolean {
    const bytes = this.files.read(source);
    if (!bytes) return false;
    const text = utf8.decode(bytes);
    const escaped = name.replace(/[.$]/g, '\\$&');
    return (
      new RegExp(`^\\s*\\.globa?l\\s+(?:.*[\\s,])?${escaped}(?![\\w.$])`, 'm').test(text) &&
      new RegExp(`^\\s*${escaped}\\s*:`, 'm').test(text)
    );
  }

  private addStart(path: string): void {
    const defined = this.defined();
    if (defined.has('_start')) return;
    if (defined.has('main')) this.assemble(START_FILE, START_SOURCE);
    else {
      const hidden = ['_start', 'main'].find((name) =>
        this.objects.some(({ symbols }) => symbols.some((one) => one.name === name && one.section)),
      );
      this.problem(
        path,
        hidden
          ? `“${hidden}” is known inside its file only: add .globl ${hidden}, so that the program can begin there.`
          : 'It is not said where the program begins: give the first instruction the label _start, with .globl _start.',
      );
    }
  }
}
