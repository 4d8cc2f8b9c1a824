import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DebugClient } from '@vscode/debugadapter-testsupport';
import { NodeFiles } from '../../src/hosts/node-files.ts';
import { listen } from '../../src/hosts/tcp.ts';
import { linkProgram } from '../debugger/assemble.ts';

describe('Files of this machine', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-files-'));
  const root = path.join(folder, 'root');
  const files = new NodeFiles();
  const textOf = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();

  before(() => {
    fs.mkdirSync(path.join(root, 'etc'), { recursive: true });
    fs.writeFileSync(path.join(root, 'etc/motd'), 'inside\n');
    fs.writeFileSync(path.join(folder, 'secret'), 'outside\n');
    fs.symlinkSync('motd', path.join(root, 'etc/link'));
    fs.symlinkSync(path.join(folder, 'secret'), path.join(root, 'etc/escape'));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('are found below the root, also through links that stay there', () => {
    assert.equal(textOf(files.readInside(root, '/etc/motd')), 'inside\n');
    assert.equal(textOf(files.readInside(root, '/etc/link')), 'inside\n');
  });

  it('are not found outside the root, whatever the path or a link says', () => {
    for (const name of ['/../secret', '/etc/../../secret', '/etc/escape', '/etc', '/missing'])
      assert.equal(files.readInside(root, name), undefined, name);
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
