import assert from 'node:assert/strict';
import { type Body, lineOf, sample, TestClient } from './client.ts';
import { bounds, signals, steps } from './programs.ts';

const named = (items: Body[], name: string): Body => {
  const found = items.find((item) => item.name === name);
  assert.ok(found, `${name} is there`);
  return found;
};

/** Stopped at the line of the program with bounds that holds `marker`. */
function atBounds(marker: string, configuration: object = { mpx: { autoEnable: true } }): TestClient {
  const { program, source } = bounds();
  const client = new TestClient();
  client.launch(program, {
    configuration,
    configure: (c) =>
      c.request('setBreakpoints', { source: { path: source }, breakpoints: [{ line: lineOf(source, marker) }] }),
  });
  return client;
}

describe('The scope MPX', () => {
  it('shows bounds, configuration and status in words', () => {
    const items = atBounds('# LOSE').scope('MPX');
    const value = (name: string) => named(items, name).value;
    assert.equal(value('MPX'), 'enabled');
    assert.match(value('BND0'), /^\[0x[0-9a-f]+, 0x[0-9a-f]+\] 16 bytes$/);
    assert.equal(value('BND1'), 'INIT (all addresses)');
    assert.equal(value('BND2'), value('BND0'));
    assert.match(value('BNDCFGU'), /^on, directory at 0x[0-9a-f]+$/);
    assert.match(
      value('BNDSTATUS'),
      /^the last #BR was a missing bounds table: directory entry 0x[0-9a-f]+, for pointers stored in 0x[0-9a-f]+–0x[0-9a-f]+$/,
    );
  });

  it('has lower, upper, raw upper and size below each register, all settable', () => {
    const client = atBounds('# LOSE');
    const bnd0 = named(client.scope('MPX'), 'BND0');
    const [history, ...children] = client.children(bnd0.variablesReference).toReversed();
    children.reverse();
    assert.deepEqual(
      children.map(({ name }) => name),
      ['lower', 'upper', 'raw', 'size'],
    );
    assert.equal(history.name, 'history');
    const [lower, upper, raw, size] = children.map(({ value }) => BigInt(value));
    assert.equal(upper - lower + 1n, 16n);
    assert.equal(raw, 0xffff_ffff_ffff_ffffn - upper);
    assert.equal(size, 16n);
    client.request('setVariable', { variablesReference: bnd0.variablesReference, name: 'size', value: '8' });
    assert.match(named(client.scope('MPX'), 'BND0').value, / 8 bytes$/);
  });

  it('sets whole bounds as they are shown, or by another register', () => {
    const client = atBounds('# LOSE');
    const set = (name: string, value: string) => {
      const { scopes } = client.request('scopes', { frameId: client.frames()[0].id });
      const { variablesReference } = named(scopes, 'MPX');
      return client.request('setVariable', { variablesReference, name, value }).value;
    };
    assert.equal(set('BND3', 'bnd0'), client.evaluate('bnd0'));
    assert.equal(set('BND3', 'INIT'), 'INIT (all addresses)');
    assert.equal(set('BND3', 'NULL'), 'NULL (none)');
    assert.equal(set('BND3', '[object, object + 3]').replace(/.*\] /, ''), '4 bytes');
    assert.match(set('BNDCFGU', 'bndcfgu | 2'), /^on, BNDPRESERVE/);
  });

  it('says that MPX is off and why', () => {
    const client = atBounds('# MAKE', {});
    assert.equal(named(client.scope('MPX'), 'MPX').value, 'off: MPX instructions do nothing');
    const { conditions, enabled } = client.request('mpx/overview');
    assert.equal(enabled, false);
    assert.equal(named(conditions, 'CPU supports MPX').ok, true);
    assert.equal(named(conditions, 'BNDCFGU.EN is set').ok, false);
    assert.match(named(conditions, 'BNDCFGU.EN is set').detail, /not been enabled yet/);
  });
});

describe('The scope Bounds Directory', () => {
  it('lists present entries, their tables and whether each entry matches', () => {
    const client = atBounds('# LOSE');
    const { scopes } = client.request('scopes', { frameId: client.frames()[0].id });
    const scope = named(scopes, 'Bounds Directory');
    assert.equal(scope.indexedVariables, 1);
    const [entry] = client.children(scope.variablesReference, { filter: 'indexed', start: 0, count: 100 });
    assert.match(entry.value, /^0x[0-9a-f]+–0x[0-9a-f]+: table 0x[0-9a-f]+, 1 resident page, 1 live entry$/);
    const [slot] = client.children(entry.variablesReference, { filter: 'indexed', start: 0, count: 100 });
    assert.equal(slot.name, client.evaluate('&slot').split(' ')[0]);
    assert.match(slot.value, /16 bytes for 0x[0-9a-f]+, matches$/);
    const words = client.children(slot.variablesReference);
    assert.equal(named(words, 'pointer').value, client.evaluate('&object').split(' ')[0]);
    assert.equal(named(words, 'match').value, 'BNDLDX loads these bounds');
    assert.deepEqual(client.children(scope.variablesReference, { filter: 'indexed', start: 1, count: 100 }), []);
    assert.deepEqual(client.children(scope.variablesReference, { filter: 'named' }), []);
  });

  it('sees a changed pointer as a mismatch at once', () => {
    const client = atBounds('# LOSE');
    client.evaluate('*(u64*)slot = object + 4');
    const [entry] = client.scope('Bounds Directory');
    const [slot] = client.children(entry.variablesReference);
    assert.match(slot.value, /does not match: the slot holds 0x/);
    const { rows } = client.request('mpx/entries', { index: entry.name.slice(1, -1), start: 0, count: 10 });
    assert.equal(rows[0].match, false);
  });
});

describe('The scope Kernel', () => {
  it('shows management, mappings and the last siginfo', () => {
    const client = new TestClient();
    client.launch(sample('check'), {
      configure: (c) =>
        c.request('setBreakpoints', {
          source: { path: `${PROJECT_ROOT}/samples/asm/check.s` },
          breakpoints: [{ line: lineOf(`${PROJECT_ROOT}/samples/asm/check.s`, 'look at siginfo') }],
        }),
    });
    assert.equal(client.go('continue').reason, 'breakpoint');
    assert.equal(named(client.scope('MPX'), 'MPX').value, 'off in this signal handler, until it returns');
    const items = client.scope('Kernel');
    assert.match(named(items, 'mm.bd_addr').value, /^0x[0-9a-f]+$/);
    assert.match(named(items, 'last siginfo').value, /^SIGSEGV \(SEGV_BNDERR\) at 0x[0-9a-f]+, bounds \[0x/);
    const siginfo = client.children(named(items, 'last siginfo').variablesReference);
    assert.equal(named(siginfo, 'si_code').value, '3 (SEGV_BNDERR)');
    assert.ok(named(siginfo, 'si_upper'));
    const mappings = client.children(named(items, 'mappings').variablesReference);
    assert.ok(mappings.some(({ value }) => / \[stack\]$/.test(value)));
    assert.match(
      client.request('mpx/overview').conditions.find((one: Body) => one.name === 'BNDCFGU.EN is set').detail,
      /off in signal handlers/,
    );
  });
});

describe('The console', () => {
  it('shows and sets the bounds of a pointer in memory', () => {
    const client = atBounds('# LOSE');
    assert.match(
      client.evaluate('show mpx bound slot'),
      /^Slot 0x[0-9a-f]+ holds 0x[0-9a-f]+: \[0x.*\] 16 bytes, stored for this pointer/,
    );
    assert.match(client.evaluate('show mpx bound &slot'), /stored for this pointer/);
    assert.match(client.evaluate('show mpx bound *slot'), /stored for this pointer/);
    assert.match(
      client.evaluate('show mpx bound object'),
      /^Bounds stored for the pointer value 0x[0-9a-f]+:\n {2}Slot 0x/,
    );
    assert.match(
      client.evaluate('set mpx bound slot, object, object + 7'),
      /now has \[0x[0-9a-f]+, 0x[0-9a-f]+\] 8 bytes\.$/,
    );
    assert.match(client.evaluate('show mpx bound slot'), / 8 bytes, stored for this pointer/);
    client.evaluate('*(u64*)slot = 0');
    assert.match(
      client.evaluate('show mpx bound slot'),
      /stored for another pointer, 0x[0-9a-f]+: BNDLDX does not match/,
    );
  });

  it('makes a table where there is none, and says so', () => {
    const client = atBounds('# LOSE');
    const before = client.request('mpx/overview').tables.live;
    assert.match(client.evaluate('show mpx bound rsp'), /Nothing is stored for slot/);
    assert.match(
      client.evaluate('set mpx bound rsp, 0x1000, 0x1fff'),
      /4,096 bytes in the new table 0x[0-9a-f]+, made by the debugger\.$/,
    );
    assert.equal(client.request('mpx/overview').tables.live, before + 1);
    assert.match(client.evaluate('show mpx bound rsp'), /\[0x1000, 0x1fff\] 4,096 bytes, stored for this pointer/);
  });

  it('explains how its commands are written', () => {
    const client = atBounds('# LOSE');
    assert.match(client.evaluate('help'), /show mpx bound EXPR/);
    const fails = (expression: string) => client.failure('evaluate', { expression, context: 'repl' });
    assert.match(fails('set mpx bound slot'), /needs a pointer and bounds/);
    assert.match(fails('show mpx'), /show mpx bound EXPR/);
    assert.match(
      atBounds('# MAKE', {}).failure('evaluate', { expression: 'show mpx bound slot', context: 'repl' }),
      /MPX is off/,
    );
  });
});

describe('Input of the program', () => {
  it('is waited for without burning time, and the end of the file can be sent', () => {
    const { program } = signals();
    const start = () => {
      const client = new TestClient();
      client.launch(program, { configure: (c) => c.request('setExceptionBreakpoints', { filters: [] }) });
      assert.ok(client.session.idle, 'it waits');
      return client;
    };
    const text = start();
    text.request('mpx/sendInput', { text: 'one' });
    text.run();
    assert.equal(text.output('stdout'), 'one');
    const bytes = start();
    bytes.request('mpx/sendInput', { base64: Buffer.from([0xff, 0x00, 0x41]).toString('base64') });
    bytes.run();
    assert.deepEqual(bytes.bytes[1], [0xff, 0x00, 0x41], 'bytes stay bytes');
    const raw = bytes.events.find(({ event, body }) => event === 'output' && body.category === 'stdout')?.body;
    assert.equal(raw.data.base64, '/wBB');
    const end = start();
    end.request('mpx/sendInput', { eof: true });
    end.run();
    assert.equal(end.output('stdout'), '');
    assert.equal(end.events.at(-1)?.event, 'terminated');
  });

  it('can be waited for while paused', () => {
    const { program, source } = signals();
    const client = new TestClient();
    client.launch(program, { configure: (c) => c.request('setExceptionBreakpoints', { filters: [] }) });
    client.request('pause', { threadId: client.thread });
    assert.equal(client.events.findLast(({ event }) => event === 'stopped')?.body.reason, 'pause');
    assert.equal(client.frames()[0].line, lineOf(source, '# READ') + 1, 'the system call is in progress');
  });
});

describe('Frames', () => {
  it('of callers show what unwinding recovers', () => {
    const { program, source } = steps();
    const client = new TestClient();
    client.launch(program, {
      configure: (c) =>
        c.request('setBreakpoints', { source: { path: source }, breakpoints: [{ line: lineOf(source, '# BASE') }] }),
    });
    const [, caller] = client.frames();
    const { scopes } = client.request('scopes', { frameId: caller.id });
    const items = client.children(named(scopes, 'Frame').variablesReference);
    assert.equal(named(items, 'found by').value, 'frame pointer');
    assert.equal(named(items, 'rip').value.split(' ')[0], caller.instructionPointerReference);
  });

  it('are refused once the program has run on', () => {
    const client = atBounds('# MAKE');
    const { id } = client.frames()[0];
    const [scope] = client.request('scopes', { frameId: id }).scopes;
    client.go('next');
    assert.match(client.failure('scopes', { frameId: id }), /stack frame is gone/);
    assert.match(client.failure('variables', { variablesReference: scope.variablesReference }), /value is gone/);
  });
});

describe('The panel', () => {
  it('gets tables by page, order and filter', () => {
    const client = new TestClient();
    client.launch(sample('table-storm.O0'));
    const { tables } = client.request('mpx/overview');
    assert.ok(tables.everAllocated >= 64, `${tables.everAllocated} tables`);
    assert.ok(tables.freed >= 30, `${tables.freed} freed`);
    const page = client.request('mpx/tables', { start: 0, count: 10, sort: { by: 'allocatedAt', descending: true } });
    assert.equal(page.rows.length, 10);
    assert.ok(BigInt(page.rows[0].allocatedAt) > BigInt(page.rows[9].allocatedAt));
    const freed = client.request('mpx/tables', { start: 0, count: 500, filter: 'freed', sort: { by: 'state' } });
    assert.equal(freed.total, tables.freed);
    assert.match(freed.rows[0].allocatedBy, /\(table-storm\.c:\d+\)$/);
    assert.match(client.failure('mpx/tables', { sort: { by: 'colour' } }), /no column “colour”/);
    const events = client.request('mpx/events', { start: 0, count: 1000 });
    assert.equal(events.rows.filter(({ kind }: Body) => kind === 'table-allocated').length, tables.everAllocated);
    assert.ok(events.rows[0].source === undefined || events.rows[0].source.line > 0);
  });

  it('gets a map that agrees with the tables and with the memory there is', () => {
    const client = new TestClient();
    client.launch(sample('table-storm.O0'));
    const { areas } = client.request('mpx/map');
    const { tables, memory } = client.request('mpx/overview');
    const starts = areas.map(({ start }: Body) => BigInt(start));
    assert.deepEqual(
      starts,
      [...starts].sort((a, b) => (a < b ? -1 : 1)),
    );
    const withTable = areas.filter(({ table }: Body) => table);
    assert.equal(withTable.length, tables.live);
    const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0);
    assert.equal(sum(withTable.map(({ table }: Body) => table.residentBytes)), memory.tableResidentBytes);
    assert.equal(sum(areas.map(({ dataBytes }: Body) => dataBytes)), memory.dataBytes);
    const { rows } = client.request('mpx/tables', { start: 0, count: 1000 });
    for (const { start, end, table } of withTable) {
      const row = rows.find((one: Body) => one.index === table.index && one.allocatedAt === table.allocatedAt);
      const { areaStart, areaEnd, state, liveEntries } = row;
      assert.deepEqual([start, end, table.state, table.liveEntries], [areaStart, areaEnd, state, liveEntries]);
    }
    const stack = areas.find(({ start, end }: Body) => {
      const rsp = BigInt(client.evaluate('$rsp').split(' ')[0]);
      return rsp >= BigInt(start) && rsp < BigInt(end);
    });
    assert.ok(stack.dataBytes > 0);
  });

  it('is told when what it shows may be stale', () => {
    const client = atBounds('# LOSE');
    const reasons = () => client.events.filter(({ event }) => event === 'mpx/changed').map(({ body }) => body.reason);
    assert.deepEqual(reasons(), ['running', 'stopped']);
    client.evaluate('rax = 1');
    assert.equal(reasons().at(-1), 'edited');
    const epochs = client.events.filter(({ event }) => event === 'mpx/changed').map(({ body }) => body.epoch);
    assert.deepEqual(
      epochs,
      [...epochs].sort((a, b) => a - b),
    );
  });
});
