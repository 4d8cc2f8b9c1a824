import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { mustRun, SAMPLES, skipUnless, whyNoTools } from './tools.ts';

describe('samples/build.sh', () => {
  const committed = path.join(SAMPLES, 'bin');
  let out = '';

  before(function () {
    skipUnless(this, whyNoTools());
    this.timeout(120_000);
    out = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-samples-'));
    mustRun('bash', [path.join(SAMPLES, 'build.sh'), out]);
  });
  after(() => fs.rmSync(out || path.join(os.tmpdir(), 'mpx-samples-none'), { recursive: true, force: true }));

  it('builds the programs that are committed, no more and no fewer', () => {
    assert.deepEqual(fs.readdirSync(path.join(out, 'bin')).sort(), fs.readdirSync(committed).sort());
  });

  it('gives the committed files byte for byte', function () {
    const same = (file: string) =>
      fs.readFileSync(path.join(SAMPLES, file)).equals(fs.readFileSync(path.join(out, file)));
    const programs = fs.readdirSync(committed).filter((name) => name !== 'TOOLS');
    const libraries = ['libmpxrt.a', 'lib/libmpx.so.2', 'lib/libmpxwrappers.so.2'];
    const different = [...programs.map((name) => `bin/${name}`), ...libraries.map((name) => `runtime/${name}`)].filter(
      (file) => !same(file),
    );
    const tools = (folder: string) => fs.readFileSync(path.join(folder, 'TOOLS'), 'utf8').trim().replaceAll('\n', '; ');
    if (different.length && tools(committed) !== tools(path.join(out, 'bin')))
      skipUnless(this, `samples/bin was built with other tools than are here (${tools(committed)})`);
    assert.deepEqual(different, []);
  });

  it('leaves no path of the building machine in the programs', () => {
    for (const name of fs.readdirSync(committed)) {
      const bytes = fs.readFileSync(path.join(committed, name));
      for (const trace of [PROJECT_ROOT, os.tmpdir() + path.sep, os.homedir() + path.sep])
        assert.ok(!bytes.includes(trace), `${name} contains ${trace}`);
    }
  });

  it('has a source beside each program, with a line that is worth a breakpoint', () => {
    for (const name of fs.readdirSync(committed).filter((file) => file !== 'TOOLS')) {
      const base = name.replace(/\.O[02]$/, '');
      const source = path.join(SAMPLES, base === name ? `asm/${name}.s` : `${base}.c`);
      const text = fs.readFileSync(source, 'utf8');
      if (base !== 'table-storm') assert.match(text, /BREAK:/, source);
    }
  });
});
