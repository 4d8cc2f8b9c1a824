import assert from 'node:assert/strict';
import { type Body, lineOf, SAMPLES, sample, TestClient } from './client.ts';
import { signals, steps } from './programs.ts';

describe('Stepping', () => {
  const { program, source } = steps();
  const line = (marker: string) => lineOf(source, marker);

  /** A session stopped at the first line that holds `marker`. */
  function at(marker: string, configuration: object = {}): TestClient {
    const client = new TestClient();
    const stop = client.launch(program, {
      configuration,
      configure: (c) =>
        c.request('setBreakpoints', { source: { path: source }, breakpoints: [{ line: line(marker) }] }),
    });
    assert.equal(stop.reason, 'breakpoint');
    assert.equal(client.frames()[0].line, line(marker));
    client.request('setBreakpoints', { source: { path: source }, breakpoints: [] });
    return client;
  }
  const here = (client: TestClient) => client.frames()[0].line;
  const stack = (client: TestClient) => client.frames().map((frame: Body) => frame.name.replace(/\+.*/, ''));

  it('next goes over a call', () => {
    const client = at('# CALL');
    assert.equal(client.go('next').reason, 'step');
    assert.equal(here(client), line('# STORE'));
    assert.equal(client.evaluate('rax'), '0x6');
  });

  it('next goes over a recursive call and stops in the same activation', () => {
    const client = at('# RECURSE');
    const rsp = client.evaluate('rsp');
    client.go('next');
    assert.equal(here(client), line('# BACK'));
    assert.equal(client.evaluate('rsp'), rsp);
  });

  it('stepIn goes into a call', () => {
    const client = at('# CALL');
    client.go('stepIn');
    assert.equal(here(client), line('# FACTORIAL'));
    assert.deepEqual(stack(client), ['factorial', '_start']);
  });

  it('stepOut returns to the caller, also out of a recursion', () => {
    const client = at('# BASE');
    assert.deepEqual(stack(client), ['factorial', 'factorial', 'factorial', '_start']);
    client.go('stepOut');
    assert.deepEqual(stack(client), ['factorial', 'factorial', '_start']);
    client.go('stepOut');
    client.go('stepOut');
    assert.deepEqual(stack(client), ['_start']);
    assert.equal(here(client), line('# STORE'));
  });

  it('stepOut of the outermost function says that there is no caller', () => {
    const client = at('# STORE');
    assert.match(client.failure('stepOut', { threadId: client.thread }), /no caller/);
  });

  it('next runs a loop on one line as a whole', () => {
    const client = at('loop:');
    client.go('next');
    assert.equal(here(client), line('# WRITE'));
    assert.equal(client.evaluate('ecx'), '0x5');
  });

  it('by instruction stops at each one', () => {
    const client = at('loop:');
    const pcs = Array.from({ length: 4 }, () => {
      client.go('next', { granularity: 'instruction' });
      return client.frames()[0].instructionPointerReference;
    });
    assert.equal(new Set(pcs).size, 3, 'inc, cmp, jb and inc again');
    assert.equal(here(client), line('loop:'));
  });

  it('by instruction goes over a call with next, into it with stepIn', () => {
    const over = at('# CALL');
    over.go('next', { granularity: 'instruction' });
    assert.equal(here(over), line('# STORE'));
    const into = at('# CALL');
    into.go('stepIn', { granularity: 'instruction' });
    assert.equal(here(into), line('# FACTORIAL'));
  });

  it('over a system call shows its output and stops behind it', () => {
    const client = at('# SYSCALL');
    client.go('next');
    assert.equal(here(client), line('# LAST'));
    assert.equal(client.output('stdout'), 'hello\n');
  });

  it('stops at a breakpoint on the way', () => {
    const client = at('# CALL');
    client.request('setBreakpoints', { source: { path: source }, breakpoints: [{ line: line('# BASE') }] });
    assert.equal(client.go('next').reason, 'breakpoint');
    assert.equal(here(client), line('# BASE'));
  });

  it('into a system call enters the kernel if the launch says so, and next comes back', () => {
    const client = at('# SYSCALL', { stepIntoKernel: true });
    const stop = client.go('stepIn', { granularity: 'instruction' });
    assert.match(stop.description, /^In the kernel: /);
    const [top] = client.frames();
    assert.match(top.source.path, /^kernel\//);
    const text = client.request('source', { source: top.source, sourceReference: top.source.sourceReference }).content;
    const [refused] = client.request('setBreakpoints', { source: top.source, breakpoints: [{ line: 1 }] }).breakpoints;
    assert.match(refused.message, /kernel has no breakpoints/);
    const label = text.split('\n')[top.line - 1];
    assert.ok(label.includes(`'${top.name}'`), `${label} holds the label of ${top.name}`);
    for (let i = 0; i < 50 && client.frames()[0].source?.sourceReference; i++) client.go('next');
    assert.equal(here(client), line('# LAST'));
  });

  it('to the end of the program ends it', () => {
    const client = at('# LAST');
    for (let i = 0; i < 3; i++) client.go('next');
    assert.deepEqual(client.events.find(({ event }) => event === 'exited')?.body, { exitCode: 7 });
    assert.equal(client.events.at(-1)?.event, 'terminated');
  });

  it('over an instruction whose fault the program handles stops behind it; stepping in stops in the handler', () => {
    const { program: handling, source: handlingSource } = signals();
    const start = () => {
      const client = new TestClient();
      client.launch(handling, {
        configure: (c) => {
          c.request('setExceptionBreakpoints', { filters: [] });
          c.request('setBreakpoints', {
            source: { path: handlingSource },
            breakpoints: [{ line: lineOf(handlingSource, '# FAULT') }],
          });
        },
      });
      return client;
    };
    const over = start();
    over.go('next');
    assert.equal(here(over), lineOf(handlingSource, '# BEHIND'));
    const into = start();
    into.go('stepIn');
    assert.equal(here(into), lineOf(handlingSource, '# HANDLER'));
    assert.deepEqual(stack(into), ['handler', '<signal handler called>', '_start']);
    into.go('stepOut');
    assert.match(into.frames()[0].name, /signal handler called/);
  });
});

describe('Stepping into the kernel', () => {
  const source = `${SAMPLES}/asm/tables.s`;

  it('shows the functions that allocate a bounds table, with their locals and sources', () => {
    const client = new TestClient();
    const stop = client.launch(sample('tables'), {
      configure: (c) => c.request('setExceptionBreakpoints', { filters: ['missing-table'] }),
    });
    assert.match(stop.text, /^Missing bounds table: /);
    client.request('mpx/stepIntoKernel');
    assert.equal(client.run().description, 'In the kernel: do_bounds');
    const functions: string[] = [];
    for (let i = 0; i < 60; i++) {
      const [top] = client.frames();
      if (!top.source?.sourceReference) break;
      functions.push(top.name.split(':')[0]);
      if (top.name === 'allocate_bt: cmpxchg') {
        const locals = client.scope('Locals');
        const local = (name: string) => locals.find((one: Body) => one.name === name)?.value;
        assert.equal(local('expected_old_val'), '0x0');
        assert.equal(BigInt(local('bd_new_entry')), BigInt(local('bt_addr')) | 1n);
        assert.equal(client.evaluate('bd_new_entry == bt_addr + 1'), 'true');
        const { targets } = client.request('completions', { text: 'bd_', column: 4, frameId: client.frames()[0].id });
        assert.ok(targets.some(({ label }: Body) => label === 'bd_entry'));
      }
      client.go('stepIn');
    }
    const order = [...new Set(functions)].filter((name) => /mpx|bounds|allocate/.test(name));
    assert.deepEqual(order, ['do_bounds', 'mpx_handle_bd_fault', 'do_mpx_bt_fault', 'allocate_bt', 'mpx_mmap']);
    assert.equal(client.frames()[0].source.path, source);
    assert.equal(client.request('mpx/overview').tables.live, 1);
  });

  it('steps over and out of kernel functions', () => {
    const client = new TestClient();
    client.launch(sample('tables'), {
      configure: (c) => c.request('setExceptionBreakpoints', { filters: ['missing-table'] }),
    });
    client.request('mpx/stepIntoKernel');
    client.run();
    const top = () => client.frames()[0].name.split(':')[0];
    while (top() !== 'mpx_mmap') client.go('stepIn');
    client.go('stepOut');
    assert.equal(top(), 'allocate_bt');
    client.go('stepOut');
    client.go('stepOut');
    assert.ok(['mpx_handle_bd_fault', 'do_bounds'].includes(top()));
    client.go('continue');
    assert.ok(client.events.some(({ event }) => event === 'exited' || event === 'stopped'));
  });
});
