// Builds and runs tests.
//   node test/run.js [FILTER…]   the mocha tests whose path contains a filter (all when none)
//   node test/run.js --all       what `npm test` does: gets the tools, type-checks, lints, builds the product, runs every test
// The last line is `N passed, N failed`. Where CI is set, nothing may be skipped.
const path = require('node:path');
const fs = require('node:fs');
const os = require('node:os');
const { spawnSync } = require('node:child_process');
const fastCheck = require('fast-check');
const Mocha = require('mocha');
const { buildProduct, buildTests, root } = require('../esbuild.js');
const { ensureTools } = require('./tools.js');

const bin = (name) => path.join(root, 'node_modules', name);

/** Runs one of the tools that must find nothing to complain of. */
function clean(title, script, args) {
  console.log(`\n${title}`);
  const { status } = spawnSync(process.execPath, [bin(script), ...args], { cwd: root, stdio: 'inherit' });
  console.log(status === 0 ? '  ✔ nothing found' : '  ✘ see above');
  return status === 0;
}

/** Property tests take the same cases each time, so that a red run can be repeated; MPX_TEST_SEED=N takes others. */
const PROPERTY_SEED = Number(process.env.MPX_TEST_SEED ?? 20_150_101);

async function runMocha(filters) {
  fastCheck.configureGlobal({ seed: PROPERTY_SEED });
  const out = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-test-'));
  // External packages are resolved from the built file's place, so the project's node_modules must be above it.
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(out, 'node_modules'));
  try {
    const files = await buildTests(out, filters);
    const mocha = new Mocha({ reporter: process.env.MOCHA_REPORTER ?? 'spec', timeout: 180_000 });
    for (const file of files) mocha.addFile(file);
    const skipped = [];
    const stats = await new Promise((done) => {
      const runner = mocha.run(() => done(runner.stats));
      runner.on('pending', (test) => skipped.push(test.fullTitle()));
    });
    return { passed: stats.passes, failed: stats.failures, skipped };
  } finally {
    fs.rmSync(out, { recursive: true, force: true });
  }
}

async function main(words) {
  const all = words.includes('--all');
  const result = { passed: 0, failed: 0, skipped: [] };
  const count = (ok) => (ok ? result.passed++ : result.failed++);
  if (all) {
    result.skipped.push(...ensureTools());
    count(clean('Types', 'typescript/bin/tsc', ['--noEmit', '-p', '.']));
    count(clean('Style', '@biomejs/biome/bin/biome', ['check', '--diagnostic-level=warn', '--error-on-warnings', '.']));
    count(clean('Unused files and dependencies', 'knip/bin/knip.js', ['--no-progress']));
    await buildProduct(path.join(root, 'dist'));
  }
  const tests = await runMocha(words.filter((word) => !word.startsWith('--')));
  result.passed += tests.passed;
  result.failed += tests.failed;
  result.skipped.push(...tests.skipped);
  if (result.skipped.length) {
    console.log(`\n!!! SKIPPED (${result.skipped.length}), because something is missing here:`);
    for (const what of result.skipped) console.log(`!!!   ${what}`);
    if (process.env.CI) result.failed += result.skipped.length;
  }
  const skipped = result.skipped.length && !process.env.CI ? `, ${result.skipped.length} skipped` : '';
  console.log(`\n${result.passed} passed, ${result.failed} failed${skipped}`);
  process.exit(result.failed ? 1 : 0);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  console.log('\n0 passed, 1 failed');
  process.exit(1);
});
