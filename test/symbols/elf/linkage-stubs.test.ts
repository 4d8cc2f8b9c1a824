import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { readElf } from '../../../src/symbols/elf/file.ts';
import { linkageStubs } from '../../../src/symbols/elf/linkage-stubs.ts';
import { nativeTools, run, scratchFolder } from '../native.ts';

const TEXT = `#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
	void (*later)(void *) = free;
	char *text = malloc(argc + 9);
	snprintf(text, 9, "%s", argv[0]);
	puts(text);
	later(text);
	return atoi("1");
}
`;

describe('Stubs of the procedure linkage table, judged by objdump', () => {
  const folder = scratchFolder();

  before(function () {
    nativeTools(this, 'gcc', 'objdump');
    fs.writeFileSync(path.join(folder, 'main.c'), TEXT);
  });

  const builds: [title: string, flags: string[]][] = [
    ['bound at the first call', ['-Wl,-z,lazy']],
    ['bound at the start', ['-Wl,-z,now']],
    ['for MPX, with BND prefixes', ['-Wl,-z,bndplt', '-Wl,-z,lazy']],
    ['for indirect branch tracking', ['-fcf-protection=full', '-Wl,-z,ibtplt', '-Wl,-z,lazy']],
    ['without linkage table', ['-fno-plt']],
  ];
  for (const [title, flags] of builds)
    it(`have its names and addresses: ${title}`, () => {
      const program = path.join(folder, title.replace(/\W+/g, '-'));
      run('gcc', ['-O1', ...flags, path.join(folder, 'main.c'), '-o', program]);
      const theirs = [...run('objdump', ['-d', program]).matchAll(/^([0-9a-f]+) <(\w+)@plt>:/gm)].map(
        ([, address, name]) => `${BigInt(`0x${address}`)} ${name}`,
      );
      const stubs = linkageStubs(readElf(new Uint8Array(fs.readFileSync(program)), program));
      const ours = stubs.map(({ name, address }) => `${address} ${name}`);
      assert.deepEqual(ours.sort(), theirs.sort());
      assert.ok(title.startsWith('without') || ours.length >= 4);
    });
});
