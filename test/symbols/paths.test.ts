import assert from 'node:assert/strict';
import { joinPath, matchPaths, normalisePath } from '../../src/symbols/paths.ts';

describe('source paths', () => {
  it('lose dots and doubled separators', () => {
    assert.equal(normalisePath('/a/./b//../c.c'), '/a/c.c');
    assert.equal(normalisePath('../x/../../y.c'), '../../y.c');
    assert.equal(normalisePath('/../y.c'), '/y.c');
    assert.equal(normalisePath('C:\\src\\a.c'), 'C:/src/a.c');
    assert.equal(normalisePath('odd\\name.c'), 'odd\\name.c');
  });

  it('count from the compilation directory unless they are absolute', () => {
    assert.equal(joinPath('/home/u', 'lib/../a.c'), '/home/u/a.c');
    assert.equal(joinPath('/home/u', '/usr/include/stdio.h'), '/usr/include/stdio.h');
    assert.equal(joinPath('.', 'a.c'), 'a.c');
    assert.equal(joinPath('', 'a.c'), 'a.c');
  });

  it('match by full path, then by the longest common tail, then by base name', () => {
    const known = ['/build/x/main.c', '/build/y/main.c', '/build/y/lib/main.c', '/build/domain.c'];
    assert.deepEqual(matchPaths('/build/y/main.c', known), ['/build/y/main.c']);
    assert.deepEqual(matchPaths('/home/me/y/lib/main.c', known), ['/build/y/lib/main.c']);
    assert.deepEqual(matchPaths('x/main.c', known), ['/build/x/main.c']);
    assert.deepEqual(matchPaths('/elsewhere/main.c', known), known.slice(0, 3));
    assert.deepEqual(matchPaths('/build/other.c', known), []);
    assert.deepEqual(matchPaths('D:\\work\\x\\main.c', known), ['/build/x/main.c']);
  });
});
