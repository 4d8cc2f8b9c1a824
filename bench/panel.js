// Measures the panel's page in Chromium: script time of a frame while the map of 10,000 tables is zoomed and dragged, and while
// lists of 10,000 tables and of a million events are scrolled. A frame should take at most 16 ms.
//   node bench/panel.js
const esbuild = require('esbuild');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const root = path.join(__dirname, '..');

async function main() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-bench-panel-'));
  try {
    fs.symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
    const outfile = path.join(folder, 'panel-frames.js');
    await esbuild.build({
      entryPoints: [path.join(__dirname, 'panel-frames.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      external: ['playwright-core', 'esbuild'],
      define: { PROJECT_ROOT: JSON.stringify(root) },
    });
    const slow = await require(outfile).measure(console.log);
    if (slow) process.exitCode = 1;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
