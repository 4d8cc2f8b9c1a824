import assert from 'node:assert/strict';
import fs from 'node:fs';
import { capabilities } from '../../src/dap/capabilities.ts';
import { type Body, lineOf, TestClient } from './client.ts';
import { bounds, busy, steps } from './programs.ts';

/** Every capability that is stated has a test here that drives it. */
describe('Capabilities', () => {
  const { program, source } = steps();
  const line = (marker: string) => lineOf(source, marker);
  const path = { path: source };

  /** Stopped at the line that holds `marker`, with the breakpoint that did it removed. */
  function at(marker: string, initialize: object = {}): TestClient {
    const client = new TestClient();
    client.initialize(initialize);
    client.request('launch', { program });
    client.request('setBreakpoints', { source: path, breakpoints: [{ line: line(marker) }] });
    client.request('configurationDone');
    assert.equal(client.run().reason, 'breakpoint');
    client.request('setBreakpoints', { source: path, breakpoints: [] });
    return client;
  }
  const here = (client: TestClient) => client.frames()[0].line;
  const registers = (client: TestClient) => client.scope('Registers');

  const drivers: Record<string, () => void> = {
    supportsConfigurationDoneRequest: () => {
      const client = new TestClient();
      client.initialize();
      client.request('launch', { program, stopOnEntry: true });
      assert.equal(client.events.at(-1)?.event, 'initialized');
      assert.equal(client.run(), undefined, 'nothing runs before');
      client.request('configurationDone');
      assert.equal(client.events.findLast(({ event }) => event === 'stopped')?.body.reason, 'entry');
      assert.equal(here(client), line('# ENTRY'));
    },
    supportsFunctionBreakpoints: () => {
      const client = at('# ENTRY');
      const { breakpoints } = client.request('setFunctionBreakpoints', {
        breakpoints: [{ name: 'factorial' }, { name: 'missing' }],
      });
      assert.equal(breakpoints[0].verified, true);
      assert.equal(breakpoints[1].message, 'The program has no function “missing”.');
      const stop = client.go('continue');
      assert.equal(stop.reason, 'function breakpoint');
      assert.deepEqual(stop.hitBreakpointIds, [breakpoints[0].id]);
      assert.equal(here(client), line('# FACTORIAL'));
    },
    supportsConditionalBreakpoints: () => {
      const client = at('# ENTRY');
      client.request('setBreakpoints', {
        source: path,
        breakpoints: [{ line: line('# COMPARE'), condition: 'rdi == 2' }],
      });
      client.go('continue');
      assert.equal(client.evaluate('rdi'), '0x2');
    },
    supportsHitConditionalBreakpoints: () => {
      const client = at('# ENTRY');
      client.request('setBreakpoints', {
        source: path,
        breakpoints: [{ line: line('# COMPARE'), hitCondition: '>= 3' }],
      });
      client.go('continue');
      assert.equal(client.evaluate('rdi'), '0x1');
    },
    supportsLogPoints: () => {
      const client = at('# ENTRY');
      client.request('setBreakpoints', {
        source: path,
        breakpoints: [{ line: line('# COMPARE'), logMessage: 'n is {rdi}' }],
      });
      assert.equal(client.go('continue'), undefined, 'a logpoint does not stop');
      assert.ok(client.output('console').includes('n is 0x3\nn is 0x2\nn is 0x1\n'));
    },
    supportsEvaluateForHovers: () => {
      const client = at('# STORE');
      const hover = client.request('evaluate', { expression: 'counter', context: 'hover' });
      assert.match(hover.result, /^0x[0-9a-f]+ <counter>$/);
      assert.match(
        client.failure('evaluate', { expression: 'rax = 1', context: 'hover' }),
        /cannot? be changed|Nothing can be changed/,
      );
      assert.match(client.request('evaluate', { expression: 'bndcu', context: 'hover' }).result, /BNDCU/);
    },
    supportsSetVariable: () => {
      const client = at('# STORE');
      const { variablesReference } = client.request('scopes', { frameId: client.frames()[0].id }).scopes[0];
      const set = client.request('setVariable', { variablesReference, name: 'rax', value: 'rax + 0x10' });
      assert.equal(set.value, '0x16');
      assert.equal(registers(client).find(({ name }) => name === 'rax')?.value, '0x16');
      assert.ok(client.events.some(({ event }) => event === 'invalidated'));
      client.go('next');
      assert.equal(client.evaluate('*(u64*)counter'), '0x16 (22)');
    },
    supportsSetExpression: () => {
      const client = at('# STORE');
      assert.equal(client.request('setExpression', { expression: 'eax', value: '-1' }).value, '0xffffffff');
      assert.equal(
        client.request('setExpression', { expression: 'bnd1', value: '0x1000, 0x1fff' }).value,
        '[0x1000, 0x1fff] 4,096 bytes',
      );
      assert.equal(client.request('setExpression', { expression: '*(u8*)counter', value: '7' }).value, '0x7');
      assert.match(
        client.failure('setExpression', { expression: 'counter + 1', value: '7' }),
        /Only registers, variables and memory/,
      );
    },
    supportsStepInTargetsRequest: () => {
      const client = at('# CALL');
      const { targets } = client.request('stepInTargets', { frameId: client.frames()[0].id });
      assert.deepEqual(
        targets.map(({ label }: Body) => label),
        ['factorial'],
      );
      client.go('stepIn', { targetId: targets[0].id });
      assert.equal(here(client), line('# FACTORIAL'));
    },
    supportsGotoTargetsRequest: () => {
      const client = at('# ENTRY');
      const { targets } = client.request('gotoTargets', { source: path, line: line('# LAST') });
      assert.equal(targets[0].line, line('# LAST'));
      assert.equal(
        client.go('goto', { targetId: targets[0].id })?.reason ??
          client.events.findLast(({ event }) => event === 'stopped')?.body.reason,
        'goto',
      );
      assert.equal(here(client), line('# LAST'));
      client.go('continue');
      assert.equal(client.output('stdout'), '', 'the code between never ran');
    },
    supportsCompletionsRequest: () => {
      const client = at('# ENTRY');
      const labels = (text: string) =>
        client.request('completions', { text, column: text.length + 1 }).targets.map((one: Body) => one.label);
      assert.ok(labels('fact').includes('factorial'));
      assert.ok(labels('1 + $r').includes('r12'));
      assert.deepEqual(labels('bnd0.'), ['lower', 'upper', 'raw', 'size']);
      assert.ok(labels('show').includes('show mpx bound '));
    },
    completionTriggerCharacters: () => {
      const client = at('# ENTRY');
      for (const character of capabilities().completionTriggerCharacters ?? []) {
        const text = character === '.' ? 'bnd0.' : character;
        const { targets } = client.request('completions', { text, column: text.length + 1 });
        assert.ok(targets.length > 0, `${character} offers something`);
      }
    },
    supportsModulesRequest: () => {
      const { modules, totalModules } = at('# ENTRY').request('modules', { startModule: 0, moduleCount: 10 });
      assert.equal(totalModules, 1);
      assert.equal(modules[0].path, program);
      assert.match(modules[0].addressRange, /^0x[0-9a-f]+-0x[0-9a-f]+$/);
    },
    additionalModuleColumns: () => {
      const [module] = at('# ENTRY').request('modules', {}).modules;
      for (const { attributeName } of capabilities().additionalModuleColumns ?? [])
        assert.ok(attributeName in module, attributeName);
    },
    supportsRestartRequest: () => {
      const client = at('# STORE');
      const set = client.request('setBreakpoints', { source: path, breakpoints: [{ line: line('# BASE') }] });
      client.request('restart', {});
      assert.equal(client.run().reason, 'breakpoint');
      assert.equal(here(client), line('# BASE'));
      const changed = client.events.find(({ event }) => event === 'breakpoint')?.body;
      assert.equal(changed.breakpoint.id, set.breakpoints[0].id);
      client.request('restart', { arguments: { program, stopOnEntry: true } });
      assert.equal(here(client), line('# ENTRY'));
    },
    supportsValueFormattingOptions: () => {
      const client = at('# STORE');
      assert.equal(client.request('evaluate', { expression: '-1 + 20', format: { hex: true } }).result, '0x13');
      assert.equal(client.request('evaluate', { expression: '-1 + 20' }).result, '19');
      const { scopes } = client.request('scopes', { frameId: client.frames()[0].id });
      const kernel = scopes.find(({ name }: Body) => name === 'Kernel').variablesReference;
      const count = (format: object) =>
        client.children(kernel, { format }).find(({ name }) => name === 'mm.map_count')?.value;
      assert.match(count({ hex: true }), /^0x/);
      assert.match(count({}), /^\d+$/);
    },
    supportsExceptionInfoRequest: () => {
      const client = new TestClient();
      client.launch(bounds().program, { configuration: { mpx: { autoEnable: true } } });
      assert.equal(client.request('exceptionInfo', { threadId: client.thread }).breakMode, 'always');
      assert.match(at('# ENTRY').failure('exceptionInfo', { threadId: 1000 }), /not stopped at an exception/);
    },
    supportTerminateDebuggee: () => {
      const client = at('# ENTRY');
      client.request('disconnect', { terminateDebuggee: true });
      assert.ok(client.session.over);
      assert.equal(client.events.at(-1)?.event, 'terminated');
    },
    supportsTerminateRequest: () => {
      const client = at('# ENTRY');
      client.request('terminate');
      assert.equal(client.events.at(-1)?.event, 'terminated');
      assert.ok(client.session.idle && !client.session.over);
      assert.match(client.failure('continue', { threadId: client.thread }), /has ended/);
    },
    supportsDelayedStackTraceLoading: () => {
      const client = at('# BASE');
      const page = (startFrame: number, levels: number) =>
        client.request('stackTrace', { threadId: client.thread, startFrame, levels });
      const all = client.frames();
      assert.equal(all.length, 4);
      assert.deepEqual(page(0, 1).stackFrames, all.slice(0, 1));
      assert.ok(page(0, 1).totalFrames > 1);
      assert.deepEqual(page(1, 2).stackFrames, all.slice(1, 3));
      assert.deepEqual(page(3, 20).stackFrames, all.slice(3));
      assert.deepEqual(page(9, 5).stackFrames, []);
    },
    supportsLoadedSourcesRequest: () => {
      const { sources } = at('# ENTRY').request('loadedSources', {});
      assert.ok(sources.some((one: Body) => one.path === source));
      assert.ok(sources.some((one: Body) => one.path === 'kernel/mpx/allocate.ts' && one.sourceReference > 0));
    },
    supportsReadMemoryRequest: () => {
      const client = at('# LAST');
      const memoryReference = client.request('evaluate', { expression: 'rsi' }).memoryReference;
      const read = client.request('readMemory', { memoryReference, count: 6 });
      assert.equal(Buffer.from(read.data, 'base64').toString(), 'hello\n');
      assert.deepEqual(client.request('readMemory', { memoryReference: '0x10', offset: -16, count: 8 }), {
        address: '0x0',
        data: '',
        unreadableBytes: 8,
      });
    },
    supportsWriteMemoryRequest: () => {
      const client = at('# WRITE');
      const memoryReference = client.request('evaluate', { expression: '&counter' }).memoryReference;
      client.request('readMemory', { memoryReference, count: 32 });
      const data = Buffer.from('HELLO').toString('base64');
      assert.deepEqual(client.request('writeMemory', { memoryReference, offset: 8, data }), {
        offset: 0,
        bytesWritten: 5,
      });
      const event = client.events.findLast(({ event: name }) => name === 'memory')?.body;
      assert.deepEqual(event, { memoryReference, offset: 0, count: 32 });
      client.go('continue');
      assert.equal(client.output('stdout'), 'HELLO\n');
    },
    supportsDisassembleRequest: () => {
      const client = at('# STORE');
      const memoryReference = client.frames()[0].instructionPointerReference;
      const { instructions } = client.request('disassemble', {
        memoryReference,
        instructionOffset: -2,
        instructionCount: 5,
        resolveSymbols: true,
      });
      assert.equal(instructions.length, 5);
      assert.equal(instructions[2].address, memoryReference);
      assert.match(instructions[1].instruction, /^call.*<factorial>/);
      assert.equal(instructions[0].symbol, '_start');
      assert.equal(instructions[2].line, line('# STORE'));
      const nowhere = client.request('disassemble', { memoryReference: '0x10', instructionCount: 3 }).instructions;
      assert.deepEqual(
        nowhere.map(({ presentationHint }: Body) => presentationHint),
        ['invalid', 'invalid', 'invalid'],
      );
    },
    supportsCancelRequest: () => {
      const client = new TestClient();
      client.initialize({ supportsProgressReporting: true });
      client.request('launch', { program: busy().program });
      client.request('configurationDone');
      const started = () => client.events.find(({ event }) => event === 'progressStart')?.body;
      for (let i = 0; i < 200 && !started(); i++) client.slice(1_000_000);
      assert.equal(started().cancellable, true);
      client.request('cancel', { progressId: started().progressId });
      assert.equal(client.events.findLast(({ event }) => event === 'stopped')?.body.reason, 'pause');
      assert.deepEqual(client.events.find(({ event }) => event === 'progressEnd')?.body, {
        progressId: started().progressId,
      });
      client.request('cancel', { requestId: 1 });
    },
    supportsBreakpointLocationsRequest: () => {
      const { breakpoints } = at('# ENTRY').request('breakpointLocations', {
        source: path,
        line: 1,
        endLine: line('# STORE'),
      });
      assert.deepEqual(
        breakpoints,
        [line('# ENTRY'), line('# CALL'), line('# STORE')].map((one) => ({ line: one })),
      );
    },
    supportsClipboardContext: () => {
      const client = at('# STORE');
      assert.equal(client.request('evaluate', { expression: 'rax', context: 'clipboard' }).result, '0x6');
      assert.match(
        client.failure('evaluate', { expression: 'rax = 1', context: 'clipboard' }),
        /Nothing can be changed/,
      );
    },
    supportsSteppingGranularity: () => {
      const client = at('loop:');
      const pc = () => BigInt(client.frames()[0].instructionPointerReference);
      const start = pc();
      client.go('next', { granularity: 'instruction' });
      assert.equal(pc(), start + 2n, 'inc %ecx has two bytes');
      client.go('next', { granularity: 'line' });
      assert.equal(here(client), line('# WRITE'));
    },
    supportsSingleThreadExecutionRequests: () => {
      const client = at('# ENTRY');
      client.go('next', { singleThread: true });
      assert.equal(here(client), line('# CALL'));
      assert.deepEqual(client.request('continue', { threadId: client.thread, singleThread: true }), {
        allThreadsContinued: false,
      });
    },
    supportsInstructionBreakpoints: () => {
      const client = at('# ENTRY');
      const address = client.request('evaluate', { expression: 'factorial' }).memoryReference;
      const { breakpoints } = client.request('setInstructionBreakpoints', {
        breakpoints: [{ instructionReference: address, offset: 1 }],
      });
      assert.equal(breakpoints[0].verified, true);
      const stop = client.go('continue');
      assert.equal(stop.reason, 'instruction breakpoint');
      assert.equal(client.frames()[0].instructionPointerReference, `0x${(BigInt(address) + 1n).toString(16)}`);
    },
    supportsStepBack: () => {
      const client = at('# STORE');
      client.go('stepBack');
      assert.equal(here(client), line('# CALL'));
      client.go('reverseContinue');
      assert.equal(here(client), line('# ENTRY'));
    },
    supportsDataBreakpoints: () => {
      const client = at('# ENTRY');
      const { dataId } = client.request('dataBreakpointInfo', { name: '&counter', asAddress: true, bytes: 8 });
      client.request('setDataBreakpoints', { breakpoints: [{ dataId }] });
      assert.equal(client.go('continue').reason, 'data breakpoint');
      assert.equal(here(client), line('# STORE') + 1);
    },
    supportsDataBreakpointBytes: () => {
      const client = at('# ENTRY');
      const info = client.request('dataBreakpointInfo', { name: '&counter', asAddress: true, bytes: 2 });
      assert.match(info.description, /2 bytes/);
    },
    breakpointModes: () => {
      const client = new TestClient();
      const { breakpointModes } = client.initialize();
      assert.deepEqual(
        breakpointModes.map(({ mode }: Body) => mode),
        ['value', 'bounds'],
      );
      const watcher = at('# ENTRY');
      const asked = { name: '&counter', asAddress: true, bytes: 8 };
      assert.notEqual(watcher.request('dataBreakpointInfo', { ...asked, mode: 'value' }).dataId, null);
      const { dataId, description } = watcher.request('dataBreakpointInfo', { ...asked, mode: 'bounds' });
      assert.equal(dataId, null);
      assert.match(description, /no bounds table/);
    },
    supportsExceptionFilterOptions: () => {
      const client = new TestClient();
      const stop = client.launch(bounds().program, {
        configuration: { mpx: { autoEnable: true } },
        configure: (c) =>
          c.request('setExceptionBreakpoints', {
            filters: [],
            filterOptions: [{ filterId: 'missing-table', condition: 'bndstatus.ec == 2' }],
          }),
      });
      assert.equal(stop.description, 'Paused on missing bounds table');
    },
    exceptionBreakpointFilters: () => {
      const client = new TestClient();
      const { exceptionBreakpointFilters } = client.initialize();
      const filters = exceptionBreakpointFilters.map(({ filter }: Body) => filter);
      assert.equal(filters.length, 7);
      const { breakpoints } = client.request('setExceptionBreakpoints', { filters });
      assert.ok(breakpoints.every(({ verified }: Body) => verified));
    },
  };

  it('have a driver each, and no more', () => {
    const stated = Object.entries(capabilities())
      .filter(([, value]) => value !== false && value !== undefined)
      .map(([name]) => name);
    assert.deepEqual(Object.keys(drivers).sort(), stated.sort());
    assert.ok(fs.existsSync(program));
  });

  for (const [name, drive] of Object.entries(drivers)) it(name, drive);
});
