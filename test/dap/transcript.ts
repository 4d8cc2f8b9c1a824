/**
 * Golden transcripts: the traffic of a session as text beside the tests. Run with UPDATE_TRANSCRIPTS=1 to write them anew, and read
 * the difference.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Body, TestClient } from './client.ts';

/** Texts that follow from the machine or the build, not from the session: each value gets a name by its first appearance. */
class Names {
  private readonly known = new Map<string, string>();
  private readonly counts = new Map<string, number>();

  name(kind: string, value: string): string {
    const key = `${kind} ${value}`;
    const known = this.known.get(key);
    if (known) return known;
    const count = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, count);
    const made = `<${kind}${count}>`;
    this.known.set(key, made);
    return made;
  }
}

const NUMBERED = new Set(['variablesReference', 'frameId', 'sourceReference', 'targetId']);

function normalise(value: Body, names: Names, key = '', inKernelSource = false): Body {
  if (typeof value === 'string')
    return value
      .replaceAll(PROJECT_ROOT, '$ROOT')
      .replace(/\/tmp\/mpx-program-\w+/g, '$TMP')
      .replace(/(\+)0x[0-9a-f]+/g, '$1<offset>')
      .replace(/0x[0-9a-f]{5,16}/g, (address) => names.name('address', address))
      .replace(/\b(?:[0-9a-f]{2} ){3,}[0-9a-f]{2}\b/g, '<bytes>');
  if (typeof value === 'number') {
    if (NUMBERED.has(key) && value !== 0) return names.name('reference', String(value));
    // Kernel sources change; where their lines are is tested by the labels.
    return inKernelSource && (key === 'line' || key === 'column') ? '<line>' : value;
  }
  if (Array.isArray(value)) return value.map((one) => normalise(one, names, key, inKernelSource));
  if (typeof value !== 'object' || value === null) return value;
  const kernel = inKernelSource || value.source?.sourceReference !== undefined;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      name === 'id' && typeof one === 'number'
        ? names.name('reference', String(one))
        : normalise(one, names, name, kernel),
    ]),
  );
}

/** One line a message; long bodies one line an element. */
function render(log: TestClient['log']): string {
  const names = new Names();
  const lines = log.map(({ to, message }) => {
    const { command, event, arguments: args, body, success } = message;
    const content = normalise(to === 'adapter' ? args : body, names);
    const text = content === undefined ? '' : ` ${pretty(content)}`;
    if (to === 'adapter') return `\n→ ${command}${text}`;
    if (command === 'initialize' && to === 'client') return '← ok (capabilities)';
    if (event) return `  ← event ${event}${text}`;
    return `← ${success ? 'ok' : 'failed'}${text}`;
  });
  return `${lines.join('\n').trim()}\n`;
}

/** Lists of objects are spread over lines, everything else stays on one. */
function pretty(value: Body): string {
  const entries = Object.entries(value ?? {});
  const list = entries.find(([, one]) => Array.isArray(one) && one.length > 0 && typeof one[0] === 'object');
  if (!list) return JSON.stringify(value);
  const [name, items] = list as [string, Body[]];
  const rest = Object.fromEntries(entries.filter(([key]) => key !== name));
  const head = Object.keys(rest).length ? `${JSON.stringify(rest)} ` : '';
  return `${head}${name}:\n${items.map((item) => `      ${JSON.stringify(item)}`).join('\n')}`;
}

/** Compares the session's traffic, but for what `omit` takes out, with the file `name`.txt beside the tests. */
export function assertTranscript(client: TestClient, name: string, omit?: (message: Body) => boolean): void {
  const file = path.join(PROJECT_ROOT, 'test/dap/transcripts', `${name}.txt`);
  const actual = render(omit ? client.log.filter(({ message }) => !omit(message)) : client.log);
  if (process.env.UPDATE_TRANSCRIPTS) fs.writeFileSync(file, actual);
  assert.ok(fs.existsSync(file), `${file} exists; make it with UPDATE_TRANSCRIPTS=1`);
  assert.equal(actual, fs.readFileSync(file, 'utf8'));
}
