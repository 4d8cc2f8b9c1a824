/** What panel.js runs: the panel's page as its tests open it, with more in it than any program will have. */
import type { EventRow } from '../src/protocol/panel.ts';
import type { PanelRequest } from '../src/protocol/panel-messages.ts';
import { FakeSession } from '../test/webview/fake-session.ts';
import { PanelBrowser, type PanelPage } from '../test/webview/panel-page.ts';

const TABLES = 10_000;
const EVENTS = 1_000_000;
const FRAMES = 120;
const LIMIT_MS = 16;

class FullSession extends FakeSession {
  override answer(request: PanelRequest) {
    if (request.command !== 'mpx/events') return super.answer(request);
    const { start, count } = request.arguments;
    const rows = Array.from(
      { length: Math.min(count, EVENTS - start) },
      (_, at): EventRow => ({
        sequence: start + at,
        instruction: String((start + at) * 37),
        kind: 'table-allocated',
        text: `Table 0x7ffe00000000 allocated for 0x${(start + at).toString(16)}00000 (1 MiB)`,
        pc: '0x400b2a',
        location: 'main+0x1c (heap-overflow.c:14)',
      }),
    );
    return { epoch: 1, total: EVENTS, rows };
  }
}

type Kind = 'zoom' | 'drag' | 'scroll';

/** Milliseconds of a frame: in scripts, and of the page's thread altogether (layout and painting too). */
interface FrameTime {
  script: number;
  thread: number;
}

/**
 * What frames take while the element `selector` gets one event after another. Processor time, because on a busy machine the
 * clock on the wall measures the others.
 */
async function frames(panel: PanelPage, selector: string, kind: Kind): Promise<FrameTime[]> {
  const { page } = panel;
  const protocol = await page.context().newCDPSession(page);
  await protocol.send('Performance.enable', { timeDomain: 'threadTicks' });
  const timeSoFar = async (): Promise<FrameTime> => {
    const { metrics } = await protocol.send('Performance.getMetrics');
    const of = (metric: string) => metrics.find(({ name }) => name === metric)!.value * 1000;
    return { script: of('ScriptDuration'), thread: of('TaskDuration') };
  };
  const times: FrameTime[] = [];
  for (let frame = 0; frame < FRAMES; frame++) {
    const before = await timeSoFar();
    await page.evaluate(step, [selector, kind, frame, FRAMES] as const);
    const after = await timeSoFar();
    times.push({ script: after.script - before.script, thread: after.thread - before.thread });
  }
  await protocol.detach();
  return times;
}

/** In the page: the event of a frame, and the frame. */
async function step([selector, kind, frame, count]: readonly [string, Kind, number, number]): Promise<void> {
  const element = document.querySelector<HTMLElement>(selector)!;
  const mouse = (type: string, x: number) =>
    element.dispatchEvent(new PointerEvent(type, { bubbles: true, pointerId: 1, clientX: x, clientY: 100 }));
  switch (kind) {
    case 'zoom': {
      // In and out again, so that few and all of the areas are drawn.
      const deltaY = frame % 40 < 20 ? -120 : 120;
      element.dispatchEvent(new WheelEvent('wheel', { deltaY, clientX: 600, clientY: 100, cancelable: true }));
      break;
    }
    case 'drag':
      element.setPointerCapture = () => {};
      if (frame === 0) mouse('pointerdown', 600);
      mouse('pointermove', 600 + 200 * Math.sin(frame / 10));
      if (frame === count - 1) mouse('pointerup', 600);
      break;
    case 'scroll':
      element.scrollTop = ((frame + 1) / count) * (element.scrollHeight - element.clientHeight);
  }
  // The event, what Preact draws after it, and the rows that are read for it.
  for (let turn = 0; turn < 2; turn++) await new Promise(requestAnimationFrame);
}

/** Prints a line for each measurement. → whether one took too long. */
export async function measure(print: (line: string) => void): Promise<boolean> {
  const browser = await PanelBrowser.start();
  let slow = false;
  try {
    const panel = await browser.open(new FullSession(TABLES), { width: 1600, height: 500 });
    const tell = (what: string, times: FrameTime[]) => {
      const at = (share: number, part: keyof FrameTime) => {
        const sorted = times.map((time) => time[part]).sort((a, b) => a - b);
        return sorted[Math.floor(share * (sorted.length - 1))];
      };
      if (at(1, 'script') > LIMIT_MS) slow = true;
      const figures = (part: keyof FrameTime) =>
        `${part}: median ${at(0.5, part).toFixed(1)} ms, most ${at(1, part).toFixed(1)} ms`;
      print(`${what.padEnd(34)} ${figures('script').padEnd(40)} ${figures('thread')}`);
    };
    await panel.choose('Map');
    await panel.map().waitFor();
    // The first frames also compile what they run.
    await frames(panel, '.map-canvas', 'zoom');
    tell(`map of ${TABLES} tables, zoomed`, await frames(panel, '.map-canvas', 'zoom'));
    tell(`map of ${TABLES} tables, dragged`, await frames(panel, '.map-canvas', 'drag'));
    await panel.choose('Tables');
    await panel.grid('Bounds tables').waitFor();
    tell(`list of ${TABLES} tables, scrolled`, await frames(panel, '.grid', 'scroll'));
    await panel.choose('Timeline');
    await panel.grid('MPX events').waitFor();
    tell(`list of ${EVENTS} events, scrolled`, await frames(panel, '.grid', 'scroll'));
  } finally {
    await browser.stop();
  }
  return slow;
}
