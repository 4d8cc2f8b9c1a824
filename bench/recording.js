// Measures what recording costs: the same program run through the debug adapter with `timeTravel.enabled` off and on, interleaved, as CPU
// time of whole processes; then going back: an instruction back, and back over the whole run. gdb's `record full` runs the same programs
// natively, for as many instructions as it does in about ten seconds.
//   node bench/recording.js [--runs N]
const { spawnSync, execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { build, cli, median } = require('./measure');
const { Adapter } = require('./timed-adapter.js');

const runs = Number(process.argv[process.argv.indexOf('--runs') + 1]) || 3;
/** Iterations make runs of a few hundred million instructions. */
const programs = [
  { name: 'a', what: 'ALU and memory loop', file: 'a.S', iterations: 60_000_000 },
  { name: 'c', what: 'MPX checks', file: 'c.S', iterations: 30_000 },
  { name: 'd', what: 'recursive calls (fib)', file: 'd.c', iterations: 36 },
  { name: 'compress', what: 'LZ77 both ways', file: 'compress.c', iterations: 800 },
  { name: 'memory', what: 'copies and searches', file: 'memory.c', iterations: 30_000 },
  { name: 'quicksort', what: 'calls through pointers', file: 'quicksort.c', iterations: 1200 },
];
const GDB_INSTRUCTIONS = 50_000;

async function runThrough(program, enabled) {
  const adapter = new Adapter();
  await adapter.launch(program, { timeTravel: { enabled } });
  await adapter.event('terminated');
  return adapter.end();
}

/** Seconds for an instruction back and for the way back to the beginning, from the program's exit. */
async function goBack(program) {
  const adapter = new Adapter();
  await adapter.launch(program, {}, () =>
    adapter.request('setInstructionBreakpoints', { breakpoints: [{ instructionReference: exitAddress(program) }] }),
  );
  const { body } = await adapter.event('stopped');
  const timed = async (command, args = {}) => {
    const start = performance.now();
    await adapter.request(command, { threadId: body.threadId, ...args });
    await adapter.event('stopped');
    return (performance.now() - start) / 1000;
  };
  const steps = [];
  for (let i = 0; i < 10; i++) steps.push(await timed('stepBack', { granularity: 'instruction' }));
  await adapter.request('setInstructionBreakpoints', { breakpoints: [] });
  const back = await timed('reverseContinue');
  await adapter.end();
  return { first: steps[0], next: median(steps.slice(1)), back };
}

/** Address of the `syscall` that ends the program: the last one. */
function exitAddress(program) {
  const text = execFileSync('objdump', ['-d', program], { encoding: 'utf8' });
  const found = [...text.matchAll(/^\s*([0-9a-f]+):.*\tsyscall/gm)];
  return `0x${found.at(-1)[1]}`;
}

/** Instructions a second that gdb records, and seconds for its way back over them; undefined if it cannot. */
function gdbRecord(program) {
  const script = [
    'set pagination off',
    'set confirm off',
    `set record full insn-number-max ${GDB_INSTRUCTIONS * 2}`,
    'starti',
    'record full',
    'python import time; t = time.time()',
    `stepi ${GDB_INSTRUCTIONS}`,
    'python print("recorded", time.time() - t)',
    'python t = time.time()',
    'reverse-continue',
    'python print("back", time.time() - t)',
    'kill',
  ];
  const result = spawnSync('gdb', ['-nx', '-batch', ...script.flatMap((line) => ['-ex', line]), program], {
    encoding: 'utf8',
    timeout: 300_000,
  });
  const recorded = Number(/recorded ([\d.]+)/.exec(result.stdout)?.[1]);
  const back = Number(/back ([\d.]+)/.exec(result.stdout)?.[1]);
  return recorded && back ? { recorded: GDB_INSTRUCTIONS / recorded, back: GDB_INSTRUCTIONS / back } : undefined;
}

async function main() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-recording-'));
  const rows = [];
  try {
    for (const { name, what, file, iterations } of programs) {
      const program = build(file, path.join(folder, name), { NITER: iterations });
      const report = path.join(folder, 'report.json');
      spawnSync(process.execPath, [cli, 'run', '--quiet', '--json', report, program]);
      const { instructions } = JSON.parse(fs.readFileSync(report, 'utf8'));
      const plain = [];
      const recorded = [];
      for (let run = 0; run < runs; run++) {
        plain.push(await runThrough(program, false));
        recorded.push(await runThrough(program, true));
      }
      const back = await goBack(program);
      const gdb = gdbRecord(program);
      const rate = instructions / median(recorded);
      rows.push({
        program: `${name} ${what}`,
        'instructions (M)': Math.round(instructions / 1e6),
        'cost of recording': `${Math.round((median(recorded) / median(plain) - 1) * 100)} %`,
        'first step back (ms)': Math.round(back.first * 1000),
        'step back (ms)': Math.round(back.next * 1000),
        'back to the start (s)': Number(back.back.toFixed(2)),
        'recording, × gdb': gdb && Math.round(rate / gdb.recorded),
        'back, × gdb': gdb && Math.round(instructions / back.back / gdb.back),
      });
    }
    console.log(`CPU: ${os.cpus()[0].model}, Node ${process.version}; medians of ${runs}`);
    console.table(rows);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

main();
