// Puts together what an end-to-end run needs: the extension as it is packed, the built suite, and a workspace of samples.
const esbuild = require('esbuild');
const fs = require('node:fs');
const path = require('node:path');
const { buildProduct, nodeOptions, root } = require('../../esbuild.js');

/** The extension, freshly built, in a folder of its own: only what the .vsix holds. Returns the folder. */
async function stageExtension(folder) {
  fs.mkdirSync(folder, { recursive: true });
  fs.copyFileSync(path.join(root, 'package.json'), path.join(folder, 'package.json'));
  fs.cpSync(path.join(root, 'media'), path.join(folder, 'media'), { recursive: true });
  await buildProduct(path.join(folder, 'dist'));
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

module.exports = { stageExtension, buildSuite, stageWorkspace };
