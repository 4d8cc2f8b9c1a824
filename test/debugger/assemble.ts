/** Machine code for tests, made by GNU as. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

function withFolder<T>(work: (folder: string) => T): T {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-as-'));
  try {
    return work(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** The bytes of position-independent AT&T code, without linking. */
export function assemble(text: string): Uint8Array {
  return withFolder((folder) => {
    const object = path.join(folder, 'a.o');
    execFileSync('as', ['--64', '-o', object, '-'], { input: `${text}\n` });
    execFileSync('objcopy', ['-O', 'binary', '-j', '.text', object, path.join(folder, 'a.bin')]);
    return new Uint8Array(fs.readFileSync(path.join(folder, 'a.bin')));
  });
}

export interface LinkedProgram {
  program: string;
  source: string;
}

const linked = new Map<string, LinkedProgram>();
const folders: string[] = [];
process.once('exit', () => {
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true });
});

/** A static program of one assembly file, made once, in a folder that stays until the tests end. */
export function linkProgram(name: string, text: string): LinkedProgram {
  const known = linked.get(text);
  if (known) return known;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-program-'));
  folders.push(folder);
  const source = path.join(folder, `${name}.s`);
  const program = path.join(folder, name);
  fs.writeFileSync(source, text);
  execFileSync('as', ['--64', '-g', '-o', `${program}.o`, source]);
  execFileSync('ld', ['-o', program, `${program}.o`]);
  const made = { program, source };
  linked.set(text, made);
  return made;
}
