import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { Session } from '../../src/dap/session.ts';
import { type Body, files, sample, TestClient } from './client.ts';
import { steps } from './programs.ts';

const COMMANDS =
  `initialize launch attach configurationDone restart terminate cancel setBreakpoints setFunctionBreakpoints
  setInstructionBreakpoints setExceptionBreakpoints breakpointLocations continue pause next stepIn stepOut gotoTargets goto threads
  stackTrace scopes exceptionInfo variables setVariable evaluate setExpression completions readMemory writeMemory disassemble modules
  loadedSources source mpx/overview mpx/tables mpx/entries mpx/events mpx/sendInput mpx/stepIntoKernel mpx/skipCheck mpx/runTo
  stepBack dataBreakpointInfo nonsense`.split(/\s+/);

const NAMES =
  `threadId frameId variablesReference name value expression context text column line source breakpoints filters filterOptions
  memoryReference offset count instructionCount instructionOffset data start filter sort by index format hex levels startFrame
  granularity targetId address base64 eof arguments program condition instructionReference sourceReference path`.split(
    /\s+/,
  );

/** Arguments that are plausible in form, and some that are not. */
const argument: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    {
      weight: 6,
      arbitrary: fc.oneof(
        fc.integer({ min: -5, max: 3000 }),
        fc.constantFrom<unknown>(1000, 1, '0x401000', 'main', '0x7fffffffffff'),
      ),
    },
    {
      weight: 3,
      arbitrary: fc.oneof(
        fc.string({ maxLength: 12 }),
        fc.constantFrom('rax = 1', 'show mpx bound 1', 'hover', 'bnd0', '-1', '18446744073709551615'),
      ),
    },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(null, true, false, Number.NaN, 1e300, -0.5, {}, []) },
    { weight: 1, arbitrary: fc.array(tie('object'), { maxLength: 3 }) },
    { weight: 1, arbitrary: tie('object') },
  ),
  object: fc.dictionary(fc.constantFrom(...NAMES), tie('value'), { maxKeys: 6 }),
})).object as fc.Arbitrary<unknown>;

const request = fc.record({
  command: fc.constantFrom(...COMMANDS),
  arguments: fc.oneof({ weight: 9, arbitrary: argument }, { weight: 1, arbitrary: fc.anything() }),
});

/** Every answer is a response with a sentence if it is a failure, and none blames the debugger. */
function check(answers: Body[], message: Body): void {
  const [response] = answers;
  assert.equal(response.type, 'response');
  assert.equal(response.request_seq, message.seq);
  if (response.success) return;
  const { format } = response.body.error;
  assert.doesNotMatch(format, /The debugger failed/, `${JSON.stringify(message)}: ${format}`);
  assert.match(format, /^\S.*[.!?)]$/s, format);
}

describe('Nonsense', () => {
  it('of any kind gets no answer or an error, and never an exception', () => {
    fc.assert(
      fc.property(fc.anything(), (message) => {
        const answers = new Session({ files }).handle(message);
        assert.ok(answers.every(({ type }) => type === 'response' || type === 'event'));
      }),
      { numRuns: 500 },
    );
  });

  it('before a launch is refused with a sentence', () => {
    fc.assert(
      fc.property(fc.array(request, { maxLength: 20 }), (requests) => {
        const session = new Session({ files });
        requests.forEach((one, i) => {
          const message = { seq: i + 1, type: 'request', ...one };
          check(session.handle(message), message);
        });
      }),
      { numRuns: 150 },
    );
  });

  it('in a session that is stopped leaves it answering', function () {
    this.timeout(180_000);
    fc.assert(
      fc.property(fc.array(request, { maxLength: 30 }), (requests) => {
        const client = new TestClient();
        client.launch(steps().program, { configuration: { stopOnEntry: true } });
        requests.forEach((one, i) => {
          const message = { seq: 100 + i, type: 'request', ...one };
          check(client.session.handle(message), message);
          for (let n = 0; n < 20 && !client.session.idle; n++) client.session.slice(10_000);
        });
        assert.ok(client.session.handle({ seq: 1, type: 'request', command: 'threads' }).length > 0);
      }),
      { numRuns: 60 },
    );
  });

  it('in the middle of a kernel handler leaves it answering', function () {
    this.timeout(180_000);
    fc.assert(
      fc.property(fc.array(request, { maxLength: 30 }), (requests) => {
        const client = new TestClient();
        client.launch(sample('tables'), {
          configure: (c) => c.request('setExceptionBreakpoints', { filters: ['missing-table'] }),
        });
        client.request('mpx/stepIntoKernel');
        client.run();
        requests.forEach((one, i) => {
          const message = { seq: 100 + i, type: 'request', ...one };
          check(client.session.handle(message), message);
          for (let n = 0; n < 20 && !client.session.idle; n++) client.session.slice(10_000);
        });
      }),
      { numRuns: 40 },
    );
  });
});

describe('A launch that cannot work', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-bad-'));
  after(() => fs.rmSync(folder, { recursive: true }));
  const file = (name: string, content: Uint8Array | string) => {
    const full = path.join(folder, name);
    fs.writeFileSync(full, content);
    return full;
  };
  const fails = (args: object) => {
    const client = new TestClient();
    client.initialize();
    const message = client.failure('launch', args);
    assert.match(message, /^[^\n]+[.?]$/, 'one sentence');
    assert.match(client.failure('threads'), /No program has been launched/);
    return message;
  };
  const elf = () => new Uint8Array(fs.readFileSync(steps().program));

  it('names what is missing or wrong in the configuration', () => {
    assert.match(fails({}), /“program” is missing/);
    assert.match(fails({ program: 7 }), /“program” of “launch” must be a string/);
    assert.match(fails({ program: steps().program, kernel: 'v9' }), /“v9” is not a kernel profile: use v4\.1/);
    assert.match(
      fails({ program: steps().program, kernel: { profile: 'v4.1', switches: { nonsense: true } } }),
      /nonsense/,
    );
    assert.match(fails({ program: steps().program, env: { A: 1 } }), /environment variable “A”/);
    assert.match(
      fails({ program: steps().program, limits: { memory: -1 } }),
      /“limits\.memory” must be greater than 0/,
    );
    assert.match(fails({ program: steps().program, disassemblyFlavor: 'nasm' }), /must be one of att, intel/);
  });

  it('says what is wrong with the file', () => {
    assert.match(fails({ program: path.join(folder, 'nothing') }), /There is no file/);
    assert.match(fails({ program: file('text', 'hello') }), /ELF/);
    assert.match(fails({ program: file('empty', '') }), /ELF/);
    const arm = elf();
    arm[18] = 0xb7;
    assert.match(fails({ program: file('arm', arm) }), /x86-64|machine|AArch64/i);
    const narrow = elf();
    narrow[4] = 1;
    assert.match(fails({ program: file('narrow', narrow) }), /x32 interface/);
    fails({ program: file('cut', elf().slice(0, 100)) });
  });

  it('may be tried again', () => {
    const client = new TestClient();
    client.initialize();
    client.failure('launch', { program: '/nowhere' });
    client.request('launch', { program: steps().program, stopOnEntry: true });
    client.request('configurationDone');
    assert.equal(client.frames().length, 1);
    assert.match(client.failure('launch', { program: steps().program }), /already been launched/);
    assert.match(client.failure('attach'), /nothing to attach to/);
  });
});
