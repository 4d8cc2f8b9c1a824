// Runs the same suite in desktop VS Code, which @vscode/test-electron downloads: `node test/e2e/electron.js [VERSION]`.
// Needs a display (xvfb-run). Screenshots and what is read from the page need run.js.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { runTests } = require('@vscode/test-electron');
const { buildSuite, stageExtension, stageWorkspace } = require('./stage.js');

(async () => {
  const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-electron-'));
  try {
    const code = await runTests({
      version: process.argv[2] ?? 'stable',
      extensionDevelopmentPath: await stageExtension(path.join(temporary, 'extension')),
      extensionTestsPath: await buildSuite(path.join(temporary, 'suite')),
      launchArgs: [
        stageWorkspace(path.join(temporary, 'workspace')),
        '--disable-extensions',
        '--disable-workspace-trust',
      ],
    });
    process.exitCode = code;
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
  }
})().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
