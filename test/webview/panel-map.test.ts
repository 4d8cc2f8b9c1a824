import assert from 'node:assert/strict';
import { FakeSession } from './fake-session.ts';
import { PanelBrowser, type PanelPage } from './panel-page.ts';

describe('The map of the panel in Chromium', () => {
  let browser: PanelBrowser;
  let panel: PanelPage;
  const open = async (session: FakeSession, options: Parameters<PanelBrowser['open']>[1] = {}) => {
    panel = await browser.open(session, options);
    await panel.choose('Map');
    await panel.map().waitFor();
    return panel.page;
  };
  /** What the area at the cursor is said to be. */
  const told = () => panel.page.locator('.map [role=status]').innerText();
  /** How many pixels of the canvas are not empty, of each half's colour. */
  const painted = (colour: 'data' | 'table') =>
    panel.page.evaluate((name) => {
      const canvas = document.querySelector<HTMLCanvasElement>('.map-canvas')!;
      const probe = document.createElement('canvas').getContext('2d')!;
      probe.fillStyle = getComputedStyle(canvas).getPropertyValue(`--map-${name}`).trim();
      probe.fillRect(0, 0, 1, 1);
      const wanted = probe.getImageData(0, 0, 1, 1).data;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      let pixels = 0;
      for (let at = 0; at < data.length; at += 4)
        if (data[at] === wanted[0] && data[at + 1] === wanted[1] && data[at + 2] === wanted[2]) pixels++;
      return pixels;
    }, colour);

  before(async function () {
    this.timeout(180_000);
    browser = await PanelBrowser.start();
  });
  after(() => browser?.stop());
  afterEach(async () => {
    assert.deepEqual(panel.errors, [], 'nothing failed in the page, and nothing broke its security policy');
    await panel.close();
  });

  it('paints data and tables in their colours, and says how many areas have a table', async () => {
    const page = await open(new FakeSession(60));
    await page.getByText('50 of 51 areas have a table').waitFor();
    assert.ok((await painted('data')) > 1000);
    assert.ok((await painted('table')) > 1000);
  });

  it('is walked by the keyboard, tells each area, and Enter opens its table', async () => {
    const page = await open(new FakeSession(60));
    await panel.map().focus();
    await page.keyboard.press('Home');
    assert.equal(await told(), '0x400000–0x500000: 40 KiB of data, no bounds table');
    await page.keyboard.press('ArrowRight');
    assert.equal(await told(), '0x600000–0x700000: 4 KiB of data; table 0x6 (live): 4 KiB in memory, 3 entries');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '3 entries of table 0x6' }).waitFor();
  });

  it('tells the area under the mouse, and keeps the one that is clicked', async () => {
    const page = await open(new FakeSession(60));
    const box = (await page.locator('.map-canvas').boundingBox())!;
    await page.mouse.move(box.x + 5, box.y + 20);
    assert.match(await page.locator('.map-detail').innerText(), /^0x400000–/);
    await page.mouse.move(box.x + box.width - 4, box.y + 20);
    assert.match(await page.locator('.map-detail').innerText(), /^0x41/);
    await page.mouse.down();
    await page.mouse.up();
    assert.match(await told(), /; table 0x/);
  });

  it('zooms where the mouse is, is dragged, and shows all again', async () => {
    const page = await open(new FakeSession(600));
    const box = (await page.locator('.map-canvas').boundingBox())!;
    const at = { x: box.x + box.width / 2, y: box.y + 20 };
    const detail = page.locator('.map-detail');
    await page.mouse.move(at.x, at.y);
    const before = await detail.innerText();
    for (let i = 0; i < 12; i++) await page.mouse.wheel(0, -400);
    await page.mouse.move(at.x + 1, at.y);
    await page.waitForTimeout(50);
    assert.equal(await detail.innerText(), before, 'the area under the mouse stays there');
    await page.mouse.down();
    await page.mouse.move(at.x - box.width / 3, at.y, { steps: 4 });
    await page.mouse.up();
    await page.mouse.move(at.x, at.y);
    await page.waitForTimeout(50);
    assert.notEqual(await detail.innerText(), before);
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.mouse.move(at.x, at.y);
    await page.waitForTimeout(50);
    assert.equal(await detail.innerText(), before);
  });

  it('keeps what is in sight over a stop and over a new life of the page', async () => {
    const session = new FakeSession(600);
    const page = await open(session, {
      saved: { map: { from: 0x1000000, to: 0x1800000 }, mapCursor: 0x1200000 },
    });
    assert.match(await told(), /^0x1200000–0x1300000/);
    // Areas before those in sight come and go.
    session.tables.splice(0, 3);
    await panel.changed({ running: false, reason: 'stopped' });
    await page.waitForTimeout(50);
    assert.match(await told(), /^0x1200000–0x1300000/);
  });

  it('says why it cannot be read', async () => {
    const session = new FakeSession(3);
    session.failure = 'The machine is busy.';
    panel = await browser.open(session);
    await panel.choose('Map');
    await panel.page.getByRole('alert').getByText('The machine is busy.').waitFor();
  });
});
