import assert from 'node:assert/strict';
import { linkProgram } from '../debugger/assemble.ts';
import { type Body, lineOf, TestClient } from './client.ts';
import { bounds, busy, steps } from './programs.ts';

const exitCode = (client: TestClient) => client.events.find(({ event }) => event === 'exited')?.body.exitCode;

describe('Running', () => {
  it('can be paused and goes on from there', () => {
    const client = new TestClient();
    client.initialize();
    client.request('launch', { program: busy().program });
    client.request('configurationDone');
    client.slice(1_000_000);
    assert.match(client.failure('variables', { variablesReference: 1 }), /is running: pause it first/);
    assert.equal(client.send('stackTrace', { threadId: 1000 }).message, 'notStopped');
    client.request('pause', { threadId: 1000 });
    const left = BigInt(client.evaluate('rcx').split(' ')[0]);
    assert.ok(left > 0n && left < 100_000_000n);
    assert.match(client.failure('pause', { threadId: 1000 }), /not running/);
    client.go('continue');
    assert.equal(exitCode(client), 0);
  });

  it('pauses at the limit of instructions, and runs on when continued', () => {
    const client = new TestClient();
    const stop = client.launch(steps().program, { configuration: { limits: { instructions: 10 } } });
    assert.equal(stop.description, 'Paused on instruction limit');
    assert.match(stop.text, /^Paused after 10 instructions/);
    client.evaluate('rax');
    const instructions = client.scope('Kernel').find(({ name }: Body) => name === 'instructions')?.value;
    assert.equal(instructions, '10');
    assert.equal(client.go('continue').description, 'Paused on instruction limit');
  });

  it('goes to an address', () => {
    const client = new TestClient();
    client.launch(steps().program, { configuration: { stopOnEntry: true } });
    const address = client.request('evaluate', { expression: 'factorial' }).memoryReference;
    assert.equal(client.go('mpx/runTo', { address }).reason, 'step');
    assert.equal(client.frames()[0].instructionPointerReference, address);
    assert.ok(
      client.events.some(({ event }) => event === 'continued'),
      'a client that did not ask learns of it',
    );
  });

  it('without debugging stops nowhere', () => {
    const { program, source } = bounds();
    const client = new TestClient();
    client.launch(program, {
      configuration: { noDebug: true, stopOnEntry: true, mpx: { autoEnable: true } },
      configure: (c) =>
        c.request('setBreakpoints', { source: { path: source }, breakpoints: [{ line: lineOf(source, '# MAKE') }] }),
    });
    assert.ok(!client.events.some(({ event }) => event === 'stopped'));
    assert.equal(exitCode(client), 139);
  });

  it('passes arguments and environment', () => {
    const { program } = linkProgram(
      'arguments',
      `	.text
	.globl _start
_start:	mov (%rsp), %rdi		# argc
	mov 40(%rsp), %rax		# the first variable: behind three arguments and a null
	movzbl 2(%rax), %eax
	imul $100, %edi, %edi
	add %eax, %edi
	shr $2, %edi
	mov $60, %eax
	syscall
`,
    );
    const client = new TestClient();
    client.launch(program, { configuration: { args: ['a', 'b'], env: { A: '0', NOT: null } } });
    assert.equal(exitCode(client), (300 + '0'.charCodeAt(0)) >> 2);
  });

  it('into nowhere stops at the fault, and the caller is still found', () => {
    const { program, source } = linkProgram(
      'nowhere',
      `	.text
	.globl _start
	.type _start, @function
_start:	xor %eax, %eax
	call *%rax			# NOWHERE
	nop
	.size _start, . - _start
`,
    );
    const client = new TestClient();
    const stop = client.launch(program);
    assert.match(stop.text, /^Segmentation fault: jump to 0x0/);
    const frames = client.frames();
    assert.equal(frames[0].name, '0x0');
    assert.equal(frames[1].line, lineOf(source, '# NOWHERE'));
    client.go('continue');
    assert.equal(exitCode(client), 139);
  });

  it('can be followed in Intel syntax and with lines from 0', () => {
    const { program, source } = steps();
    const client = new TestClient();
    client.initialize({ linesStartAt1: false, columnsStartAt1: false });
    client.request('launch', { program, disassemblyFlavor: 'intel' });
    const line = lineOf(source, '# STORE') - 1;
    const set = client.request('setBreakpoints', { source: { path: source }, breakpoints: [{ line }] });
    assert.equal(set.breakpoints[0].line, line);
    client.request('configurationDone');
    client.run();
    const [frame] = client.frames();
    assert.deepEqual([frame.line, frame.column], [line, 0]);
    const { instructions } = client.request('disassemble', {
      memoryReference: frame.instructionPointerReference,
      instructionCount: 1,
    });
    assert.match(instructions[0].instruction, /^mov QWORD PTR \[rip\+0x[0-9a-f]+\], ?rax/);
    assert.equal(instructions[0].line, line);
    const { targets } = client.request('completions', { text: 'bnd0.lo', column: 7 });
    assert.deepEqual(targets, [{ label: 'lower', type: 'field', start: 5, length: 2 }]);
  });

  it('gives the same instruction count and the same stops each time', () => {
    const trace = () => {
      const client = new TestClient();
      client.launch(bounds().program, { configuration: { mpx: { autoEnable: true }, seed: 7 } });
      return [
        client.events.find(({ event }) => event === 'stopped')?.body.text,
        client.request('mpx/events', { start: 0, count: 50 }).rows,
      ];
    };
    assert.deepEqual(trace(), trace());
  });
});

describe('What the kernel will report', () => {
  const { program } = linkProgram(
    'stackcheck',
    `	.text
	.globl _start
_start:	mov %rsp, %rax
	bndmk 7(%rax), %bnd0
	bndcu 16(%rsp), %bnd0
	mov $60, %eax
	syscall
`,
  );
  const details = (kernel: unknown) => {
    const client = new TestClient();
    client.launch(program, { configuration: { mpx: { autoEnable: true }, kernel } });
    const { message } = client.request('exceptionInfo', { threadId: client.thread }).details;
    client.go('continue');
    const { rows } = client.request('mpx/events', { start: 0, count: 50 });
    return { message, reported: rows.find(({ kind }: Body) => kind === 'bounds-violation').text as string };
  };

  it('differs from the truth where a quirk of the kernel spoils it, and says which', () => {
    const { message, reported } = details('v4.1');
    const said = /si_addr (0x[0-9a-f]+), bounds/.exec(message)?.[1];
    assert.ok(said && reported.includes(`at ${said},`), 'the prediction comes true');
    assert.match(
      message,
      /si_addr will be 0x[0-9a-f]+, but the CPU compared 0x[0-9a-f]+: this kernel adds rsp as an index .* \(K-02\)\./,
    );
  });

  it('is the truth on a kernel without the quirk', () => {
    assert.doesNotMatch(details('ideal').message, /but the CPU compared/);
    assert.doesNotMatch(details({ profile: 'v4.1', switches: { sibNoIndex: true } }).message, /but the CPU compared/);
  });
});
