import assert from 'node:assert/strict';
import os from 'node:os';
import path from 'node:path';
import {
  absolutePath,
  completeConfiguration,
  finishConfiguration,
  isEmpty,
  type Resolution,
} from '../../src/extension/configuration/resolve.ts';
import { elfHead, memoryFiles } from './memory-files.ts';

const program = elfHead({ type: 2, machine: 62 });
const files = memoryFiles({
  '/ws/list.c': 'c',
  '/ws/list': program,
  '/ws/two.c': 'c',
  '/ws/two.O0': program,
  '/ws/two.O2': program,
});
const launch = { type: 'mpx', request: 'launch', name: 'x' };

function problem(resolution: Resolution): string {
  assert.equal(resolution.kind, 'problem');
  return resolution.kind === 'problem' ? resolution.message : '';
}

describe('A configuration without a program', () => {
  it('gets the one that belongs to the open source, and a name', async () => {
    assert.deepEqual(await completeConfiguration({}, { folder: '/ws', activeFile: '/ws/list.c' }, files), {
      kind: 'configuration',
      configuration: { type: 'mpx', request: 'launch', name: 'Debug list', program: '/ws/list' },
    });
  });
  it('is an assembly source that says where it begins, whatever was built of it', async () => {
    const sources = memoryFiles({
      '/ws/whole.s': '\t.globl _start\n_start:\tnop\n',
      '/ws/whole': program,
      '/ws/part.s': 'main:\tret\n',
      '/ws/part': program,
      '/ws/alone.S': 'main:\tret\n',
    });
    for (const [activeFile, wanted] of [
      ['/ws/whole.s', '/ws/whole.s'],
      ['/ws/part.s', '/ws/part'],
      ['/ws/alone.S', '/ws/alone.S'],
    ]) {
      const resolution = await completeConfiguration({}, { folder: '/ws', activeFile }, sources);
      assert.equal(resolution.kind === 'configuration' && resolution.configuration.program, wanted);
    }
  });
  it('keeps its other attributes', async () => {
    const resolution = await completeConfiguration(
      { ...launch, stopOnEntry: true },
      { folder: '/ws', activeFile: '/ws/list' },
      files,
    );
    assert.deepEqual(resolution, {
      kind: 'configuration',
      configuration: { ...launch, stopOnEntry: true, program: '/ws/list' },
    });
  });
  it('leaves the choice to the user, if several programs come into question', async () => {
    const resolution = await completeConfiguration({}, { folder: '/ws', activeFile: '/ws/two.c' }, files);
    assert.ok(resolution.kind === 'choice');
    assert.deepEqual(resolution.programs, ['/ws/two.O0', '/ws/two.O2']);
    assert.equal(resolution.withProgram('/ws/two.O2').name, 'Debug two.O2');
  });
  it('is refused with a hint, if nothing is open or nothing belongs to it', async () => {
    assert.match(
      problem(await completeConfiguration({}, { folder: '/ws', activeFile: undefined }, files)),
      /open an MPX program or its source/,
    );
    assert.match(
      problem(await completeConfiguration({}, { folder: '/ws', activeFile: '/ws/other.c' }, files)),
      /No program was found that belongs to other\.c: build it/,
    );
  });
});

describe('A configuration with a program', () => {
  it('is left as it is until variables are substituted', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of VS Code's.
    const configuration = { ...launch, program: '${command:PickProgram}' };
    assert.deepEqual(await completeConfiguration(configuration, { folder: undefined, activeFile: undefined }, files), {
      kind: 'configuration',
      configuration,
    });
  });
  it('gets absolute paths that start at the workspace folder', async () => {
    const raw = {
      ...launch,
      program: 'list',
      cwd: 'sub',
      sysroot: 'root',
      sourceMap: { '/build': 'src', '/abs': '/else' },
    };
    assert.deepEqual(await finishConfiguration(raw, '/ws', files), {
      kind: 'configuration',
      configuration: {
        ...launch,
        program: '/ws/list',
        cwd: '/ws/sub',
        sysroot: '/ws/root',
        sourceMap: { '/build': '/ws/src', '/abs': '/else' },
      },
    });
  });
  it('runs in the workspace folder, or beside the program without one', async () => {
    const withFolder = await finishConfiguration({ ...launch, program: 'list' }, '/ws', files);
    assert.ok(withFolder.kind === 'configuration' && withFolder.configuration.cwd === '/ws');
    const without = await finishConfiguration({ ...launch, program: '/ws/list' }, undefined, files);
    assert.ok(without.kind === 'configuration' && without.configuration.cwd === '/ws');
  });
  it('is refused with one sentence, if the program cannot be there', async () => {
    const refusal = async (given: unknown, folder: string | undefined = '/ws') =>
      problem(await finishConfiguration({ ...launch, program: given }, folder, files));
    assert.match(await refusal('nothing'), /^There is no file \/ws\/nothing: build the program/);
    assert.match(await refusal('/ws'), /^\/ws is a folder/);
    assert.match(await refusal('list', ''), /relative, but no folder is open/);
    assert.match(await refusal(''), /names no program/);
    assert.match(await refusal(42), /names no program/);
  });
});

describe('F5', () => {
  it('without launch.json comes as an empty configuration', () => {
    assert.equal(isEmpty({}), true);
    assert.equal(isEmpty({ type: 'mpx' }), false);
  });
});

describe('A path', () => {
  it('may start at the home folder', () => {
    assert.equal(absolutePath('~/prog', '/ws'), path.join(os.homedir(), 'prog'));
  });
});
