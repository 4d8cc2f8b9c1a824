import { NodeFiles } from '../../src/hosts/node-files.ts';
import { nativeTools } from '../symbols/native.ts';
import { type Body, lineOf, SAMPLES, sample, TestClient } from './client.ts';
import { buildLibraryProgram } from './libraries/programs.ts';
import { steps } from './programs.ts';
import { assertTranscript } from './transcript.ts';

describe('Transcripts', () => {
  it('violation: F5 on heap-overflow, look around, go on', () => {
    const client = new TestClient();
    client.launch(sample('heap-overflow.O0'));
    client.request('threads');
    const [frame] = client.frames();
    client.request('exceptionInfo', { threadId: client.thread });
    const { scopes } = client.request('scopes', { frameId: frame.id });
    const { variablesReference } = scopes.find(({ name }: Body) => name === 'MPX');
    const [, bnd0] = client.children(variablesReference);
    client.children(bnd0.variablesReference);
    client.evaluate('bnd0.upper + 1 == rax', 'watch');
    client.request('mpx/skipCheck');
    client.run();
    client.request('disconnect');
    assertTranscript(client, 'violation');
  });

  it('kernel: step into the handler that allocates a table', () => {
    const client = new TestClient();
    client.launch(sample('tables'), {
      configure: (c) => c.request('setExceptionBreakpoints', { filters: ['missing-table'] }),
    });
    client.request('mpx/stepIntoKernel');
    client.run();
    while (client.frames()[0].name !== 'allocate_bt: cmpxchg') client.go('stepIn');
    client.log.length = 0;
    client.frames();
    client.scope('Locals');
    client.go('stepOut');
    client.go('stepOut');
    client.go('stepOut');
    client.request('mpx/overview');
    client.request('mpx/tables', { start: 0, count: 10 });
    client.request('terminate');
    assertTranscript(client, 'kernel');
  });

  it('breakpoints: set, refused, met, logged', () => {
    const { program, source } = steps();
    const path = { path: source };
    const line = (marker: string) => lineOf(source, marker);
    const client = new TestClient();
    client.initialize();
    client.request('launch', { program });
    client.request('setBreakpoints', {
      source: path,
      breakpoints: [
        { line: line('# COMPARE'), condition: 'rdi == 1' },
        { line: line('# BACK'), logMessage: 'back with {rax}' },
        { line: 999 },
      ],
    });
    client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'nothing' }] });
    client.request('setExceptionBreakpoints', { filters: ['segmentation-fault'] });
    client.request('configurationDone');
    client.run();
    client.request('stackTrace', { threadId: client.thread, startFrame: 0, levels: 20 });
    client.go('continue');
    assertTranscript(client, 'breakpoints');
  });

  it('c-level: a line breakpoint, variables with bounds, a watch, steps, the violation in the words of the program', () => {
    const source = { path: `${SAMPLES}/heap-overflow.c` };
    const line = (marker: string) => lineOf(source.path, marker);
    const client = new TestClient();
    client.launch(sample('heap-overflow.O0'), {
      configure: (c) => c.request('setBreakpoints', { source, breakpoints: [{ line: line('fill(text, 10)') }] }),
    });
    client.log.length = 0;
    client.go('stepIn');
    client.frames();
    client.scope('Arguments');
    client.scope('Locals');
    client.evaluate('text', 'hover');
    client.request('setBreakpoints', { source, breakpoints: [{ line: line('text[i] ='), condition: 'i == 3' }] });
    client.go('continue');
    client.evaluate('text', 'watch');
    client.evaluate('&text[i]', 'watch');
    client.evaluate('i = 8');
    client.go('next');
    client.request('setBreakpoints', { source, breakpoints: [] });
    client.go('continue');
    client.request('exceptionInfo', { threadId: client.thread });
    assertTranscript(client, 'c-level');
  });

  it('linked-list: a list followed through its pointers, a function finished, an outer frame', () => {
    const source = { path: `${SAMPLES}/linked-list.c` };
    const client = new TestClient();
    client.launch(sample('linked-list.O0'), {
      configuration: { args: ['3'] },
      configure: (c) =>
        c.request('setBreakpoints', { source, breakpoints: [{ line: lineOf(source.path, 'struct node *rest') }] }),
    });
    client.log.length = 0;
    const [head] = client.scope('Arguments');
    const members = client.children(head.variablesReference);
    client.children(members[1].variablesReference, { start: 0, count: 4 });
    client.evaluate('head->next->next->payload[0]', 'watch');
    client.evaluate('*head', 'watch');
    const [, outer] = client.frames();
    client.request('evaluate', { expression: 'total', frameId: outer.id, context: 'watch' });
    client.request('setBreakpoints', { source, breakpoints: [] });
    client.go('stepOut');
    client.go('next');
    client.evaluate('head', 'watch');
    client.go('continue');
    assertTranscript(client, 'linked-list');
  });

  it('libraries: a breakpoint waits for a plugin; steps into a library and out again', function () {
    nativeTools(this, 'musl-gcc');
    const built = buildLibraryProgram('musl-gcc');
    const at = (name: Parameters<typeof built.source>[0], marker: string) => ({
      source: { path: built.source(name) },
      breakpoints: [{ line: lineOf(built.source(name), marker) }],
    });
    const client = new TestClient(new NodeFiles());
    client.launch(built.program, {
      configuration: { args: [built.plugin] },
      configure: (c) => {
        c.request('setBreakpoints', at('plugin.c', '/* PLUGIN */'));
        c.request('setBreakpoints', at('main.c', '/* CALL */'));
      },
    });
    client.go('stepIn');
    client.frames();
    client.go('stepOut');
    client.go('continue');
    client.frames();
    client.evaluate('calls', 'watch');
    client.go('continue');
    // What the C library is made of depends on the machine.
    const omit = ({ event, body }: Body) =>
      event === 'loadedSource' || (event === 'module' && /musl/.test(body.module.name));
    assertTranscript(client, 'libraries', omit);
  });

  it('threads: two of them, each with its stack; one steps alone', () => {
    const source = { path: `${SAMPLES}/race.c` };
    const client = new TestClient();
    client.launch(sample('race.O0'), {
      configure: (c) =>
        c.request('setBreakpoints', { source, breakpoints: [{ line: lineOf(source.path, 'shared = i & 1') }] }),
    });
    const { threads } = client.request('threads');
    for (const { id } of threads) client.request('stackTrace', { threadId: id, startFrame: 0, levels: 3 });
    client.request('setBreakpoints', { source, breakpoints: [] });
    client.go('next', { threadId: threads[1].id, singleThread: true });
    client.request('stackTrace', { threadId: threads[1].id, startFrame: 0, levels: 1 });
    assertTranscript(client, 'threads');
  });

  it('failures: each a sentence', () => {
    const client = new TestClient();
    client.failure('threads');
    client.initialize();
    client.failure('launch', { program: `${SAMPLES}/README.md` });
    client.failure('launch', { program: '/no/such/file' });
    client.failure('continue', { threadId: 1 });
    client.failure('stepBack', {});
    client.failure('evaluate', { expression: 7 });
    assertTranscript(client, 'failures');
  });
});
