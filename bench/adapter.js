// Our own debugger through the Debug Adapter Protocol on standard streams: round trips, breakpoints, big lists.
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { cli, median, root, round } = require('./measure');

const sample = (name) => path.join(root, 'samples/bin', name);

/** A debug adapter in a process of its own. */
class Adapter {
  constructor() {
    this.child = spawn(process.execPath, [cli, 'dap'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.buffer = Buffer.alloc(0);
    this.seq = 0;
    this.responses = new Map();
    this.waiting = [];
    this.child.stdout.on('data', (bytes) => this.take(bytes));
  }
  take(bytes) {
    this.buffer = Buffer.concat([this.buffer, bytes]);
    for (;;) {
      const header = /^Content-Length: (\d+)\r\n\r\n/.exec(this.buffer.subarray(0, 64).toString('latin1'));
      if (!header || this.buffer.length < header[0].length + Number(header[1])) return;
      const end = header[0].length + Number(header[1]);
      const message = JSON.parse(this.buffer.subarray(header[0].length, end).toString('utf8'));
      this.buffer = this.buffer.subarray(end);
      if (message.type === 'response') this.responses.get(message.request_seq)?.(message);
      else this.waiting = this.waiting.filter((one) => one.event !== message.event || one.resolve(message.body));
    }
  }
  send(command, args = {}) {
    const text = JSON.stringify({ seq: ++this.seq, type: 'request', command, arguments: args });
    this.child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    return new Promise((resolve, reject) => {
      this.responses.set(this.seq, (response) => {
        if (response.success) resolve(response.body ?? {});
        else reject(new Error(`${command}: ${response.body?.error?.format ?? response.message}`));
      });
    });
  }
  event(event) {
    return new Promise((resolve) => {
      this.waiting.push({ event, resolve });
    });
  }
  async initialise() {
    await this.send('initialize', { adapterID: 'mpx', linesStartAt1: true, columnsStartAt1: true });
  }
  /** Launches and stops at the entry; `configure` sends breakpoints. */
  async launch(program, more = {}, configure = async () => {}) {
    const stopped = this.event('stopped');
    const initialised = this.event('initialized');
    const launched = this.send('launch', { program, stopOnEntry: true, ...more });
    await initialised;
    await configure();
    await this.send('configurationDone');
    await launched;
    return stopped;
  }
  /** A request that ends in `stopped` (or, for a run to the end, `terminated`). */
  async until(event, command, args) {
    const happened = this.event(event);
    await this.send(command, args);
    return happened;
  }
  async end() {
    this.child.kill();
  }
}

async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function withAdapter(work) {
  const adapter = new Adapter();
  try {
    await adapter.initialise();
    return await work(adapter);
  } finally {
    await adapter.end();
  }
}

async function launching(runs) {
  const times = [];
  for (let i = 0; i < runs; i++)
    times.push(await withAdapter((adapter) => timed(() => adapter.launch(sample('heartbeat.O0')))));
  return median(times);
}

/** → ms of a step, asked for one by one */
async function stepping(program, steps) {
  return withAdapter(async (adapter) => {
    const { threadId } = await adapter.launch(program);
    const step = () => adapter.until('stopped', 'stepIn', { threadId, granularity: 'instruction' });
    for (let i = 0; i < 200; i++) await step();
    return (
      (await timed(async () => {
        for (let i = 0; i < steps; i++) await step();
      })) / steps
    );
  });
}

/** → µs of a breakpoint that is hit and not taken */
async function conditionalBreakpoint(program, address, hits) {
  return withAdapter(async (adapter) => {
    const breakpoints = [{ instructionReference: address, condition: '$rcx == 0x123456789' }];
    const { threadId } = await adapter.launch(program, {}, () =>
      adapter.send('setInstructionBreakpoints', { breakpoints }),
    );
    return ((await timed(() => adapter.until('terminated', 'continue', { threadId }))) * 1000) / hits;
  });
}

/** → instructions a second while eight bytes are watched that do not change */
async function watching(program, instructions, address) {
  return withAdapter(async (adapter) => {
    const { threadId } = await adapter.launch(program);
    const { dataId } = await adapter.send('dataBreakpointInfo', { name: address, asAddress: true, bytes: 8 });
    await adapter.send('setDataBreakpoints', { breakpoints: [{ dataId, accessType: 'write' }] });
    return (instructions / (await timed(() => adapter.until('terminated', 'continue', { threadId })))) * 1000;
  });
}

/** Lists of a program with 10,000 bounds tables. */
async function lists(runs) {
  return withAdapter(async (adapter) => {
    const functions = () => adapter.send('setFunctionBreakpoints', { breakpoints: [{ name: 'printf' }] });
    const { threadId } = await adapter.launch(sample('table-storm.O0'), { args: ['10000'] }, functions);
    await adapter.until('stopped', 'continue', { threadId });
    const rss = Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${adapter.child.pid}/status`, 'utf8'))[1]) / 1024;
    const { total } = await adapter.send('mpx/tables', { start: 0, count: 1 });
    const page = async (i) => timed(() => adapter.send('mpx/tables', { start: (i * 100) % total, count: 100 }));
    const pages = [];
    for (let i = 0; i < 20 * runs; i++) pages.push(await page(i));
    const { stackFrames } = await adapter.send('stackTrace', { threadId });
    const { scopes } = await adapter.send('scopes', { frameId: stackFrames[0].id });
    const directory = scopes.find(({ name }) => name === 'Bounds Directory');
    const variables = [];
    for (let i = 0; i < 20 * runs; i++)
      variables.push(
        await timed(() =>
          adapter.send('variables', {
            variablesReference: directory.variablesReference,
            filter: 'indexed',
            start: i * 100,
            count: 100,
          }),
        ),
      );
    const memoryReference = stackFrames[0].instructionPointerReference;
    const rows = [];
    for (let i = 0; i < 20 * runs; i++)
      rows.push(
        await timed(() =>
          adapter.send('disassemble', { memoryReference, instructionOffset: -200, instructionCount: 400 }),
        ),
      );
    return { total, rss, page: median(pages), variables: median(variables), disassemble: median(rows) };
  });
}

const megabytes = (file) => fs.statSync(path.join(root, 'dist', file)).size / 2 ** 20;

async function measureOwn({ runs, log }) {
  const rows = [];
  const add = (what, value, digits) => {
    rows.push({ what, value: round(value, digits) });
    log(`${what}: ${round(value, digits)}`);
  };
  add(
    'launch of a static program to the first stop, new adapter process that has answered initialize (ms)',
    await launching(runs),
    0,
  );
  add('one instruction step, request to stopped event (ms)', await stepping(sample('heartbeat.O0'), 2000));
  const list = await lists(runs);
  add('bounds tables of table-storm', list.total, 0);
  add('memory of the adapter with them (MiB, resident)', list.rss, 0);
  add('a page of 100 of the tables, mpx/tables (ms)', list.page);
  add('variables of the bounds directory, 100 at a time (ms)', list.variables);
  add('disassemble 400 rows (ms)', list.disassemble);
  for (const file of ['cli.js', 'worker.js', 'extension.js', 'webview.js']) add(`dist/${file} (MiB)`, megabytes(file));
  return rows;
}

module.exports = { measureOwn, stepping, conditionalBreakpoint, watching };
