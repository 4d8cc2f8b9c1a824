import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { lineOf, TestClient } from '../dap/client.ts';
import { nativeTools, run, scratchFolder } from '../symbols/native.ts';

const SOURCE = `
#include <stddef.h>
#include <uchar.h>
wchar_t letters[8] = L"gr\\u00fc\\u00df\\nab";
const wchar_t *wide = L"\\u03c0 \\"quoted\\" \\U0001f600";
char16_t halves[] = u"a\\U0001f600z";
const char16_t *narrower = u"sixteen";
char32_t points[4] = { 0x41, 0x10ffff, 0x1f600, 0 };
wchar_t one = L'\\u00e9';
char16_t other = u'x';
const wchar_t *nothing = L"";
int numbers[2] = { 65, 66 };
int main(void)
{
	return numbers[0] == 65;	/* STOP */
}
`;

describe('Wide characters', () => {
  const folder = scratchFolder();
  const source = path.join(folder, 'wide.c');
  const program = path.join(folder, 'wide');
  let client: TestClient;

  before(function () {
    nativeTools(this, 'gdb', 'musl-gcc');
    fs.writeFileSync(source, SOURCE);
    run('musl-gcc', ['-static', '-no-pie', '-g', '-O0', source, '-o', program]);
    client = new TestClient();
    client.launch(program, {
      configure: (c) =>
        c.request('setBreakpoints', { source: { path: source }, breakpoints: [{ line: lineOf(source, 'STOP') }] }),
    });
  });

  it('are shown as gdb shows them', () => {
    const names = ['letters', 'wide', 'halves', 'narrower', 'points', 'one', 'other', 'nothing'];
    const script = path.join(folder, 'commands');
    const looks = names.map((name) => `printf "@@"\noutput ${name}\n`).join('');
    fs.writeFileSync(script, `set host-charset UTF-8\nset print elements 200\nbreak main\nrun > /dev/null\n${looks}`);
    const environment = { ...process.env, LC_ALL: 'C.UTF-8' };
    const text = execFileSync('gdb', ['-nx', '-batch', '-iex', 'set debuginfod enabled off', '-x', script, program], {
      encoding: 'utf8',
      env: environment,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [, ...theirs] = text.split('@@').map((one) => one.replace(/\[Inferior.*$/s, '').trimEnd());
    const ours = names.map((name) => client.evaluate(name, 'watch'));
    // An empty text has nothing that could be told from zeros; unpaired numbers beyond Unicode are ours to word.
    const plain = (one: string) => one.replace(/ [LuU]""$/, '').replace(/\\U0010ffff|\\x10ffff|\u{10ffff}/u, '<last>');
    assert.deepEqual(ours.map(plain), theirs.map(plain));
  });

  it('compare with texts, and are changed to them', () => {
    assert.equal(client.evaluate('wide == L"\u03c0 \\"quoted\\" \u{1f600}"', 'watch'), 'true');
    assert.equal(client.evaluate('narrower == u"sixteen" && narrower != u"seven"', 'watch'), 'true');
    assert.equal(client.evaluate('sizeof(L"abc")', 'watch'), '16');
    assert.equal(client.evaluate('letters = L"\u03b1\u03b2"'), 'L"\u03b1\u03b2"');
    assert.equal(client.evaluate('letters[1] == 0x3b2 && letters[2] == 0', 'watch'), 'true');
    assert.match(
      client.failure('evaluate', { expression: 'letters = L"far too long"' }),
      /12 characters, and there is room for 8/,
    );
  });
});
