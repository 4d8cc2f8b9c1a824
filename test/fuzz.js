// Builds and runs the differential fuzzer (test/native/fuzz.ts); its options are told there.
const path = require('node:path');
const fs = require('node:fs');
const os = require('node:os');
const { spawnSync } = require('node:child_process');
const esbuild = require('esbuild');
const { nodeOptions, root } = require('../esbuild.js');

const out = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-fuzz-'));
const outfile = path.join(out, 'fuzz.js');
esbuild
  .build({
    ...nodeOptions,
    entryPoints: ['test/native/fuzz.ts'],
    outfile,
    define: { PROJECT_ROOT: JSON.stringify(root) },
  })
  .then(() => {
    const { status } = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: 'inherit' });
    process.exitCode = status ?? 1;
  })
  .finally(() => fs.rmSync(out, { recursive: true, force: true }));
