// Builds and runs a script in TypeScript: `node test/script.js FILE [OPTION…]`; what it does and takes is told there.
const path = require('node:path');
const fs = require('node:fs');
const os = require('node:os');
const { spawnSync } = require('node:child_process');
const esbuild = require('esbuild');
const { nodeOptions, root } = require('../esbuild.js');

const [script, ...options] = process.argv.slice(2);
const out = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-script-'));
const outfile = path.join(out, 'script.js');
esbuild
  .build({
    ...nodeOptions,
    entryPoints: [script],
    outfile,
    define: { PROJECT_ROOT: JSON.stringify(root) },
  })
  .then(() => {
    const { status } = spawnSync(process.execPath, [outfile, ...options], { stdio: 'inherit' });
    process.exitCode = status ?? 1;
  })
  .finally(() => fs.rmSync(out, { recursive: true, force: true }));
