// Puts together what an end-to-end run needs: the extension, unpacked or as a .vsix, the built suite, and a workspace of samples.
const { execFileSync } = require('node:child_process');
const esbuild = require('esbuild');
const fs = require('node:fs');
const path = require('node:path');
const { buildExtension, nodeOptions, root } = require('../../esbuild.js');

/** The extension, freshly built, in a folder of its own. Returns the folder. */
async function stageExtension(folder) {
  fs.mkdirSync(folder, { recursive: true });
  fs.copyFileSync(path.join(root, 'package.json'), path.join(folder, 'package.json'));
  for (const part of ['media', 'samples'])
    fs.cpSync(path.join(root, part), path.join(folder, part), { recursive: true });
  await buildExtension(path.join(folder, 'dist'));
  return folder;
}

/** The extension packed by `vsce` as `npm run package` does it. Returns the .vsix file. */
async function packExtension(folder) {
  await stageExtension(folder);
  for (const file of ['README.md', 'CHANGELOG.md', 'LICENSE', '.vscodeignore'])
    if (fs.existsSync(path.join(root, file))) fs.copyFileSync(path.join(root, file), path.join(folder, file));
  const manifest = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  // It is built already, and there is nothing here to build it from.
  delete manifest.scripts['vscode:prepublish'];
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  const vsix = path.join(folder, 'extension.vsix');
  const vsce = path.join(root, 'node_modules/@vscode/vsce/vsce');
  const options = ['--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links', '--out', vsix];
  execFileSync(process.execPath, [vsce, 'package', ...options], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return vsix;
}

/** An extension that does nothing: VS Code runs tests only where an extension is being developed. Returns the folder. */
function stageNothing(folder) {
  fs.mkdirSync(folder, { recursive: true });
  const manifest = { name: 'nothing', publisher: 'test', version: '0.0.1', engines: { vscode: '*' } };
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest));
  return folder;
}

/** The suite `entry` as a module that exports `run()`. Returns its file. */
async function buildSuite(folder, entry = 'test/e2e/suite/index.ts') {
  const outfile = path.join(folder, 'index.js');
  await esbuild.build({
    ...nodeOptions,
    entryPoints: [path.resolve(root, entry)],
    outfile,
    external: ['vscode', 'mocha'],
    define: { PROJECT_ROOT: JSON.stringify(root) },
  });
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  return outfile;
}

/** A copy of the samples, so that a run cannot change them. Returns the folder. */
function stageWorkspace(folder) {
  fs.cpSync(path.join(root, 'samples'), folder, { recursive: true });
  return folder;
}

module.exports = { stageExtension, stageNothing, packExtension, buildSuite, stageWorkspace };
