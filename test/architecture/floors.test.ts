import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import ts from 'typescript';

/** The floors of docs/ARCHITECTURE.md, lowest first. A file may import from its own floor and from those below. */
const FLOORS = [
  'base',
  'protocol',
  'isa',
  'machine',
  'kernel',
  'symbols',
  'assembler',
  'debugger',
  'dap',
  'hosts',
  'cli',
  'webview',
  'extension',
];
/** Floors that must run unchanged in a browser worker. */
const PURE = new Set(['base', 'protocol', 'isa', 'machine', 'kernel', 'symbols', 'assembler', 'debugger', 'dap']);
/** The panel's page knows nothing but the protocol (and tiny helpers). */
const WEBVIEW_MAY_USE = new Set(['webview', 'protocol', 'base']);

const src = path.join(PROJECT_ROOT, 'src');

interface SourceFile {
  file: string;
  floor: string;
  text: string;
  imports: string[];
}

function sourceFiles(directory = src): SourceFile[] {
  return fs.readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(directory, entry.name);
    if (entry.isDirectory()) return sourceFiles(full);
    if (!/\.tsx?$/.test(entry.name) || entry.name.endsWith('.d.ts')) return [];
    const text = fs.readFileSync(full, 'utf8');
    const file = path.relative(src, full).split(path.sep).join('/');
    return [
      { file, floor: file.split('/')[0], text, imports: ts.preProcessFile(text).importedFiles.map((i) => i.fileName) },
    ];
  });
}

const files = sourceFiles();
const target = (file: string, specifier: string) => path.posix.join(path.posix.dirname(file), specifier);

describe('The floors', () => {
  it('hold every source file', () => {
    assert.ok(files.length > 50, 'the sources were found');
    assert.deepEqual(
      files.filter((f) => !FLOORS.includes(f.floor)).map((f) => f.file),
      [],
    );
  });

  it('import downwards only', () => {
    const wrong = files.flatMap(({ file, floor, imports }) =>
      imports
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => ({ specifier, to: target(file, specifier).split('/')[0] }))
        .filter(({ to }) =>
          floor === 'webview'
            ? !WEBVIEW_MAY_USE.has(to)
            : FLOORS.indexOf(to) > FLOORS.indexOf(floor) || (to === 'webview' && floor !== 'webview'),
        )
        .map(({ specifier }) => `${file} imports ${specifier}`),
    );
    assert.deepEqual(wrong, []);
  });

  it('let only the extension know VS Code', () => {
    assert.deepEqual(
      files.filter((f) => f.floor !== 'extension' && f.imports.includes('vscode')).map((f) => f.file),
      [],
    );
  });

  it('keep Node out of what must run in a browser worker', () => {
    const wrong = files
      .filter((f) => PURE.has(f.floor))
      .flatMap((f) =>
        f.imports
          .filter((i) => i.startsWith('node:') || builtinModules.includes(i))
          .map((i) => `${f.file} imports ${i}`),
      );
    assert.deepEqual(wrong, []);
  });

  it('compile without the globals of Node and the DOM', function () {
    this.timeout(120_000);
    const tsc = path.join(PROJECT_ROOT, 'node_modules/typescript/bin/tsc');
    const result = spawnSync(process.execPath, [tsc, '-p', path.join(PROJECT_ROOT, 'tsconfig.pure.json')], {
      encoding: 'utf8',
    });
    assert.equal(result.stdout, '');
    assert.equal(result.status, 0);
  });

  it('have no import cycles between files', () => {
    const graph = new Map(
      files.map((f) => [f.file, f.imports.filter((i) => i.startsWith('.')).map((i) => target(f.file, i))]),
    );
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, trail: string[]) => {
      const at = trail.indexOf(file);
      if (at >= 0) {
        cycles.push([...trail.slice(at), file].join(' → '));
        return;
      }
      if (done.has(file)) return;
      for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
      done.add(file);
    };
    for (const file of graph.keys()) visit(file, []);
    assert.deepEqual(cycles, []);
  });

  it('contain no `any`', () => {
    const wrong = files.filter((f) => /(:\s*any\b|\bas any\b|<any>)/.test(f.text)).map((f) => f.file);
    assert.deepEqual(wrong, []);
  });
});
