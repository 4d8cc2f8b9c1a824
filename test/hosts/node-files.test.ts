import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DebugClient } from '@vscode/debugadapter-testsupport';
import { NodeTree } from '../../src/hosts/node-tree.ts';
import { listen } from '../../src/hosts/tcp.ts';
import { linkProgram } from '../debugger/assemble.ts';

describe('Files of this machine', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-files-'));
  const root = path.join(folder, 'root');
  const textOf = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();

  before(() => {
    fs.mkdirSync(path.join(root, 'etc'), { recursive: true });
    fs.writeFileSync(path.join(root, 'etc/motd'), 'inside\n');
    fs.writeFileSync(path.join(folder, 'secret'), 'outside\n');
    fs.symlinkSync(folder, path.join(root, 'up'));
    fs.symlinkSync('motd', path.join(root, 'etc/link'));
    fs.symlinkSync(path.join(folder, 'secret'), path.join(root, 'etc/escape'));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('are found below the root, links as what they are', () => {
    const tree = new NodeTree(root);
    assert.equal(textOf(tree.read(['etc', 'motd'])), 'inside\n');
    assert.equal(tree.readLink(['etc', 'link']), 'motd');
    assert.deepEqual(tree.list(['etc']).sort(), ['escape', 'link', 'motd']);
    assert.equal(tree.stat(['etc', 'link'])?.kind, 'link');
  });

  it('are not found outside the root, whatever the path or a link says', () => {
    const tree = new NodeTree(root, true);
    for (const path of [
      ['..', 'secret'],
      ['etc/../../secret'],
      ['etc', 'escape'],
      ['etc', 'link'],
      ['up', 'secret'],
      ['missing'],
    ]) {
      assert.equal(tree.read(path), undefined, path.join('/'));
      assert.equal(tree.changes?.write(path.slice(0, -1).concat('..', 'made'), new Uint8Array(1), 0o644), false);
    }
    assert.equal(
      tree.changes?.write(['up', 'made'], new Uint8Array(1), 0o644),
      false,
      'through a folder that is a link',
    );
    assert.equal(tree.changes?.write(['etc', 'escape'], new Uint8Array(1), 0o644), false, 'through a link to a file');
    assert.equal(tree.changes?.remove(['up', 'secret']), false);
    assert.equal(textOf(fs.readFileSync(path.join(folder, 'secret'))), 'outside\n');
    assert.deepEqual(fs.readdirSync(folder).sort(), ['root', 'secret']);
  });

  it('change only where that is granted', () => {
    const tree = new NodeTree(root, true);
    assert.equal(new NodeTree(root).changes, undefined);
    assert.ok(tree.changes);
    assert.ok(
      tree.changes?.makeFolder(['new'], 0o755) && tree.changes.write(['new', 'file'], Buffer.from('text'), 0o600),
    );
    assert.equal(fs.readFileSync(path.join(root, 'new/file'), 'utf8'), 'text');
    assert.ok(tree.changes.remove(['new', 'file']) && tree.changes.remove(['new']));
    assert.ok(!fs.existsSync(path.join(root, 'new')));
  });

  it('are what a program with a sysroot can open, and nothing else', async () => {
    const { program } = linkProgram(
      'print-file',
      `	.globl _start
_start:	lea name(%rip), %rdi
	xor %esi, %esi
	mov $2, %eax		# open
	syscall
	mov %eax, %edi
	test %eax, %eax
	js 1f
	lea buffer(%rip), %rsi
	mov $64, %edx
	xor %eax, %eax		# read
	syscall
	mov %eax, %edx
	mov $1, %edi
	mov $1, %eax		# write
	syscall
	xor %edi, %edi
1:	mov $60, %eax
	syscall
name:	.asciz "/etc/motd"
	.bss
buffer:	.skip 64
`,
    );
    const server = await listen(0, () => undefined);
    const client = new DebugClient('node', 'none', 'mpx');
    await client.start(server.port);
    let output = '';
    client.on('output', ({ body }) => {
      if (body.category === 'stdout') output += body.output;
    });
    const exited = client.waitForEvent('exited');
    await Promise.all([client.configurationSequence(), client.launch({ program, sysroot: root } as never)]);
    assert.equal((await exited).body.exitCode, 0);
    assert.equal(output, 'inside\n');
    await client.stop();
    await server.close();
  });
});
