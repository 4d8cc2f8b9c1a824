// Measures how long a big program takes to be ready: a static one with more than 100 MiB of debug information, made here of one object file that
// is linked many times under other names. Told is the CPU time of the adapter, start-up included: until `launch` is answered, the first line
// breakpoint is bound, and the program is stopped at it with its call stack and variables shown.
//   node bench/symbols.js [--runs N] [--copies N]
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Adapter } = require('./timed-adapter.js');

const option = (name, otherwise) => Number(process.argv[process.argv.indexOf(name) + 1]) || otherwise;
const runs = option('--runs', 3);
const copies = option('--copies', 200);
const FUNCTIONS = 1200;
const MIB = 1 << 20;
/** USER_HZ of Linux. */
const TICKS_PER_SECOND = 100;

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** A unit with many functions, each with a type, locals and a block of its own. */
function unitText() {
  const functions = Array.from(
    { length: FUNCTIONS },
    (_, i) => `
struct record_${i} { int first_${i}; long second_${i}[${(i % 7) + 1}]; struct record_${i} *next_${i}; };
int work_${i}(struct record_${i} *record, int argument_${i})
{
  int local_${i} = argument_${i} * ${i};
  for (int index_${i} = 0; index_${i} < argument_${i}; index_${i}++) {
    long inner_${i} = record ? record->second_${i}[0] : ${i};
    local_${i} += (int)inner_${i} ^ index_${i};
  }
  return local_${i};
}
`,
  );
  return functions.join('');
}

const MAIN = `
struct pair { int left, right; };
int copy0_work_7(void *, int);
int main(void)
{
  struct pair pair = { 3, 4 };
  int found = copy0_work_7(0, 5); /* BREAK */
  return found + pair.left == 0;
}
`;

/** Builds the program. → its file and that of the source of `main` */
function build(folder) {
  const file = (name) => path.join(folder, name);
  const run = (tool, ...args) => execFileSync(tool, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  fs.writeFileSync(file('unit.c'), unitText());
  fs.writeFileSync(file('main.c'), MAIN);
  run('gcc', '-g', '-O1', '-fno-pie', '-c', 'unit.c');
  run('gcc', '-g', '-O0', '-fno-pie', '-c', 'main.c');
  const objects = Array.from({ length: copies }, (_, i) => `copy${i}.o`);
  objects.forEach((object, i) => {
    run('objcopy', `--prefix-symbols=copy${i}_`, 'unit.o', object);
  });
  run('gcc', '-static', '-no-pie', 'main.o', ...objects, '-o', 'big');
  for (const object of objects) fs.unlinkSync(file(object));
  return { program: file('big'), source: file('main.c') };
}

/** CPU seconds that the adapter has taken: it is the child of the shell that times it. */
function cpuSeconds(adapter) {
  const shell = adapter.process.pid;
  const child = fs.readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8').trim();
  const fields = fs
    .readFileSync(`/proc/${child}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function measure({ program, source }) {
  const adapter = new Adapter();
  await adapter.request('initialize', { adapterID: 'mpx' });
  const seconds = () => cpuSeconds(adapter);
  const started = seconds();
  await adapter.request('launch', { program, timeTravel: { enabled: false } });
  const launched = seconds();
  const line = MAIN.split('\n').findIndex((text) => text.includes('BREAK')) + 1;
  const { breakpoints } = await adapter.request('setBreakpoints', {
    source: { path: source },
    breakpoints: [{ line }],
  });
  if (!breakpoints[0].verified) throw new Error(breakpoints[0].message);
  const bound = seconds();
  await adapter.request('configurationDone');
  const { body } = await adapter.event('stopped');
  const { stackFrames } = await adapter.request('stackTrace', { threadId: body.threadId });
  const { scopes } = await adapter.request('scopes', { frameId: stackFrames[0].id });
  await adapter.request('variables', { variablesReference: scopes[0].variablesReference });
  const shown = seconds();
  await adapter.request('evaluate', { expression: 'sizeof(struct record_1199)', frameId: stackFrames[0].id });
  const indexed = seconds() - shown;
  await adapter.end();
  return { started, launched, bound, shown, indexed };
}

async function main() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-bench-'));
  try {
    const built = build(folder);
    console.log(`${(fs.statSync(built.program).size / MIB).toFixed(0)} MiB, ${copies} units of ${FUNCTIONS} functions`);
    const results = [];
    for (let i = 0; i < runs; i++) results.push(await measure(built));
    const show = (what, name) => console.log(`${what}: ${median(results.map((one) => one[name])).toFixed(2)} s`);
    show('started, nothing launched', 'started');
    show('launch answered', 'launched');
    show('first line breakpoint bound', 'bound');
    show('stopped there, with stack and variables', 'shown');
    show('then: a type looked up by name for the first time', 'indexed');
  } finally {
    if (!process.env.KEEP) fs.rmSync(folder, { recursive: true, force: true });
  }
}

main();
