import assert from 'node:assert/strict';
import { type Body, lineOf, sample, TestClient } from './client.ts';
import { bounds, signals } from './programs.ts';

describe('Exception filters', () => {
  const { program, source } = bounds();
  const autoEnable = { mpx: { autoEnable: true } };
  const line = (marker: string) => lineOf(source, marker);

  function stops(
    filters: object,
    configuration: object = autoEnable,
    file = program,
  ): { client: TestClient; stops: Body[] } {
    const client = new TestClient();
    client.launch(file, { configuration, configure: (c) => c.request('setExceptionBreakpoints', filters) });
    const found: Body[] = [];
    let stop = client.events.find(({ event }) => event === 'stopped')?.body;
    for (; stop; stop = client.go('continue')) found.push({ ...stop, line: client.frames()[0]?.line });
    return { client, stops: found };
  }

  it('stop at a bounds violation before the kernel acts, and then the program dies of it', () => {
    const { client, stops: found } = stops({ filters: ['bounds-violation'] });
    assert.equal(found.length, 1);
    const [{ text, reason, description, line: at }] = found;
    assert.equal(reason, 'exception');
    assert.equal(description, 'Paused on bounds violation');
    assert.match(
      text,
      /^Upper bound violation: 0x[0-9a-f]+ is 4 bytes past \[0x[0-9a-f]+, 0x[0-9a-f]+\] \(BND0\) at _start\+0x[0-9a-f]+ \(bounds\.s:\d+\)$/,
    );
    assert.equal(at, line('# VIOLATION'));
    assert.deepEqual(client.events.find(({ event }) => event === 'exited')?.body, { exitCode: 139 });
  });

  it('are on for violations, segmentation faults and refusals when the client says nothing', () => {
    const client = new TestClient();
    const { exceptionBreakpointFilters } = client.initialize();
    const on = exceptionBreakpointFilters.filter((one: Body) => one.default).map((one: Body) => one.filter);
    assert.deepEqual(on, ['bounds-violation', 'segmentation-fault', 'kernel-refused']);
    client.request('launch', { program, ...autoEnable });
    client.request('configurationDone');
    assert.equal(client.run().description, 'Paused on bounds violation');
  });

  it('stop at a missing bounds table', () => {
    const { stops: found } = stops({ filters: ['missing-table'] });
    assert.deepEqual(
      found.map((one) => [one.description, one.line]),
      [['Paused on missing bounds table', line('# STORE')]],
    );
  });

  it('stop at a BNDLDX whose pointer is another', () => {
    const { stops: found } = stops({ filters: ['bndldx-mismatch'] });
    assert.equal(found.length, 1);
    assert.match(
      found[0].text,
      /^BNDLDX mismatch at _start.*the entry of 0x[0-9a-f]+ is for 0x[0-9a-f]+, the pointer is 0x[0-9a-f]+$/,
    );
  });

  it('stop where a branch without prefix loses live bounds', () => {
    const { stops: found } = stops({ filters: ['bounds-lost'] });
    assert.equal(found[0].description, 'Paused on lost bounds');
    assert.match(found[0].text, /the branch at _start.* has no BND prefix and reset \[0x.* 16 bytes/);
    assert.equal(found[0].line, line('# LEGACY'));
    assert.equal(found.length, 1, 'the return finds nothing left to lose');
  });

  it('do not mind lost bounds with BNDPRESERVE', () => {
    const { stops: found } = stops({ filters: ['bounds-lost'] }, { mpx: { autoEnable: true, bndpreserve: true } });
    assert.deepEqual(found, []);
  });

  it('take conditions', () => {
    const filterOptions = (condition: string) => ({
      filters: [],
      filterOptions: [{ filterId: 'bounds-violation', condition }],
    });
    assert.equal(stops(filterOptions('bnd0.size == 16 && rdi == object')).stops.length, 1);
    assert.equal(stops(filterOptions('bnd0.size == 17')).stops.length, 0);
  });

  it('answer for each whether it could be set', () => {
    const client = new TestClient();
    client.initialize();
    const { breakpoints } = client.request('setExceptionBreakpoints', {
      filters: ['signal', 'nonsense'],
      filterOptions: [{ filterId: 'bounds-lost', condition: '1 +' }],
    });
    assert.deepEqual(breakpoints[0], { verified: true });
    assert.deepEqual(breakpoints[1], { verified: false, message: 'There is no exception filter “nonsense”.' });
    assert.match(breakpoints[2].message, /ends too early/);
  });

  it('stop at a segmentation fault while registers are as they were, and at other signals', () => {
    const { program: faulting, source: faultingSource } = signals();
    const { client, stops: found } = stops({ filters: ['segmentation-fault', 'signal'] }, {}, faulting);
    assert.match(found[0].text, /^Segmentation fault: write to 0x0 \(_start\+/);
    assert.equal(found[0].line, lineOf(faultingSource, '# FAULT'));
    assert.equal(found.length, 1, 'then it waits for input');
    client.request('evaluate', { expression: 'stdin hello', context: 'repl' });
    const last = client.run();
    assert.match(last.text, /^Signal SIGILL \(ILL_ILLOPN\)/);
    assert.equal(client.frames()[0].line, lineOf(faultingSource, '# ILLEGAL'));
    assert.equal(client.output('stdout'), 'hello\n');
    client.go('continue');
    assert.deepEqual(client.events.find(({ event }) => event === 'exited')?.body, { exitCode: 132 });
  });

  it('stop when the kernel refuses a table', () => {
    const client = new TestClient();
    client.launch(program, {
      configuration: autoEnable,
      configure: (c) => {
        c.request('setExceptionBreakpoints', { filters: ['kernel-refused'] });
        c.request('setBreakpoints', { source: { path: source }, breakpoints: [{ line: line('# STORE') }] });
      },
    });
    // A directory entry that is not zero and not valid is garbage to the kernel.
    const slot = BigInt(client.evaluate('&slot').split(' ')[0]);
    const base = BigInt(client.evaluate('bndcfgu.base'));
    client.evaluate(`*(u64*)${base + (slot >> 20n) * 8n} = 2`);
    const stop = client.go('continue');
    assert.equal(stop.description, 'Paused on refusal by the kernel');
    assert.match(stop.text, /^No bounds table: /);
    assert.equal(client.go('continue'), undefined, 'the signal that follows is the same matter');
    assert.deepEqual(client.events.find(({ event }) => event === 'exited')?.body, { exitCode: 139 });
  });

  it('give the details of a violation', () => {
    const client = new TestClient();
    client.launch(sample('heap-overflow.O0'));
    const info = client.request('exceptionInfo', { threadId: client.thread });
    assert.equal(info.exceptionId, 'bounds violation');
    assert.match(
      info.description,
      /^Upper bound violation: .* is 1 byte past .* \(BND0\), .* at fill\+0x[0-9a-f]+ \(heap-overflow\.c:8\)$/,
    );
    const details = info.details.stackTrace.split('\n');
    assert.match(details[0], /^Check: bndcu \(%rax\),\s*%bnd0 \(f2 0f 1a 00\) at fill/);
    assert.match(details[1], /^Pointer: rax = 0x[0-9a-f]+$/);
    assert.match(details[2], /^Bounds: BND0 = \[0x.*\] 10 bytes \(raw upper 0x[0-9a-f]+\)$/);
    assert.match(details[3], /^Write of 1 byte at 0x[0-9a-f]+, all of it outside the bounds$/);
    assert.deepEqual(details.slice(4, 6), ['Expression: text[10]', 'Object: 10 bytes of allocated memory']);
    assert.match(details[6], /^The kernel will report SIGSEGV \(SEGV_BNDERR\)/);
    assert.match(details[7], /would skip this check/);
  });
});

describe('Skipping a failed check', () => {
  const { program, source } = bounds();

  function atViolation(): TestClient {
    const client = new TestClient();
    client.launch(program, { configuration: { mpx: { autoEnable: true } } });
    return client;
  }

  it('goes on behind it, and the program never hears of it', () => {
    const client = atViolation();
    client.request('mpx/skipCheck');
    client.run();
    assert.deepEqual(client.events.find(({ event }) => event === 'exited')?.body, { exitCode: 0 });
  });

  it('can stay there', () => {
    const client = atViolation();
    assert.match(client.request('mpx/skipCheck', { stay: true }).skipped, /^bndcu/);
    assert.equal(client.frames()[0].line, lineOf(source, '# ACCESS'));
  });

  it('is refused where there is none', () => {
    const client = new TestClient();
    client.launch(program, { configuration: { stopOnEntry: true } });
    assert.match(client.failure('mpx/skipCheck'), /no failed check/);
  });

  it('is not needed when the bounds are mended: the check is tried again', () => {
    const client = atViolation();
    client.evaluate('bnd0.upper = bnd0.upper + 4');
    client.go('continue');
    assert.deepEqual(client.events.find(({ event }) => event === 'exited')?.body, { exitCode: 0 });
  });
});
