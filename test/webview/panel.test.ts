import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { FakeSession } from './fake-session.ts';
import { PanelBrowser, type PanelPage, THEMES } from './panel-page.ts';

const axePath = path.join(PROJECT_ROOT, 'node_modules/axe-core/axe.min.js');

describe('The panel "MPX Tables" in Chromium', () => {
  let browser: PanelBrowser;
  let panel: PanelPage;
  const open = async (...args: Parameters<PanelBrowser['open']>) => {
    panel = await browser.open(...args);
    return panel.page;
  };

  before(async function () {
    this.timeout(180_000);
    browser = await PanelBrowser.start();
  });
  after(() => browser?.stop());
  afterEach(async () => {
    assert.deepEqual(panel.errors, [], 'nothing failed in the page, and nothing broke its security policy');
    await panel.close();
  });

  it('says without a session what to do, and can start one', async () => {
    const page = await open(undefined);
    await page.getByText('No MPX program is being debugged.').waitFor();
    await page.getByRole('button', { name: 'Start debugging' }).click();
    assert.deepEqual(panel.wishes, [{ type: 'start-debugging' }]);
  });

  it('shows whether MPX is on, each condition, and what the tables cost', async () => {
    const page = await open(new FakeSession(3));
    await page.getByRole('heading', { name: 'MPX is enabled' }).waitFor();
    const conditions = page.getByRole('list', { name: 'Conditions for MPX' }).getByRole('listitem');
    assert.equal(await conditions.count(), 4);
    assert.match(await conditions.nth(2).innerText(), /Met:\s+BNDCFGU.EN is set\s+BNDCFGU = 0x7fff00000001/);
    const memory = await page.getByRole('region', { name: 'Memory' }).innerText();
    assert.match(memory, /Tables, reserved\s+12 MiB\s+Tables, resident\s+36 KiB\s+Directory, resident\s+8 KiB/);
    assert.equal(await page.getByRole('tab', { name: 'Tables' }).innerText(), 'Tables\n3');
  });

  it('names the condition that keeps MPX off', async () => {
    const session = new FakeSession(0);
    session.overview.enabled = false;
    session.overview.directory = undefined;
    session.overview.conditions[2] = { name: 'BNDCFGU.EN is set', ok: false, detail: 'BNDCFGU = 0' };
    const page = await open(session);
    await page.getByRole('heading', { name: 'MPX is off' }).waitFor();
    const conditions = page.getByRole('list', { name: 'Conditions for MPX' }).getByRole('listitem');
    assert.match(await conditions.nth(2).innerText(), /Not met:\s+BNDCFGU.EN is set\s+BNDCFGU = 0/);
  });

  it('lists the tables, and the entries of the one that is clicked', async () => {
    const page = await open(new FakeSession(3));
    await panel.choose('Tables');
    await panel.row(/^0x6live/).click();
    await panel.grid('Entries of table 0x6').waitFor();
    await page.getByRole('heading', { name: '3 entries of table 0x6' }).waitFor();
    const changed = panel.grid('Entries of table 0x6').getByRole('row').nth(3);
    assert.match(await changed.innerText(), /0x600020\s+\[0x602010, 0x602019\]\s+no\s+0x602040/);
  });

  it('tells a freed table from the one that took its place', async () => {
    const session = new FakeSession(3);
    session.tables.push({ ...session.tables[0], state: 'freed', allocatedAt: '7', liveEntries: 0 });
    const page = await open(session);
    await panel.choose('Tables');
    await panel.row(/^0x6freed/).click();
    await page.getByText('This table has been freed').waitFor();
    assert.equal(await page.locator('[aria-selected=true][role=row]').count(), 1);
    await panel.row(/^0x6live/).click();
    await page.getByRole('heading', { name: '3 entries of table 0x6' }).waitFor();
  });

  it('opens the memory view and the source of the selected table', async () => {
    const page = await open(new FakeSession(3));
    await panel.choose('Tables');
    await panel.row(/^0x6live/).click();
    await page.getByRole('button', { name: 'Show this table in the memory view' }).click();
    await page.getByRole('button', { name: /Go to the code/ }).click();
    assert.deepEqual(panel.wishes, [
      { type: 'open-memory', address: '0x7ffef0000000' },
      { type: 'open-source', path: '/src/heap-overflow.c', line: 14 },
    ]);
  });

  it('sorts by a column, and the other way round at the second press', async () => {
    const page = await open(new FakeSession(60));
    await panel.choose('Tables');
    const firstRow = panel.grid('Bounds tables').getByRole('row').nth(1);
    const header = page.getByRole('columnheader', { name: 'Entries' });
    await header.getByRole('button').click();
    await page.waitForFunction(() => document.querySelector('[aria-sort=ascending]')?.textContent === 'Entries');
    await firstRow.getByRole('gridcell').nth(3).getByText('0', { exact: true }).waitFor();
    await header.getByRole('button').click();
    await firstRow.getByRole('gridcell').nth(3).getByText('41', { exact: true }).waitFor();
    assert.equal(await header.getAttribute('aria-sort'), 'descending');
  });

  it('filters while one types, says how many are left, and Escape shows all again', async () => {
    const page = await open(new FakeSession(60));
    await panel.choose('Tables');
    const filter = page.getByRole('searchbox', { name: 'Filter bounds tables' });
    await filter.fill('leaked');
    await page.getByText('10 tables', { exact: true }).waitFor();
    await filter.fill('no such thing');
    await page.getByText('No bounds table matches “no such thing”.').waitFor();
    await filter.press('Escape');
    await page.getByText('60 tables', { exact: true }).waitFor();
  });

  it('is worked by the keyboard alone', async () => {
    const page = await open(new FakeSession(40));
    await page.getByRole('tab').filter({ hasText: '40' }).waitFor();
    const focused = () =>
      page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent);
    await page.keyboard.press('Tab');
    assert.equal(await focused(), 'Overview');
    await page.keyboard.press('ArrowRight');
    assert.equal(await focused(), 'Map');
    await page.keyboard.press('ArrowRight');
    assert.equal(await focused(), 'Tables40');
    await page.keyboard.press('Tab');
    assert.equal(await focused(), 'Filter bounds tables');
    await page.keyboard.press('Tab');
    assert.equal(await focused(), 'Bounds tables');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    const selected = page.locator('[role=row][aria-selected=true]');
    await selected.getByText('0x8', { exact: true }).waitFor();
    const described = await panel.grid('Bounds tables').getAttribute('aria-activedescendant');
    assert.equal(described, await selected.getAttribute('id'));
    await page.getByRole('heading', { name: '5 entries of table 0x8' }).waitFor();
    await page.keyboard.press('Enter');
    assert.equal(await focused(), 'Entries of table 0x8');
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await page.waitForTimeout(50);
    assert.deepEqual(panel.wishes, [{ type: 'open-memory', address: '0x800040' }]);
  });

  it('reaches the sortable headers with one Tab, and each of them with the arrows', async () => {
    const page = await open(new FakeSession(5));
    await panel.choose('Tables');
    await panel.grid('Bounds tables').focus();
    await page.keyboard.press('Tab');
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    assert.equal(await focused(), 'Index');
    await page.keyboard.press('ArrowRight');
    assert.equal(await focused(), 'State');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('[aria-sort]')?.textContent === 'State');
  });

  it('keeps only the rows in sight of 10,000 tables, and reads them page by page', async () => {
    const session = new FakeSession(10_000);
    const page = await open(session);
    await panel.choose('Tables');
    const grid = panel.grid('Bounds tables');
    await page.getByText('10,000 tables').waitFor();
    assert.equal(await grid.getAttribute('aria-rowcount'), '10001');
    await grid.focus();
    await page.keyboard.press('End');
    await page.locator('[aria-rowindex="10001"][aria-selected=true]').waitFor();
    assert.ok((await grid.getByRole('row').count()) < 50, 'only rows in sight exist');
    const read = session.requests.filter((request) => request.command === 'mpx/tables');
    assert.ok(read.length < 8, `${read.length} pages were read`);
    assert.ok(await page.locator('[aria-rowindex="10001"]').isVisible());
    await page.keyboard.press('PageUp');
    const [at] = (await page.locator('[role=row][aria-selected=true]').getAttribute('aria-rowindex'))!.match(/\d+/)!;
    assert.ok(Number(at) < 10_001 && Number(at) > 9_980, at);
  });

  it('follows the debugger, and keeps the selection over a stop', async () => {
    const session = new FakeSession(5);
    const page = await open(session);
    await panel.choose('Tables');
    await panel.row(/^0x8/).click();
    const phase = page.locator('.phase');
    await phase.getByText('stopped').waitFor();
    await panel.changed({ running: true, reason: 'running' });
    await phase.getByText('running; shown is the last stop').waitFor();
    const reads = session.requests.length;
    session.tables.splice(0, 1);
    session.tables[1].liveEntries = 7;
    await panel.changed({ running: false, reason: 'stopped' });
    await page.getByRole('heading', { name: '7 entries of table 0x8' }).waitFor();
    await page.getByText('4 tables', { exact: true }).waitFor();
    const selected = panel.grid('Bounds tables').locator('[aria-selected=true]');
    assert.match(await selected.innerText(), /^0x8\s/);
    assert.equal(await selected.getAttribute('aria-rowindex'), '3');
    assert.ok(session.requests.length > reads);
  });

  it('keeps what it has shown when the session ends', async () => {
    const session = new FakeSession(5);
    const page = await open(session);
    await panel.choose('Tables');
    await page.getByText('5 tables', { exact: true }).waitFor();
    session.failure = 'The session has ended.';
    await panel.changed({ running: false, reason: 'exited' });
    await panel.send({ type: 'ended', session: 's1' });
    await page.locator('.phase').getByText('the session has ended; shown is its last state').waitFor();
    assert.equal(await panel.grid('Bounds tables').getByRole('row').count(), 6);
  });

  it('shows the next session in the place of the last', async () => {
    const page = await open(new FakeSession(5));
    await panel.send({ type: 'ended', session: 's1' });
    await panel.send({ type: 'session', session: { id: 's2', name: 'Debug linked-list' } });
    await page.locator('.phase').getByText('Debug linked-list: stopped').waitFor();
  });

  it('tells why it cannot read, and reads again when asked to', async () => {
    const session = new FakeSession(5);
    session.failure = 'The machine is busy.';
    const page = await open(session);
    await page.getByRole('alert').getByText('The machine is busy.').waitFor();
    await panel.choose('Tables');
    await page.getByRole('alert').getByText('The machine is busy.').waitFor();
    session.failure = undefined;
    await page.getByRole('button', { name: 'Read again' }).click();
    await page.getByText('5 tables', { exact: true }).waitFor();
  });

  it('lists events; Enter goes to the code, or to the table concerned', async () => {
    const page = await open(new FakeSession(20));
    await panel.choose('Timeline');
    await panel.grid('MPX events').focus();
    for (const key of ['Home', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
    await page.waitForTimeout(50);
    assert.deepEqual(panel.wishes, [{ type: 'open-source', path: '/src/heap-overflow.c', line: 16 }]);
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '3 entries of table 0x6' }).waitFor();
  });

  it('takes the program to the moment of an event', async () => {
    const page = await open(new FakeSession(20));
    await panel.choose('Timeline');
    const button = page.getByRole('button', { name: 'Go to this moment' });
    assert.ok(await button.isDisabled());
    await panel.row('bounds violation').first().click();
    await button.click();
    assert.deepEqual(panel.wishes, [{ type: 'go-to-moment', instruction: '2700' }]);
  });

  it('restores tab, sort order, filter and selection', async () => {
    const page = await open(new FakeSession(60), {
      saved: { tab: 'tables', sort: { by: 'liveEntries', descending: true }, filter: 'main', selected: '0x6' },
    });
    await page.getByRole('heading', { name: '3 entries of table 0x6' }).waitFor();
    assert.equal(await page.getByRole('searchbox').inputValue(), 'main');
    assert.equal(await page.locator('[aria-sort=descending]').innerText(), 'Entries');
  });

  it('takes text of the guest as text', async () => {
    const session = new FakeSession(1);
    session.tables[0].allocatedBy = '<img src=x onerror=alert(1)>';
    const page = await open(session);
    await panel.choose('Tables');
    await page.getByText('<img src=x onerror=alert(1)>').waitFor();
    assert.equal(await page.locator('img').count(), 0);
  });

  for (const theme of THEMES)
    it(`has no accessibility faults in the theme ${theme}`, async function () {
      this.timeout(180_000);
      const page = await open(new FakeSession(30), { theme, height: 420 });
      const check = async (what: string) => {
        await page.evaluate(fs.readFileSync(axePath, 'utf8'));
        const violations = await page.evaluate(async () => {
          const { axe } = window as unknown as {
            axe: {
              run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
            };
          };
          const { violations } = await axe.run();
          return violations.map(({ id, nodes }) => ({
            id,
            where: nodes.map((node) => `${node.html} ${node.failureSummary}`).slice(0, 3),
          }));
        });
        assert.deepEqual(violations, [], `${theme}, ${what}`);
      };
      const picture = async (what: string) => {
        const folder = path.join(PROJECT_ROOT, 'test-artifacts');
        fs.mkdirSync(folder, { recursive: true });
        await page.screenshot({ path: path.join(folder, `panel-${theme}-${what}.png`) });
      };
      await page.getByRole('heading', { name: 'MPX is enabled' }).waitFor();
      await check('overview');
      await picture('overview');
      await panel.choose('Tables');
      await panel.grid('Bounds tables').focus();
      await page.keyboard.press('ArrowDown');
      await page.getByRole('heading', { name: '3 entries of table 0x6' }).waitFor();
      await panel.grid('Entries of table 0x6').waitFor();
      await check('tables');
      await picture('tables');
      await panel.choose('Map');
      await panel.map().focus();
      for (const key of ['ArrowRight', 'ArrowRight', 'ArrowRight']) await page.keyboard.press(key);
      await page.getByRole('status').filter({ hasText: 'table 0x7' }).waitFor();
      await check('map');
      await picture('map');
      await panel.choose('Timeline');
      await panel.row('bounds violation').first().click();
      await check('timeline');
      await picture('timeline');
    });

  it('fits a narrow side bar: tables above entries', async () => {
    const page = await open(new FakeSession(5), { width: 320, height: 700 });
    await panel.choose('Tables');
    await panel.row(/^0x6live/).click();
    const tables = (await panel.grid('Bounds tables').boundingBox())!;
    const entries = (await panel.grid('Entries of table 0x6').boundingBox())!;
    assert.ok(entries.y > tables.y + tables.height - 1, 'below each other');
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
  });
});
