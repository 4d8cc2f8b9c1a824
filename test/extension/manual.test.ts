import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { REPL_COMMANDS } from '../../src/dap/repl.ts';
import { EXCEPTION_FILTERS } from '../../src/debugger/exception-filters.ts';

const require = createRequire(path.join(PROJECT_ROOT, 'test/extension/manual.test.ts'));
const { manual, upToDate } = require('../../docs/attributes.js') as {
  manual: string;
  upToDate: (text: string) => string;
};
const text = fs.readFileSync(manual, 'utf8');
const manifest = JSON.parse(fs.readFileSync(path.join(PROJECT_ROOT, 'package.json'), 'utf8'));

describe('The manual', () => {
  it('has the launch attributes that the schema has (else: node docs/attributes.js)', () => {
    assert.equal(upToDate(text), text);
  });

  it('names every command that can be chosen by its name', () => {
    const hidden = new Set(
      manifest.contributes.menus.commandPalette
        .filter(({ when }: { when: string }) => when === 'false')
        .map(({ command }: { command: string }) => command),
    );
    for (const { command, category, title } of manifest.contributes.commands) {
      assert.equal(category, 'MPX', command);
      if (!hidden.has(command)) assert.ok(text.includes(`*MPX: ${title}*`), `*MPX: ${title}*`);
    }
  });

  it('names every exception filter, with its default', () => {
    for (const { label, default: on } of EXCEPTION_FILTERS)
      assert.ok(text.includes(`| ${label} | ${on ? 'on' : 'off'} |`), label);
  });

  it('names every command of the debug console', () => {
    for (const command of REPL_COMMANDS) assert.match(text, new RegExp(`^ {4}${command.trim()}`, 'm'), command);
  });

  it('names every scope', () => {
    const source = fs.readFileSync(path.join(PROJECT_ROOT, 'src/dap/scopes.ts'), 'utf8');
    const names = [...source.matchAll(/(?:scope\(|variables\('\w+', )'([A-Z][\w ]+)'/g)].map(([, name]) => name);
    assert.ok(names.length >= 7, names.join(', '));
    for (const name of names) assert.ok(text.includes(`**${name}**`), name);
  });
});
