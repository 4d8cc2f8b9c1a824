import assert from 'node:assert/strict';
import { type Body, lineOf, SAMPLES, sample, TestClient } from './client.ts';
import { bounds, provenance } from './programs.ts';

describe('Where bounds come from', () => {
  const { program, source } = bounds();
  const line = (marker: string) => lineOf(source, marker);
  const here = (client: TestClient) => client.frames()[0].line;

  function atViolation(): TestClient {
    const client = new TestClient();
    client.launch(program, { configuration: { mpx: { autoEnable: true } } });
    assert.equal(here(client), line('# VIOLATION'));
    return client;
  }

  it('is told with a violation, and the program stands where it stood', () => {
    const client = atViolation();
    assert.match(
      client.output('console'),
      /Where the bounds came from:\n {2}← bndmk 0xf\(%rdi\),%bnd0: made, at _start\+0x28 .*, 2 instructions ago\n/,
    );
    const { details } = client.request('exceptionInfo', { threadId: client.thread });
    assert.match(details.message, /← bndmk/);
    assert.equal(client.request('mpx/skipCheck', { stay: true }).skipped, 'bndcu 0x13(%rdi),%bnd0');
  });

  it('is followed through tables to BNDMK', () => {
    const client = atViolation();
    const { title, lines, ending } = client.request('mpx/boundsHistory', { expression: '&slot' });
    assert.match(title, /^the entry for slot 0x[0-9a-f]+ = \[0x[0-9a-f]+, 0x[0-9a-f]+\] 16 bytes$/);
    assert.deepEqual(
      lines.map((text: string) => text.replace(/:.*/, '')),
      ['← bndstx %bnd0,(%rax,%rdi,1)', '← bndmk 0xf(%rdi),%bnd0'],
    );
    assert.equal(ending, 'made');
  });

  it('ends with the branch that lost them, or the BNDLDX that found others', () => {
    const client = atViolation();
    assert.match(
      client.evaluate('history bnd2'),
      /← call .*lost: the branch has no BND prefix and reset \[.*\] 16 bytes/,
    );
    assert.match(client.evaluate('history bnd1'), /← bndldx .*lost: the entry of slot .* is for .*, the pointer is /);
    assert.equal(client.request('mpx/boundsHistory', { expression: 'bnd2' }).ending, 'branch');
    client.go('mpx/goToBoundsLost', { expression: 'bnd2' });
    assert.equal(here(client), line('# LOSE'));
    assert.match(client.evaluate('bnd2'), /16 bytes/);
  });

  it('can be gone to, and left again', () => {
    const client = atViolation();
    const stop = client.go('mpx/goToBoundsMade');
    assert.match(stop.description, /in the past/);
    assert.equal(client.evaluate('rip'), client.evaluate('&_start + 0x28'));
    assert.equal(client.go('continue').reason, 'exception');
    assert.equal(here(client), line('# VIOLATION'));
    client.go('mpx/goToBoundsMade', { expression: '&slot' });
    assert.equal(here(client), line('# MAKE'));
  });

  it('refuses what has no answer in a sentence, and comes back to the violation', () => {
    const client = atViolation();
    client.go('mpx/goToBoundsLost');
    assert.match(client.output('important'), /These bounds were not lost\. Their history ends with: bndmk .*: made/);
    assert.equal(here(client), line('# VIOLATION'));
    assert.equal(client.request('mpx/skipCheck', { stay: true }).skipped, 'bndcu 0x13(%rdi),%bnd0');
    const unrecorded = new TestClient();
    const configuration = { mpx: { autoEnable: true }, timeTravel: { enabled: false } };
    unrecorded.launch(program, { configuration });
    assert.match(unrecorded.failure('mpx/boundsHistory', {}), /timeTravel/);
    unrecorded.request('mpx/skipCheck', { stay: true });
    assert.match(unrecorded.failure('mpx/goToPointerStored', { expression: 'bnd0' }), /timeTravel/);
  });

  it('finds who stored a pointer, with and without its bounds, whoever did it', () => {
    const { program: storing, source: text } = provenance();
    const client = new TestClient();
    client.launch(storing, { configuration: { mpx: { autoEnable: true } } });
    const at = (marker: string) => lineOf(text, marker);
    assert.equal(here(client), at('# CHECK'));
    const spilled = client.evaluate('history bnd0').split('\n');
    assert.deepEqual(
      spilled.slice(1).map((one) => one.replace(/:.*/, '').replace(/0x402\w+/, 'spill')),
      ['← bndmov %bnd1,%bnd0', '← bndmov spill,%bnd1', '← bndmov %bnd3,spill', '← bndmk 0x7(%rdi),%bnd3'],
    );
    const lost = client.evaluate('history bnd2');
    assert.match(lost, /lost: the entry of slot/);
    assert.match(
      lost,
      /The pointer was last stored by mov %rsi,.* at legacy\+0x[0-9a-f]+ .* does not store its bounds\.$/,
    );
    client.go('mpx/goToBoundsLost', { expression: 'bnd2' });
    assert.equal(here(client), at('# LEGACY'));
    client.go('continue');
    client.go('mpx/goToPointerStored', { expression: '&slot' });
    assert.equal(here(client), at('# LEGACY'));
    client.go('mpx/goToPointerStored', { expression: '&slot' });
    assert.equal(here(client), at('# STORE'));
  });

  it('is a row of the bound registers', () => {
    const client = atViolation();
    const [bnd0] = client.scope('MPX').filter(({ name }: Body) => name === 'BND0');
    const history = client.children(bnd0.variablesReference).find(({ name }: Body) => name === 'history');
    const [first] = client.children(history.variablesReference);
    assert.match(first.value, /^← bndmk/);
    client.go('mpx/goToBoundsMade', {
      variablesReference: client
        .request('scopes', { frameId: client.frames()[0].id })
        .scopes.find(({ name }: Body) => name === 'MPX').variablesReference,
      name: 'BND0',
    });
    assert.equal(client.evaluate('rip'), client.evaluate('&_start + 0x28'));
  });

  it('names the object and the caller in a compiled program, through frames and the allocator', () => {
    const heap = `${SAMPLES}/heap-overflow.c`;
    const client = new TestClient();
    client.launch(sample('heap-overflow.O0'));
    assert.match(
      client.output('console'),
      /← bndmov .*: loaded from memory, at fill.*\n {2}← bndmov .*: saved in memory, at fill.*\n {2}← bndmk .*: made, for 10 bytes of allocated memory, at __mpx_wrapper_malloc.* called from main\+\S+ \(heap-overflow\.c:\d+\)/,
    );
    client.go('mpx/goToBoundsMade');
    assert.match(client.frames()[0].name, /malloc/);
    assert.equal(client.frames()[1].line, lineOf(heap, 'malloc(10)'));
  });
});
