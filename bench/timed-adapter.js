const { spawn } = require('node:child_process');
const path = require('node:path');

const root = path.join(__dirname, '..');

/** A client of `mpxdbg dap` in a process of its own, whose CPU time is told at the end. */
class Adapter {
  constructor() {
    const script = 'TIMEFORMAT="cpu %U %S"; time "$0" "$@"';
    this.process = spawn('bash', ['-c', script, process.execPath, path.join(root, 'dist/cli.js'), 'dap']);
    this.seq = 0;
    this.text = Buffer.alloc(0);
    this.waiting = [];
    this.seen = [];
    this.errors = '';
    this.process.stdout.on('data', (data) => this.take(data));
    this.process.stderr.on('data', (data) => (this.errors += data));
  }

  take(data) {
    this.text = Buffer.concat([this.text, data]);
    for (;;) {
      const end = this.text.indexOf('\r\n\r\n');
      const length = Number(/Content-Length: (\d+)/.exec(this.text.subarray(0, Math.max(end, 0)).toString())?.[1]);
      if (end < 0 || this.text.length < end + 4 + length) return;
      this.seen.push(JSON.parse(this.text.subarray(end + 4, end + 4 + length).toString()));
      this.text = this.text.subarray(end + 4 + length);
      this.wake();
    }
  }

  wake() {
    this.waiting = this.waiting.filter(({ matches, done }) => {
      const index = this.seen.findIndex(matches);
      if (index < 0) return true;
      done(this.seen.splice(index, 1)[0]);
      return false;
    });
  }

  wait(matches) {
    return new Promise((done) => {
      this.waiting.push({ matches, done });
      this.wake();
    });
  }

  async request(command, args) {
    const seq = ++this.seq;
    const body = JSON.stringify({ seq, type: 'request', command, arguments: args });
    this.process.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    const response = await this.wait((one) => one.type === 'response' && one.request_seq === seq);
    if (!response.success) throw new Error(`${command}: ${response.message}`);
    return response.body;
  }

  event(...names) {
    return this.wait((one) => one.type === 'event' && names.includes(one.event));
  }

  async launch(program, more, configure = async () => {}) {
    await this.request('initialize', { adapterID: 'mpx' });
    await this.request('launch', { program, ...more });
    await configure();
    await this.request('configurationDone');
  }

  /** Ends the process. → CPU seconds it took */
  async end() {
    const over = new Promise((done) => this.process.on('close', done));
    await this.request('disconnect');
    await over;
    const times = /cpu ([\d.]+) ([\d.]+)\s*$/.exec(this.errors);
    if (!times) throw new Error(this.errors);
    return Number(times[1]) + Number(times[2]);
  }
}

module.exports = { Adapter };
