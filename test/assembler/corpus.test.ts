import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { nativeTools } from '../symbols/native.ts';
import { objectOf } from './assembling.ts';
import { gasSections, ownSections } from './gas.ts';

const samples = path.join(PROJECT_ROOT, 'samples');
const corpus = path.join(PROJECT_ROOT, 'test/assembler/corpus');
const sources = (folder: string) =>
  fs
    .readdirSync(folder)
    .filter((name) => /\.s$/i.test(name))
    .map((name) => path.join(folder, name));

/** Line tables are judged by their rows (line-program.test.ts): versions differ. Without `-g`, as makes no other debug information. */
const NOT_COMPARED = /^\.debug_line$/;
const OWN_DEBUG = /^\.debug_(line|info|abbrev|ranges)$/;

describe('The assembler, judged by GNU as', () => {
  before(function () {
    nativeTools(this, 'as');
  });

  for (const file of [
    ...sources(path.join(samples, 'gcc-7.5')),
    ...sources(path.join(samples, 'asm')),
    path.join(samples, 'runtime/entry.S'),
    ...sources(corpus),
  ])
    it(`makes the same bytes and relocations of ${path.relative(PROJECT_ROOT, file)}`, () => {
      const text = fs.readFileSync(file, 'utf8');
      const wanted = gasSections(text, samples);
      const made = ownSections(objectOf(text, file));
      let compared = 0;
      for (const [name, section] of wanted) {
        if (NOT_COMPARED.test(name)) continue;
        assert.deepEqual({ name, ...made.get(name) }, { name, ...section });
        compared += section.size;
      }
      assert.ok(compared > 0);
      assert.deepEqual(
        [...made.keys()].filter((name) => !wanted.has(name) && !OWN_DEBUG.test(name)),
        [],
      );
    });
});
