/** The browser that shows the workbench, asked through the runner. Where there is none (Electron), only pictures are left out. */
const url = process.env.MPX_E2E_BROWSER;

export const hasBrowser = url !== undefined;

async function ask<T>(command: string, args: object = {}): Promise<T> {
  const response = await fetch(url!, { method: 'POST', body: JSON.stringify({ command, ...args }) });
  const answer = (await response.json()) as { value: T; error?: string };
  if (answer.error !== undefined) throw new Error(`${command}: ${answer.error}`);
  return answer.value;
}

/** Time VS Code takes to bring its views up to date after a stop. */
const VIEWS_SETTLE_MS = 1000;

/** Saves what the workbench looks like as test-artifacts/NAME.png. */
export async function screenshot(name: string): Promise<void> {
  if (!hasBrowser) return;
  await new Promise((resolve) => setTimeout(resolve, VIEWS_SETTLE_MS));
  await ask('screenshot', { name });
}

export const press = (key: string) => ask<null>('press', { key });
export const click = (selector: string) => ask<null>('click', { selector });
/** Clicks into the margin of the editor, beside the number of a line. */
export const breakpointClick = (line: number) => ask<null>('breakpointClick', { line });
/** Moves the mouse over the first `word` on the line that contains `marker`. */
export const hoverWord = (marker: string, word: string) => ask<null>('hoverWord', { marker, word });
export const sideBarEdge = (x: number) => ask<null>('sideBarEdge', { x });
/** Texts of the workbench's elements; some of them write their spaces so that they do not break. */
export const text = async (selector: string) =>
  (await ask<string[]>('text', { selector })).map((one) => one.replaceAll('\u00a0', ' ').replaceAll('\u200b', ''));
/** Texts of elements of the panel's page. */
export const panelText = (selector: string) => ask<string[]>('panelText', { selector });
export const panelClick = (selector: string) => ask<null>('panelClick', { selector });

/** Waits until `test` gives something truthy, and gives it. */
export async function until<T>(
  what: string,
  test: () => Promise<T> | T,
  limit = 15_000,
): Promise<Exclude<NonNullable<T>, false>> {
  const end = Date.now() + limit;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const value = await test();
      if (value) return value as Exclude<NonNullable<T>, false>;
      last = value;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited in vain: ${what} (last: ${last instanceof Error ? last.message : JSON.stringify(last)})`);
}
/** The theme of the panel's page: VS Code's variables as a style text, and the classes of its body. */
export const panelTheme = async () => ({
  style: await ask<string>('panelStyle'),
  bodyClass: await ask<string>('panelClass'),
});
