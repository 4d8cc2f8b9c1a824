import assert from 'node:assert/strict';
import type { HostFiles } from '../../src/dap/host.ts';
import { ReferenceCounter } from '../../src/dap/references.ts';
import { Sources } from '../../src/dap/sources.ts';

function sources(present: string[], sourceMap?: Record<string, string>): Sources {
  const files: HostFiles = {
    exists: (path) => present.includes(path),
    read: (path) => ({ error: `${path} is not read here.` }),
  };
  return new Sources(files, new ReferenceCounter(), '/home/me/project/bin/program', sourceMap);
}

describe('Sources', () => {
  it('are taken where the debug information says, if they are there', () => {
    assert.deepEqual(sources(['/build/a.c']).source('/build/a.c'), { name: 'a.c', path: '/build/a.c' });
  });

  it('are found beside a program that was built elsewhere, by as much of their path as fits', () => {
    const here = sources(['/home/me/project/src/a.c', '/home/me/project/a.c', '/home/me/project/bin/b.c']);
    assert.equal(here.found('/build/x/src/a.c'), '/home/me/project/src/a.c');
    assert.equal(here.found('/build/b.c'), '/home/me/project/bin/b.c');
    assert.equal(here.found('asm/nothing.s'), undefined);
  });

  it('are mapped by the longest prefix that fits', () => {
    const mapped = sources(['/here/deep/a.c', '/here/x/a.c'], { '/build': '/here/x', '/build/deep': '/here/deep' });
    assert.equal(mapped.found('/build/deep/a.c'), '/here/deep/a.c');
    assert.equal(mapped.found('/build/a.c'), '/here/x/a.c');
  });

  it('that are nowhere keep their path and are shown so', () => {
    assert.deepEqual(sources([]).source('/build/a.c'), {
      name: 'a.c',
      path: '/build/a.c',
      presentationHint: 'deemphasize',
    });
  });

  it('are found back by the path the client shows', () => {
    const here = sources(['/home/me/project/src/a.c']);
    assert.equal(here.original('/home/me/project/src/a.c', ['/build/b/a.c', '/build/src/a.c']), '/build/src/a.c');
    assert.equal(here.original('/other/z.c', ['/build/src/a.c']), '/other/z.c');
  });

  it('of the kernel have a text of their own', () => {
    const here = sources([]);
    const { sourceReference, path } = here.kernelSource('mpx/allocate.ts');
    assert.equal(path, 'kernel/mpx/allocate.ts');
    assert.match(here.content(sourceReference ?? 0), /kernelFunction\(\s*'allocate_bt'/);
    assert.equal(here.kernelSource('mpx/allocate.ts').sourceReference, sourceReference);
    assert.throws(() => here.content(999), /no source/);
  });
});
