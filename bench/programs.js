// Programs beside qemu-x86_64. Each runs with two numbers of iterations: the difference is steady state, without the start of either side and
// without most of what translating costs; the long run as a whole is what a user waits for.
const path = require('node:path');
const { build, hasCommand, interleaved, ours, qemu, round } = require('./measure');

/** Iterations keep QEMU busy for tenths of a second, and for a few seconds. */
const PROGRAMS = [
  { name: 'a', what: 'ALU and memory loop', file: 'a.S', iterations: [100_000_000, 500_000_000] },
  { name: 'b', what: 'CRC32', file: 'b.c', iterations: [40_000, 200_000] },
  { name: 'c', what: 'MPX checks', file: 'c.S', iterations: [50_000, 250_000] },
  { name: 'd', what: 'recursive calls (fib)', file: 'd.c', iterations: [38, 41] },
  { name: 'e', what: 'mixed gcc -O2 code', file: 'e.c', iterations: [50, 250] },
  { name: 'compress', what: 'LZ77 both ways', file: 'compress.c', iterations: [500, 2500] },
  { name: 'float', what: 'doubles', file: 'float.c', iterations: [500, 2500] },
  { name: 'interpreter', what: 'jump table', file: 'interpreter.c', iterations: [6000, 30_000] },
  { name: 'kernels', what: 'lists, matrices, states', file: 'kernels.c', iterations: [200_000, 1_000_000] },
  { name: 'memory', what: 'copies and searches', file: 'memory.c', iterations: [20_000, 100_000] },
  { name: 'quicksort', what: 'calls through pointers', file: 'quicksort.c', iterations: [1000, 5000] },
  { name: 'sha256', what: 'SHA-256', file: 'sha256.c', iterations: [9000, 45_000] },
  { name: 'lua', what: "Debian's lua5.4, dynamic", script: 'big.lua', command: 'lua5.4', iterations: [10, 50] },
];
/** Not part of the mean over integer and floating-point programs. */
const OUTSIDE_MEAN = new Set(['c', 'lua']);

function commandOf(program, iterations, folder) {
  if (program.command)
    return [`/usr/bin/${program.command}`, path.join(__dirname, 'programs', program.script), String(iterations)];
  return [build(program.file, path.join(folder, `${program.name}-${iterations}`), { NITER: iterations })];
}

function measureProgram(program, runs, folder) {
  const [short, long] = program.iterations.map((iterations) => commandOf(program, iterations, folder));
  const commands = { qemuShort: qemu(short), oursShort: ours(short), qemuLong: qemu(long), oursLong: ours(long) };
  const { seconds, statuses } = interleaved(commands, runs);
  if (statuses.qemuLong !== statuses.oursLong)
    throw new Error(`${program.name}: exit status ${statuses.oursLong}, under QEMU ${statuses.qemuLong}`);
  const steady = (seconds.qemuLong - seconds.qemuShort) / (seconds.oursLong - seconds.oursShort);
  return {
    program: `${program.name}: ${program.what}`,
    'QEMU (s)': round(seconds.qemuLong),
    'ours (s)': round(seconds.oursLong),
    'whole run': round(seconds.qemuLong / seconds.oursLong),
    'steady state': round(steady),
  };
}

/** → rows, and the geometric mean over the programs that count for it */
function measurePrograms({ runs, only, folder, log }) {
  const rows = [];
  const steady = [];
  for (const program of PROGRAMS) {
    if (only && !only.includes(program.name)) continue;
    if (program.command && !hasCommand(program.command)) {
      log(`SKIPPED ${program.name}: no ${program.command} here`);
      continue;
    }
    const row = measureProgram(program, runs, folder);
    rows.push(row);
    log(JSON.stringify(row));
    if (!OUTSIDE_MEAN.has(program.name)) steady.push(row['steady state']);
  }
  const mean = Math.exp(steady.reduce((sum, ratio) => sum + Math.log(ratio), 0) / steady.length);
  return { rows, mean: round(mean) };
}

module.exports = { measurePrograms };
