// Builds and runs tests: `node test/run.js [FILTER…]` runs the mocha tests whose path contains a filter (all when none).
const path = require('node:path');
const fs = require('node:fs');
const os = require('node:os');
const Mocha = require('mocha');
const { buildTests, root } = require('../esbuild.js');

(async () => {
  const filters = process.argv.slice(2).filter((a) => !a.startsWith('--'));
  const out = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-test-'));
  // External packages are resolved from the built file's place, so the project's node_modules must be above it.
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(out, 'node_modules'));
  try {
    const files = await buildTests(out, filters);
    const mocha = new Mocha({ reporter: process.env.MOCHA_REPORTER ?? 'spec', timeout: 30_000 });
    for (const file of files) mocha.addFile(file);
    process.exitCode = await new Promise((done) => mocha.run((failures) => done(failures ? 1 : 0)));
  } finally {
    fs.rmSync(out, { recursive: true, force: true });
  }
})().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
