import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

const read = (file: string) => fs.readFileSync(path.join(PROJECT_ROOT, file), 'utf8');

describe('The notices of third parties', () => {
  it('name every package that is bundled, in the version that is used', () => {
    const notices = read('media/third-party-notices.txt');
    // @vscode/debugadapter and @vscode/debugprotocol are not bundled: only types are used of them.
    const bundled = { 'iced-x86': 'iced-x86', preact: 'Preact', '@vscode/codicons': 'Codicons' };
    for (const [name, title] of Object.entries(bundled)) {
      const { version } = JSON.parse(read(`node_modules/${name}/package.json`));
      assert.ok(notices.includes(`${title} ${version} `), `${title} ${version}`);
    }
  });
});
