import assert from 'node:assert/strict';
import path from 'node:path';
import { fileKind } from '../../src/extension/configuration/elf-kind.ts';
import { nodeFiles } from '../../src/extension/configuration/node-files.ts';
import { isProgram, programsBelow, programsFor } from '../../src/extension/configuration/program-lookup.ts';
import { elfHead, memoryFiles } from './memory-files.ts';

const ws = '/ws';
const program = elfHead({ type: 2, machine: 62 });
const pie = elfHead({ type: 3, machine: 62 });
const object = elfHead({ type: 1, machine: 62 });
const arm = elfHead({ type: 2, machine: 40 });

describe('The kind of a file', () => {
  it('is a program for x86 executables, also 32-bit and position-independent ones', () => {
    assert.equal(fileKind(program), 'program');
    assert.equal(fileKind(pie), 'program');
    assert.equal(fileKind(elfHead({ type: 2, machine: 3 })), 'program');
  });
  it('is another ELF file for object files, other machines and big-endian files', () => {
    assert.equal(fileKind(object), 'other-elf');
    assert.equal(fileKind(arm), 'other-elf');
    const bigEndian = program.slice();
    bigEndian[5] = 2;
    assert.equal(fileKind(bigEndian), 'other-elf');
  });
  it('is not ELF for text, empty and cut-off files', () => {
    assert.equal(fileKind(new TextEncoder().encode('int main(void) { return 0; }')), 'not-elf');
    assert.equal(fileKind(new Uint8Array()), 'not-elf');
    assert.equal(fileKind(program.slice(0, 10)), 'not-elf');
  });
});

describe('The program that belongs to an open file', () => {
  it('is the file itself, if it is one', async () => {
    assert.deepEqual(await programsFor(memoryFiles({ '/ws/prog': program }), '/ws/prog', ws), ['/ws/prog']);
  });
  it('lies beside the source under the same name', async () => {
    const files = memoryFiles({
      '/ws/list.c': 'c',
      '/ws/list': program,
      '/ws/list.o': object,
      '/ws/list-static': program,
    });
    assert.deepEqual(await programsFor(files, '/ws/list.c', ws), ['/ws/list']);
  });
  it('lies in a build folder beside or above the source', async () => {
    const files = memoryFiles({ '/ws/src/a/list.c': 'c', '/ws/build/list': pie });
    assert.deepEqual(await programsFor(files, '/ws/src/a/list.c', ws), ['/ws/build/list']);
  });
  it('is not looked for above the workspace', async () => {
    const files = memoryFiles({ '/ws/list.c': 'c', '/bin/list': program, '/list': program });
    assert.deepEqual(await programsFor(files, '/ws/list.c', ws), []);
  });
  it('is looked for only beside the source, if the source is outside the workspace', async () => {
    const files = memoryFiles({ '/other/x/list.c': 'c', '/other/list': program, '/other/x/bin/list': program });
    assert.deepEqual(await programsFor(files, '/other/x/list.c', ws), ['/other/x/bin/list']);
  });
  it('keeps the part of the name that tells the variant', async () => {
    const files = memoryFiles({ '/ws/gcc/list.O0.s': 's', '/ws/bin/list.O0': program, '/ws/bin/list.O2': program });
    assert.deepEqual(await programsFor(files, '/ws/gcc/list.O0.s', ws), ['/ws/bin/list.O0']);
  });
  it('is one of all its variants, if none has its very name', async () => {
    const files = memoryFiles({
      '/ws/list.c': 'c',
      '/ws/bin/list.O2': program,
      '/ws/bin/list.O0': program,
      '/ws/bin/list.o': object,
      '/ws/bin/listing': program,
      '/ws/bin/list.arm': arm,
    });
    assert.deepEqual(await programsFor(files, '/ws/list.c', ws), ['/ws/bin/list.O0', '/ws/bin/list.O2']);
  });
  it('is an a.out as a last resort', async () => {
    const files = memoryFiles({ '/ws/x.s': 's', '/ws/a.out': program });
    assert.deepEqual(await programsFor(files, '/ws/x.s', ws), ['/ws/a.out']);
  });
  it('is found for the samples of this project', async () => {
    const samples = path.join(PROJECT_ROOT, 'samples');
    const found = await programsFor(nodeFiles, path.join(samples, 'heap-overflow.c'), samples);
    assert.deepEqual(
      found.map((file) => path.relative(samples, file)),
      ['bin/heap-overflow.O0', 'bin/heap-overflow.O2'],
    );
    assert.deepEqual(await programsFor(nodeFiles, path.join(samples, 'asm/check.s'), samples), [
      path.join(samples, 'bin/check'),
    ]);
  });
});

describe('The programs of a folder', () => {
  it('are found nearest first, without those of packages and version control', async () => {
    const files = memoryFiles({
      '/ws/deep/er/prog': program,
      '/ws/zebra': pie,
      '/ws/node_modules/x/prog': program,
      '/ws/.git/prog': program,
      '/ws/notes.md': 'text',
      '/ws/list.o': object,
    });
    assert.deepEqual(await programsBelow(files, '/ws'), ['/ws/zebra', '/ws/deep/er/prog']);
  });
  it('are searched in a limited number of files', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 50 }, (_, at) => [`/ws/p${String(at).padStart(2, '0')}`, program]),
    );
    assert.equal((await programsBelow(memoryFiles(many), '/ws', 10)).length, 10);
  });
});

describe('The disk', () => {
  it('answers for what is not there without throwing', async () => {
    assert.equal(await nodeFiles.kind('/no/such/file'), undefined);
    assert.deepEqual(await nodeFiles.list('/no/such/folder'), []);
    assert.equal((await nodeFiles.head('/no/such/file', 4)).length, 0);
    assert.equal(await isProgram(nodeFiles, '/no/such/file'), false);
  });
});
