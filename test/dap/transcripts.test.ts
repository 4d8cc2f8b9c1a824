import { type Body, lineOf, SAMPLES, sample, TestClient } from './client.ts';
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
