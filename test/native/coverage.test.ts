import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { allSemantics } from '../../src/isa/semantics/all.ts';
import { HOST_FUNCTIONS } from '../../src/machine/host/index.ts';
import { type Covered, covered, EXEMPT, instructionTable } from './coverage.ts';
import { instructionsPage } from './instructions.ts';

/** Of 32-bit code, which a 64-bit process cannot run where the host's kernel has no segment for it. */
const IN_32_BIT_CODE = new Set([
  ...'pusha popa into bound arpl salc daa das aaa aas aam aad les lds sysenter'.split(' '),
  ...'push 4 s|push 4 m|pop 4 r|pop 4 m|leave 4 |pushf 4 |popf 4 '.split('|'),
  ...[2, 4].flatMap((size) => [`call ${size} `, `ret ${size} `, `ret ${size} i`]),
  ...[2, 4].flatMap((size) => ['calli', 'jmpi'].flatMap((op) => [`${op} ${size} s`, `${op} ${size} m`])),
]);

/** Pairs of size and form that no encoding has. */
const IMPOSSIBLE = new Set([
  'cmpxchg8b 16 m',
  'cmpxchg16b 8 m',
  'movd 8 x,m',
  'movd 8 m,y',
  'movd 8 p,m',
  'movd 8 m,q',
  'vmovd 8 x,m',
  'vmovd 8 m,y',
  // Exists, but its result is undefined.
  'bswap 2 r',
]);

describe('The differential test', function () {
  this.timeout(180_000);
  let found: Covered;
  before(() => {
    found = covered();
  });

  it('covers every operation in every size and form, but for those that are exempt', () => {
    const wanted = [
      ...allSemantics.flatMap(({ op, sizes, forms }) =>
        op in EXEMPT ? [] : sizes.flatMap((size) => forms.map((form) => `${op} ${size} ${form}`)),
      ),
      ...Object.keys(HOST_FUNCTIONS).filter((op) => !(op in EXEMPT)),
    ];
    assert.deepEqual(
      wanted.filter((name) => !found.operations.has(name) && !IMPOSSIBLE.has(name) && !IN_32_BIT_CODE.has(name)),
      [],
    );
  });

  it('covers every encoding that the machine has, or says why not', () => {
    const unexplained = instructionTable(found).filter(({ reason }) => reason === '');
    assert.deepEqual(
      unexplained.map(({ encoding }) => encoding),
      [],
    );
  });

  it('is described by a page that is current (npm run instructions)', () => {
    const page = fs.readFileSync(path.join(PROJECT_ROOT, 'docs/INSTRUCTIONS.md'), 'utf8');
    assert.equal(page, instructionsPage(found));
  });
});
