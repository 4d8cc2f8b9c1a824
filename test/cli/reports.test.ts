import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { escapeHtml } from '../../src/cli/html.ts';
import { mapSvg } from '../../src/cli/html-map.ts';

const source = path.join(PROJECT_ROOT, 'samples/heap-overflow.c');
const lineOf = (marker: string) =>
  fs
    .readFileSync(source, 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(marker)) + 1;

describe('The reports of mpxdbg run', function () {
  this.timeout(120_000);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-reports-'));
  const cli = path.join(folder, 'dist/cli.js');
  let stderr = '';
  const written = (name: string) => fs.readFileSync(path.join(folder, name), 'utf8');

  before(() => {
    execFileSync(process.execPath, [path.join(PROJECT_ROOT, 'esbuild.js'), '--out', path.dirname(cli), '--cli']);
    const files = ['sarif', 'html', 'json'].flatMap((kind) => [`--${kind}`, path.join(folder, `report.${kind}`)]);
    const program = path.join(PROJECT_ROOT, 'samples/bin/heap-overflow.O0');
    ({ stderr } = spawnSync(process.execPath, [cli, 'run', ...files, program], { encoding: 'utf8' }));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('say on the terminal what was missed by how much, which object it is, and the stack', () => {
    assert.match(
      stderr,
      /#1 Upper bound violation: text\[10\]: 0x[0-9a-f]+ is 1 byte past .*, 10 bytes of allocated memory/,
    );
    assert.match(stderr, /#0 0x[0-9a-f]+ in fill\+0x[0-9a-f]+ \(heap-overflow\.c:(\d+)\)\n.*#1 0x[0-9a-f]+ in main/);
    assert.match(stderr, new RegExp(`#0 .*heap-overflow\\.c:${lineOf('BREAK:')}\\)`));
  });

  it('hold the same stack as JSON', () => {
    const [{ description, stack }] = JSON.parse(written('report.json')).mpx.violations;
    assert.match(description, /text\[10\]/);
    assert.match(stack[0].name, /^fill/);
    assert.match(stack[1].name, /^main/);
    assert.equal(stack[1].line, lineOf('fill(text, 10);'));
  });

  it('are SARIF: rules, one result a check, with its line, its stack and what is true of the run', () => {
    const log = JSON.parse(written('report.sarif'));
    assert.equal(log.version, '2.1.0');
    const [run] = log.runs;
    assert.equal(run.results.length, 1);
    const [result] = run.results;
    const rule = run.tool.driver.rules[result.ruleIndex];
    assert.deepEqual([rule.id, rule.name], [result.ruleId, 'UpperBoundViolation']);
    const { physicalLocation } = result.locations[0];
    assert.equal(physicalLocation.region.startLine, lineOf('BREAK:'));
    assert.match(physicalLocation.artifactLocation.uri, /^file:\/\/\/.*\/heap-overflow\.c$/);
    assert.match(result.message.text, /text\[10\].*The kernel reports SIGSEGV \(SEGV_BNDERR\)/);
    const names = result.stacks[0].frames.map(
      (frame: { location: { logicalLocations: { fullyQualifiedName: string }[] } }) =>
        frame.location.logicalLocations[0].fullyQualifiedName.split('+')[0],
    );
    assert.deepEqual(names.slice(0, 2), ['fill', 'main']);
    assert.equal(result.occurrenceCount, 1);
    assert.deepEqual(run.invocations, [{ executionSuccessful: true, exitCode: 0 }]);
  });

  it('are a page by itself: violation, map and timeline, without script and without anything to load', () => {
    const page = written('report.html');
    assert.match(page, /<h3>Upper bound violation: text\[10\]: /);
    assert.match(page, /<svg [^>]*aria-label="\d+ areas from 0x/);
    assert.match(page, /Kernel management of the directory at 0x/);
    assert.match(page, /goes to its handler<\/td><td>fill\+0x/);
    assert.doesNotMatch(page, /<script|<link|src=|https?:/);
    assert.match(page, /default-src 'none'/);
  });

  it('take what a program is called as text', () => {
    const program = path.join(folder, '<img src=x onerror=alert(1)>');
    fs.copyFileSync(path.join(PROJECT_ROOT, 'samples/bin/plain'), program);
    spawnSync(process.execPath, [cli, 'run', '--quiet', '--html', path.join(folder, 'odd.html'), program]);
    assert.ok(written('odd.html').includes(escapeHtml('<img src=x onerror=alert(1)>')));
    assert.doesNotMatch(written('odd.html'), /<img/);
  });

  it('draw tables in the scale of their data, and mark what leaked', () => {
    const table = { index: '0x4', allocatedAt: '1', liveEntries: 1, residentBytes: 8192 };
    const svg = mapSvg([
      { start: '0x400000', end: '0x500000', dataBytes: 4096, table: { ...table, state: 'live' } },
      { start: '0x500000', end: '0x600000', dataBytes: 0, table: { ...table, index: '0x5', state: 'leaked' } },
    ]);
    const heights = [...svg.matchAll(/height="([\d.]+)" fill="var\(--(\w+)\)/g)].map(([, height, kind]) => [
      kind,
      Number(height),
    ]);
    const [[, data], [, live]] = heights;
    assert.deepEqual(
      heights.map(([kind]) => kind),
      ['data', 'table', 'data', 'leaked', 'line'],
    );
    assert.ok(Math.abs(Number(live) - 2 * Number(data)) < 0.2);
    assert.match(mapSvg([]), /no memory/);
  });
});
