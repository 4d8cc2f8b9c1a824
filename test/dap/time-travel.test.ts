import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { SeededRandom } from '../../src/base/random.ts';
import type { Moment } from '../../src/debugger/time-travel/moment.ts';
import { NodeFiles } from '../../src/hosts/node-files.ts';
import { type Body, lineOf, SAMPLES, sample, TestClient } from './client.ts';
import { bounds, busy, family, signals, steps } from './programs.ts';

/** What can be seen of the program where it stands. */
function stateOf(client: TestClient) {
  const { debuggee } = debuggeeOf(client);
  const { cpu } = debuggee.task;
  return {
    registers: debuggee.task.cpu.save().bytes,
    rip: cpu.rip,
    hash: debuggee.process.machine.memory.hash(),
    maps: debuggee.process.vmas(),
    mpx: debuggee.process.mpx,
  };
}

/** The program behind the session: hashes and counts have no request. */
function debuggeeOf(client: TestClient) {
  const { state } = client.session as unknown as { state: import('../../src/dap/state.ts').SessionState };
  return state.program();
}

/** All processes of its world. */
const worldOf = (client: TestClient) =>
  debuggeeOf(client).debuggee.process.world.processes.map(({ pid, machine, tasks, exit }) => ({
    pid,
    exit,
    hash: machine.memory.hash(),
    registers: tasks.map(({ cpu }) => cpu.save().bytes),
    kernel: tasks.map(({ kernelFrames }) => kernelFrames.map(({ label }) => label)),
  }));

const travelOf = (client: TestClient) => {
  const { recorder } = debuggeeOf(client).debuggee;
  assert.ok(recorder);
  return recorder.travel;
};

describe('Going back in time', () => {
  const { program, source } = steps();
  const line = (marker: string) => lineOf(source, marker);
  const here = (client: TestClient) => client.frames()[0].line;
  const breakAt = (client: TestClient, file: string, markers: readonly string[], more: object = {}) =>
    client.request('setBreakpoints', {
      source: { path: file },
      breakpoints: markers.map((marker) => ({ line: lineOf(file, marker), ...more })),
    });

  /** A session stopped at the first line that holds `marker`, without breakpoints. */
  function at(marker: string, configuration: object = {}): TestClient {
    const client = new TestClient();
    client.launch(program, { configuration, configure: (c) => breakAt(c, source, [marker]) });
    breakAt(client, source, []);
    assert.equal(here(client), line(marker));
    return client;
  }

  it('stepBack goes to the start of the line before, over calls and through loops', () => {
    const client = at('# WRITE');
    const stop = client.go('stepBack');
    assert.equal(here(client), line('# LOOP'));
    assert.match(stop.description, /^Paused on step, in the past \(−\d+ instructions\)$/);
    for (let i = 0; i < 20 && here(client) === line('# LOOP'); i++) client.go('stepBack');
    client.go('stepBack');
    assert.equal(here(client), line('# STORE'));
    client.go('stepBack');
    assert.equal(here(client), line('# CALL'));
    assert.equal(client.evaluate('rdi'), '0x3');
    client.go('stepBack');
    assert.equal(here(client), line('# ENTRY'));
    assert.equal(client.go('stepBack').description.replace(/,.*/, ''), 'At the start of the recording');
  });

  it('stepBack out of a function comes to its call, in the same activation', () => {
    const client = at('# BASE');
    const lines: number[] = [];
    for (let i = 0; i < 30 && here(client) !== line('# ENTRY'); i++) {
      client.go('stepBack');
      lines.push(here(client));
    }
    const once = ['# COMPARE', '# FACTORIAL'].map(line);
    assert.ok(once.every((one) => lines.includes(one)));
    assert.equal(lines.filter((one) => one === line('# RECURSE')).length, 2);
    assert.equal(lines.filter((one) => one === line('# CALL')).length, 1);
  });

  it('stepBack by instruction is the reverse of stepping, whatever the instruction', () => {
    const client = at('# ENTRY');
    const passed = [stateOf(client)];
    while (here(client) !== line('# LAST')) {
      client.go('stepIn', { granularity: 'instruction' });
      passed.push(stateOf(client));
    }
    const travel = travelOf(client);
    for (let i = passed.length - 2; i >= 0; i--) {
      const { cpu } = debuggeeOf(client).debuggee.task;
      client.go('mpx/goToInstruction', { instruction: String(cpu.retired - 1n) });
      assert.deepEqual(stateOf(client), passed[i]);
    }
    assert.equal(travel.inPast, true);
  });

  it('stepBack by instruction goes over the call that has just returned', () => {
    const client = at('# STORE');
    client.go('stepBack', { granularity: 'instruction' });
    assert.equal(here(client), line('# CALL'));
    client.go('stepBack', { granularity: 'instruction' });
    assert.equal(here(client), line('# ENTRY'));
  });

  it('mpx/stepBackInto goes into the function that returned, mpx/stepBackOut to its call', () => {
    const client = at('# STORE');
    client.go('mpx/stepBackInto');
    assert.equal(here(client), line('# RETURN'));
    assert.match(client.frames()[0].name, /^factorial/);
    assert.equal(client.frames().length, 2);
    client.go('mpx/stepBackOut');
    assert.equal(here(client), line('# CALL'));
  });

  it('reverseContinue stops at breakpoints with their conditions, then at the start of the recording', () => {
    const client = at('# STORE');
    breakAt(client, source, ['# COMPARE'], { condition: '$rdi == 2' });
    assert.equal(client.go('reverseContinue').reason, 'breakpoint');
    assert.equal(here(client), line('# COMPARE'));
    assert.equal(client.evaluate('rdi'), '0x2');
    assert.match(client.go('reverseContinue').description, /^At the start of the recording/);
    assert.equal(here(client), line('# ENTRY'));
    assert.equal(client.go('continue').reason, 'breakpoint');
    assert.equal(client.evaluate('rdi'), '0x2');
  });

  it('does not write output twice, and shows memory as it was', () => {
    const client = at('# LAST');
    assert.equal(client.output('stdout'), 'hello\n');
    client.go('reverseContinue');
    assert.equal(client.evaluate('*(long*)&counter'), '5');
    breakAt(client, source, ['# LAST']);
    client.go('continue');
    assert.equal(client.output('stdout'), 'hello\n');
    assert.equal(client.evaluate('*(long*)&counter'), '6');
  });

  it('asks before a change in the past, and then begins a new future', () => {
    const client = at('# LAST');
    client.go('mpx/goToInstruction', { instruction: '1' });
    assert.match(client.failure('evaluate', { expression: '$rdi = 1', context: 'repl' }), /new future/);
    client.request('mpx/startNewFuture');
    client.evaluate('$rdi = 4');
    assert.match(client.output('important'), /new future begins/);
    breakAt(client, source, ['# STORE']);
    client.go('continue');
    assert.match(client.evaluate('rax'), /^0x18\b/);
    // The change is part of the recording now.
    client.go('reverseContinue');
    client.go('continue');
    assert.match(client.evaluate('rax'), /^0x18\b/);
  });

  it('plays standard input and signals again', () => {
    const { program: handled, source: text } = signals();
    const client = new TestClient();
    client.launch(handled, {
      configure: (c) => {
        c.request('setExceptionBreakpoints', { filters: ['signal'] });
        breakAt(c, text, ['# READ']);
      },
    });
    client.run();
    for (let i = 0; i < 5 && here(client) !== lineOf(text, '# READ'); i++) client.go('continue');
    breakAt(client, text, []);
    client.request('continue', { threadId: client.thread });
    client.run(3_000_000);
    client.request('evaluate', { expression: 'stdin hello', context: 'repl' });
    client.run();
    const end = stateOf(client);
    const travel = travelOf(client);
    const { end: last } = travel;
    breakAt(client, text, ['# HANDLER']);
    client.request('setExceptionBreakpoints', { filters: [] });
    assert.equal(client.go('reverseContinue').reason, 'breakpoint');
    assert.equal(here(client), lineOf(text, '# HANDLER'));
    client.go('mpx/goToInstruction', { instruction: last.instruction.toString() });
    assert.deepEqual(stateOf(client), end);
  });

  it('brings bounds, tables and the kernel’s state back, in random jumps through samples', () => {
    for (const name of ['heap-overflow.O0', 'table-storm.O0']) {
      const client = new TestClient();
      client.launch(sample(name), {
        configure: (c) => c.request('setFunctionBreakpoints', { breakpoints: [{ name: '_Exit' }] }),
      });
      const travel = travelOf(client);
      const last = Number(travel.end.instruction);
      const random = new SeededRandom(5);
      const seen = new Map<number, ReturnType<typeof stateOf>>();
      const places = Array.from(
        { length: 8 },
        () => (random.bytes(4).reduce((sum, byte) => sum * 256 + byte, 0) >>> 0) % last,
      );
      for (const place of [...places, ...places.toReversed(), ...places]) {
        client.go('mpx/goToInstruction', { instruction: place });
        const state = stateOf(client);
        assert.deepEqual(state, seen.get(place) ?? state, `${name} at ${place}`);
        seen.set(place, state);
      }
    }
  });

  it('comes back to a violation with the trap pending and its story', () => {
    const { program: guarded, source: text } = bounds();
    const client = new TestClient();
    const configuration = { mpx: { autoEnable: true } };
    const first = client.launch(guarded, { configuration });
    assert.equal(here(client), lineOf(text, '# VIOLATION'));
    client.go('mpx/goToInstruction', { instruction: 3 });
    client.go('continue');
    const again = client.go('reverseContinue');
    assert.match(again.description, /start of the recording/);
    const back = client.go('continue');
    assert.deepEqual([back.reason, back.text], [first.reason, first.text]);
  });

  it('finds its way over many checkpoints', () => {
    const { program: long, source: text } = busy();
    const client = new TestClient();
    client.launch(long, { configuration: { stopOnEntry: true, timeTravel: { memory: 64 } } });
    breakAt(client, text, ['# AGAIN'], { hitCondition: '1' });
    client.go('continue');
    breakAt(client, text, []);
    client.request('continue', { threadId: client.thread });
    for (let i = 0; i < 60; i++) client.slice(1_000_000);
    client.request('pause', { threadId: client.thread });
    const { debuggee } = debuggeeOf(client);
    const { cpu, process } = { cpu: debuggee.task.cpu, process: debuggee.process };
    const count = cpu.retired;
    assert.ok(travelOf(client).checkpoints.count > 2);
    client.go('stepBack', { granularity: 'instruction' });
    assert.equal(cpu.retired, count - 1n);
    client.go('mpx/goToInstruction', { instruction: 12_345_678 });
    assert.equal(process.world.retired, 12_345_678n);
    assert.equal(cpu.gpr(1), 100_000_000n - 12_345_678n / 2n);
  });

  it('goes back and forth among threads, also past steps of one of them alone', () => {
    const race = `${SAMPLES}/race.c`;
    const client = new TestClient();
    client.launch(sample('race.O0'), { configure: (c) => breakAt(c, race, ['shared = i & 1']) });
    const passed: { moment: Moment; tid: number; state: ReturnType<typeof stateOf> }[] = [];
    const note = () => {
      const { task, control } = debuggeeOf(client).debuggee;
      passed.push({ moment: control.moment, tid: task.tid, state: stateOf(client) });
    };
    note();
    for (let i = 0; i < 6; i++) {
      client.go('next', { singleThread: i % 2 === 0, threadId: debuggeeOf(client).debuggee.task.tid });
      note();
    }
    breakAt(client, race, ['BREAK:']);
    client.go('continue');
    note();
    assert.ok(new Set(passed.map(({ tid }) => tid)).size > 1);
    const travel = travelOf(client);
    const random = new SeededRandom(5);
    for (let i = 0; i < 20; i++) {
      const { moment, tid, state } = passed[random.bytes(1)[0] % passed.length];
      for (const _ of travel.goTo(moment, tid));
      assert.deepEqual(stateOf(client), state);
    }
  });

  it('plays children, pipes and files again without asking the host', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-time-'));
    try {
      const file = path.join(folder, 'text');
      fs.writeFileSync(file, 'as it was');
      const { program: forking, source: text } = family(file);
      const client = new TestClient(new NodeFiles());
      client.launch(forking, {
        configuration: { sysroot: folder, fileAccess: [{ path: folder, mode: 'read' }], stopOnEntry: true },
      });
      const passed: { moment: Moment; state: ReturnType<typeof worldOf> }[] = [];
      for (const marker of ['# READ', '# GOT', '# WAIT', '# CONTENT', '# END']) {
        breakAt(client, text, [marker]);
        client.go('continue');
        assert.equal(here(client), lineOf(text, marker));
        passed.push({ moment: debuggeeOf(client).debuggee.control.moment, state: worldOf(client) });
      }
      assert.equal(client.evaluate('*(u32*)&status'), '0x900 (2304)');
      fs.rmSync(folder, { recursive: true });
      const travel = travelOf(client);
      const random = new SeededRandom(3);
      for (let i = 0; i < 12; i++) {
        const { moment, state } = passed[random.bytes(1)[0] % passed.length];
        for (const _ of travel.goTo(moment));
        assert.deepEqual(worldOf(client), state);
      }
      // In the middle of the child's turn.
      client.go('mpx/goToInstruction', { instruction: 1_234_567 });
      assert.equal(debuggeeOf(client).debuggee.process.world.retired, 1_234_567n);
      breakAt(client, text, ['# END']);
      client.go('continue');
      const { memory } = debuggeeOf(client).debuggee;
      const { memoryReference } = client.request('evaluate', { expression: '&content', context: 'repl' });
      assert.equal(new TextDecoder().decode(memory.read(BigInt(memoryReference), 9)), 'as it was');
      assert.deepEqual(worldOf(client), passed[4].state);
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });

  it('says when a replay goes astray, and goes on from a moment before', () => {
    const client = at('# LAST');
    const { tape } = (travelOf(client) as unknown as { options: { tape: { entries: { what: string }[] } } }).options;
    const output = tape.entries.findIndex(({ what }) => what === 'output');
    tape.entries[output] = { ...tape.entries[output], what: 'something else' };
    client.go('stepBack');
    const told = client.output('important');
    assert.match(
      told,
      /could not be repeated: at [\d,]+ ns .* asked for output, where the recording has something else/,
    );
    assert.match(told, /goes on anew from there/);
    assert.equal(here(client), line('# ENTRY'));
    breakAt(client, source, ['# LAST']);
    assert.equal(client.go('continue').reason, 'breakpoint');
    assert.equal(client.output('stdout'), 'hello\nhello\n');
  });

  it('says when a run is not recorded', () => {
    const client = at('# CALL', { timeTravel: { enabled: false } });
    assert.match(client.failure('stepBack', { threadId: client.thread }), /timeTravel/);
  });
});

describe('Data breakpoints', () => {
  const { program, source } = steps();

  function watching(accessType: string, name = 'counter', bytes = 8): { client: TestClient; info: Body } {
    const client = new TestClient();
    client.launch(program, { configuration: { stopOnEntry: true } });
    const info = client.request('dataBreakpointInfo', { name: `&${name}`, asAddress: true, bytes });
    const { breakpoints } = client.request('setDataBreakpoints', {
      breakpoints: [{ dataId: info.dataId, accessType }],
    });
    assert.equal(breakpoints[0].verified, true);
    return { client, info };
  }

  it('stop behind the instruction that writes, and backwards before it', () => {
    const { client } = watching('write');
    const stop = client.go('continue');
    assert.equal(stop.reason, 'data breakpoint');
    assert.match(stop.text, /05 00 00 00 00 00 00 00 → 06 00/);
    assert.match(stop.text, /by mov %rax/);
    client.go('continue');
    const back = new TestClient();
    back.launch(program, {
      configure: (c) =>
        c.request('setBreakpoints', {
          source: { path: source },
          breakpoints: [{ line: lineOf(source, '# LAST') }],
        }),
    });
    const info = back.request('dataBreakpointInfo', { name: '&counter', asAddress: true, bytes: 8 });
    back.request('setDataBreakpoints', { breakpoints: [{ dataId: info.dataId, accessType: 'write' }] });
    back.request('setBreakpoints', { source: { path: source }, breakpoints: [] });
    assert.equal(back.go('reverseContinue').reason, 'data breakpoint');
    assert.equal(back.frames()[0].line, lineOf(source, '# STORE'));
    assert.equal(back.evaluate('*(long*)&counter'), '5');
  });

  it('have conditions', () => {
    const client = new TestClient();
    client.launch(program, { configuration: { stopOnEntry: true } });
    const { dataId } = client.request('dataBreakpointInfo', { name: '&counter', asAddress: true, bytes: 8 });
    client.request('setDataBreakpoints', { breakpoints: [{ dataId, accessType: 'write', condition: '$rax == 1' }] });
    client.request('continue', { threadId: client.thread });
    assert.equal(client.run(), undefined);
  });

  it('watch the bounds of a pointer in its table', () => {
    const { program: guarded, source: text } = bounds();
    const client = new TestClient();
    client.launch(guarded, {
      configuration: { mpx: { autoEnable: true } },
      configure: (c) =>
        c.request('setBreakpoints', { source: { path: text }, breakpoints: [{ line: lineOf(text, '# LOSE') }] }),
    });
    const info = client.request('dataBreakpointInfo', { name: '&slot', asAddress: true, bytes: 8, mode: 'bounds' });
    assert.match(info.description, /bounds of &slot \(24 bytes/);
    client.request('setDataBreakpoints', { breakpoints: [{ dataId: info.dataId, accessType: 'write' }] });
    client.request('setBreakpoints', { source: { path: text }, breakpoints: [] });
    const stop = client.go('reverseContinue');
    assert.equal(stop.reason, 'data breakpoint');
    assert.match(stop.text, /by bndstx/);
    assert.equal(client.frames()[0].line, lineOf(text, '# STORE'));
  });

  it('say why a register cannot be watched, and refuse nonsense', () => {
    const { client } = watching('read');
    assert.match(client.request('dataBreakpointInfo', { name: '$rax' }).description, /step back/);
    const nonsense = { breakpoints: [{ dataId: 'x' }] };
    assert.match(client.failure('setDataBreakpoints', nonsense), /not a data id/);
  });
});
