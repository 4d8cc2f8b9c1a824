import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(path.join(PROJECT_ROOT, 'test/e2e/workbench.test.ts'));
const { fetchVscode } = require('./fetch-vscode.js') as { fetchVscode: () => string };
const { findChromium } = require('./chromium.js') as { findChromium: () => string | undefined };

describe('The extension in a real VS Code', () => {
  it('passes the end-to-end suite', function () {
    this.timeout(900_000);
    const missing = whatIsMissing();
    if (missing) {
      // Where everything must run, nothing may be left out.
      assert.ok(!process.env.CI, missing);
      console.error(`SKIPPED, the end-to-end tests: ${missing}`);
      this.skip();
    }
    const { status } = spawnSync(process.execPath, [path.join(PROJECT_ROOT, 'test/e2e/run.js')], { stdio: 'inherit' });
    assert.equal(status, 0);
  });
});

function whatIsMissing(): string | undefined {
  if (!findChromium()) return 'no Chromium (apt-get install chromium, or set CHROMIUM)';
  try {
    fetchVscode();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
