/**
 * The built page of the panel in Chromium, framed as the extension frames it (same HTML, same content security policy) and fed
 * by a FakeSession in the place of extension and debug session.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { panelHtml } from '../../src/extension/panel/panel-html.ts';
import type { ChangedEvent } from '../../src/protocol/panel.ts';
import type { HostMessage, PageMessage } from '../../src/protocol/panel-messages.ts';
import type { FakeSession } from './fake-session.ts';
import themes from './themes.json';

export type Theme = keyof typeof themes;
export const THEMES = Object.keys(themes) as Theme[];

const require = createRequire(path.join(PROJECT_ROOT, 'test/webview/panel-page.ts'));
const { chromiumOptions } = require('../e2e/chromium.js') as { chromiumOptions: () => object };
const { buildWebview } = require('../../esbuild.js') as { buildWebview: (out: string) => Promise<void> };

const ORIGIN = 'http://panel.test';
const TYPES: Record<string, string> = { '.js': 'text/javascript', '.css': 'text/css', '.ttf': 'font/ttf' };

/** Chromium and the built page, shared by the tests of a file. */
export class PanelBrowser {
  private constructor(
    private readonly browser: Browser,
    private readonly dist: string,
  ) {}

  static async start(): Promise<PanelBrowser> {
    const dist = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-webview-'));
    await buildWebview(dist);
    return new PanelBrowser(await chromium.launch(chromiumOptions()), dist);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    fs.rmSync(this.dist, { recursive: true, force: true });
  }

  /** Opens the page. `saved`: the view state of an earlier life. */
  async open(
    session: FakeSession | undefined,
    options: { theme?: Theme; width?: number; height?: number; saved?: object } = {},
  ) {
    const { theme = 'dark', width = 1200, height = 320, saved } = options;
    const context = await this.browser.newContext({ viewport: { width, height } });
    const page = await context.newPage();
    const panel = new PanelPage(page, session);
    await page.route(`${ORIGIN}/**`, (route) => {
      const name = new URL(route.request().url()).pathname.slice(1);
      if (name === '') return route.fulfill({ contentType: 'text/html', body: frame(theme) });
      const body = fs.readFileSync(path.join(this.dist, name));
      return route.fulfill({ contentType: TYPES[path.extname(name)] ?? 'text/plain', body });
    });
    await page.exposeFunction('panelPost', (message: PageMessage) => panel.receive(message));
    await page.addInitScript(
      ([state, variables]) => {
        let saved = state;
        Object.assign(window, {
          acquireVsCodeApi: () => {
            for (const [name, value] of Object.entries(variables))
              if (value !== null) document.documentElement.style.setProperty(name, value);
            return {
              // Playwright defines the function that `exposeFunction` names.
              postMessage: (message: unknown) =>
                (window as unknown as { panelPost(m: unknown): void }).panelPost(message),
              getState: () => saved,
              setState: (next: object) => {
                saved = next;
              },
            };
          },
        });
      },
      [saved, themes[theme].variables] as const,
    );
    await page.goto(ORIGIN);
    await panel.ready;
    return panel;
  }
}

/** The extension's HTML, with the body classes that VS Code adds. */
function frame(theme: Theme): string {
  const html = panelHtml({
    source: ORIGIN,
    script: `${ORIGIN}/webview.js`,
    style: `${ORIGIN}/webview.css`,
    nonce: 'test',
  });
  return html.replace('<body>', `<body class="${themes[theme].bodyClass}">`);
}

export class PanelPage {
  /** What the page wished, but requests. */
  readonly wishes: PageMessage[] = [];
  /** Errors in the page, violations of the content security policy among them. */
  readonly errors: string[] = [];
  readonly ready: Promise<void>;
  private becomeReady!: () => void;

  constructor(
    readonly page: Page,
    readonly session: FakeSession | undefined,
  ) {
    this.ready = new Promise((resolve) => {
      this.becomeReady = resolve;
    });
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
  }

  async receive(message: PageMessage): Promise<void> {
    if (message.type === 'ready') {
      await this.send({ type: 'session', session: this.session && { id: 's1', name: 'Debug heap-overflow' } });
      this.becomeReady();
    } else if (message.type !== 'request') this.wishes.push(message);
    else {
      const { id } = message;
      try {
        await this.send({ type: 'response', id, body: this.session!.answer(message) });
      } catch (error) {
        await this.send({ type: 'failure', id, message: (error as Error).message });
      }
    }
  }

  /** As the extension does. */
  async send(message: HostMessage): Promise<void> {
    await this.page.evaluate((data) => window.postMessage(data, '*'), message);
  }

  /** The session tells of a change. */
  async changed(event: Omit<ChangedEvent, 'epoch'>): Promise<void> {
    const epoch = ++this.session!.overview.epoch;
    await this.send({ type: 'changed', session: 's1', event: { epoch, ...event } });
  }

  async choose(tab: 'Overview' | 'Map' | 'Tables' | 'Timeline'): Promise<void> {
    await this.page.getByRole('tab', { name: tab }).click();
  }

  grid(name: string | RegExp) {
    return this.page.getByRole('grid', { name });
  }

  map() {
    return this.page.getByRole('application', { name: 'Map of the address space' });
  }

  /** Text of a cell of the row that holds `text`. */
  row(text: string | RegExp) {
    return this.page.getByRole('row').filter({ hasText: text });
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
