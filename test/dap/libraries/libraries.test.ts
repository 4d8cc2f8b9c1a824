import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { NodeFiles } from '../../../src/hosts/node-files.ts';
import { nativeTools, run, scratchFolder } from '../../symbols/native.ts';
import { type Body, lineOf, TestClient } from '../client.ts';
import { buildLibraryProgram, type LibraryProgram } from './programs.ts';

const SYSTEMS = [
  { libc: 'musl', compiler: 'musl-gcc', own: ['ld-musl-x86_64.so.1'], unloads: false },
  { libc: 'glibc', compiler: 'gcc', own: ['ld-linux-x86-64.so.2', 'libc.so.6'], unloads: true },
];

for (const { libc, compiler, own, unloads } of SYSTEMS)
  describe(`A program with libraries, linked with ${libc}`, () => {
    let built: LibraryProgram;

    before(function () {
      nativeTools(this, compiler);
      built = buildLibraryProgram(compiler);
    });

    type Name = Parameters<LibraryProgram['source']>[0];
    const breakAt = (client: TestClient, name: Name, marker: string): Body => {
      const source = built.source(name);
      const line = lineOf(source, marker);
      return client.request('setBreakpoints', { source: { path: source }, breakpoints: [{ line }] }).breakpoints[0];
    };
    const launched = (configure: (client: TestClient) => void): TestClient => {
      const client = new TestClient(new NodeFiles());
      client.launch(built.program, { configuration: { args: [built.plugin] }, configure });
      return client;
    };
    const names = (client: TestClient) => client.frames().map(({ name }) => name);

    it('tells of each as a module when its code is mapped, and when it is not any more', () => {
      const client = launched((c) => breakAt(c, 'main.c', '/* CLOSED */'));
      const told = (reason: string) =>
        client.events
          .filter(({ event, body }) => event === 'module' && body.reason === reason)
          .map(({ body }) => body.module.name);
      assert.deepEqual(told('new').sort(), [...own, 'libshape.so', 'main', 'plugin.so'].sort());
      assert.deepEqual(told('removed'), unloads ? ['plugin.so'] : [], 'musl never unloads');
      const { modules } = client.request('modules', {});
      assert.equal(new Set(modules.map(({ id }: Body) => id)).size, modules.length);
      const shape = modules.find(({ name }: Body) => name === 'libshape.so');
      assert.match(shape.lines, /^\d+ source files$/);
      assert.ok(client.events.some(({ event, body }) => event === 'loadedSource' && body.source.name === 'plugin.c'));
    });

    it('binds a breakpoint when the library that has its line is loaded, and says what it waits for until then', () => {
      let early: Body;
      const client = launched((c) => {
        early = breakAt(c, 'plugin.c', '/* PLUGIN */');
      });
      assert.equal(early.verified, false);
      assert.equal(early.reason, 'pending');
      assert.match(early.message, /No code of plugin\.c is loaded yet\. The breakpoint is set when a library/);
      const changed = client.events.find(({ event, body }) => event === 'breakpoint' && body.breakpoint.verified);
      assert.equal(changed?.body.breakpoint.id, early.id);
      assert.equal(client.frames()[0].line, lineOf(built.source('plugin.c'), '/* PLUGIN */'));
      assert.deepEqual(names(client).slice(0, 2), ['plugin', 'main']);
    });

    it('binds function breakpoints in libraries', () => {
      const client = launched((c) => {
        const { breakpoints } = c.request('setFunctionBreakpoints', { breakpoints: [{ name: 'plugin' }] });
        assert.equal(breakpoints[0].reason, 'pending');
      });
      assert.deepEqual(names(client).slice(0, 2), ['plugin', 'main']);
    });

    it('has its thread-local variables found by way of the dynamic linker’s numbers', () => {
      const client = launched((c) => breakAt(c, 'plugin.c', '/* PLUGIN */'));
      assert.equal(client.evaluate('calls'), '14');
      assert.equal(client.evaluate('own'), '9');
      assert.equal(client.evaluate('area_calls'), '1');
      client.go('next');
      assert.equal(client.evaluate('own'), '10');
      assert.equal(client.evaluate('calls = 20'), '20');
      assert.equal(client.evaluate('calls + 1'), '21');
    });

    it('is stepped into by way of the linkage table, and back out', () => {
      const client = launched((c) => breakAt(c, 'main.c', '/* CALL */'));
      const { targets } = client.request('stepInTargets', { frameId: client.frames()[0].id });
      assert.deepEqual(
        targets.map(({ label }: Body) => label),
        ['area'],
      );
      client.go('stepIn');
      assert.deepEqual(names(client).slice(0, 2), ['area', 'main']);
      assert.equal(client.frames()[0].source.name, 'shape.c');
      assert.equal(client.evaluate('shape->width'), '3');
      client.go('stepOut');
      assert.equal(names(client)[0], 'main');
    });

    it('has names for the stubs of the linkage table, and callers behind each of their instructions', () => {
      const client = launched((c) => breakAt(c, 'main.c', '/* CALL */'));
      let met = 0;
      for (let i = 0; i < 60 && names(client)[0] !== 'area'; i++) {
        client.go('stepIn', { granularity: 'instruction' });
        const [name, caller] = names(client);
        if (!name.startsWith('area@plt')) continue;
        assert.equal(caller, 'main');
        met++;
      }
      assert.ok(met > 0);
    });
  });

describe('A program that replaces itself', () => {
  const folder = scratchFolder();

  before(function () {
    nativeTools(this, 'musl-gcc');
  });

  it('has the lines and breakpoints of the new one from then on', () => {
    const build = (name: string, text: string): string => {
      const source = path.join(folder, `${name}.c`);
      fs.writeFileSync(source, text);
      run('musl-gcc', ['-static', '-no-pie', '-g', source, '-o', path.join(folder, name)]);
      return source;
    };
    build('first', '#include <unistd.h>\nint main(int argc, char **argv) { return execv(argv[1], argv + 1); }\n');
    const second = build('second', 'int main(int argc, char **argv)\n{\n\tint own = 40 + argc;\n\treturn own;\n}\n');
    const client = new TestClient(new NodeFiles());
    client.launch(path.join(folder, 'first'), {
      configuration: { args: [path.join(folder, 'second')] },
      configure: (c) => {
        const { breakpoints } = c.request('setBreakpoints', { source: { path: second }, breakpoints: [{ line: 4 }] });
        assert.equal(breakpoints[0].verified, false);
      },
    });
    const [top] = client.frames();
    assert.deepEqual([top.name, top.line, top.source.name], ['main', 4, 'second.c']);
    assert.equal(client.evaluate('own'), '41');
  });
});
