// Measures the engine beside qemu-x86_64 (Debian's qemu-user), interleaved, as CPU time of whole processes (start-up
// included). Prints a table; the ratio is ours to QEMU's, so 1.0 means equally fast.
//   node bench/run.js [--runs N]
const { spawnSync, execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const root = path.join(__dirname, '..');
const runs = Number(process.argv[process.argv.indexOf('--runs') + 1]) || 3;

/** What each program is, its file, and how many iterations keep QEMU busy for half a second to a few seconds. */
const programs = [
  { name: 'a', what: 'ALU and memory loop', file: 'a.S', iterations: 100_000_000 },
  { name: 'b', what: 'CRC32', file: 'b.c', iterations: 50_000 },
  { name: 'c', what: 'MPX checks', file: 'c.S', iterations: 50_000 },
  { name: 'd', what: 'recursive calls (fib)', file: 'd.c', iterations: 38 },
  { name: 'e', what: 'mixed gcc -O2 code', file: 'e.c', iterations: 80 },
  { name: 'compress', what: 'LZ77 both ways', file: 'compress.c', iterations: 1500 },
  { name: 'float', what: 'doubles', file: 'float.c', iterations: 1500 },
  { name: 'interpreter', what: 'jump table', file: 'interpreter.c', iterations: 15_000 },
  { name: 'kernels', what: 'lists, matrices, states', file: 'kernels.c', iterations: 600_000 },
  { name: 'memory', what: 'copies and searches', file: 'memory.c', iterations: 60_000 },
  { name: 'quicksort', what: 'calls through pointers', file: 'quicksort.c', iterations: 2500 },
  { name: 'sha256', what: 'SHA-256', file: 'sha256.c', iterations: 25_000 },
];
const compilerFlags = [
  '-O2',
  '-static',
  '-nostdlib',
  '-fno-pie',
  '-no-pie',
  '-fno-stack-protector',
  '-fno-tree-loop-distribute-patterns',
];

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** Runs a command and returns its CPU seconds (user and system, children included) and exit status. */
function cpuSeconds(command, args) {
  const script = 'TIMEFORMAT="cpu %U %S"; time "$0" "$@"';
  const result = spawnSync('bash', ['-c', script, command, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const times = /cpu ([\d.]+) ([\d.]+)\s*$/.exec(result.stderr);
  if (!times) throw new Error(`cannot time ${command}: ${result.stderr}`);
  return { seconds: Number(times[1]) + Number(times[2]), status: result.status };
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-bench-'));
try {
  const rows = [];
  for (const program of programs) {
    const binary = path.join(folder, program.name);
    const report = path.join(folder, `${program.name}.json`);
    execFileSync(
      'gcc',
      [...compilerFlags, `-DNITER=${program.iterations}`, '-o', binary, path.join(__dirname, 'programs', program.file)],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    const ours = [];
    const qemu = [];
    let status = [];
    for (let run = 0; run < runs; run++) {
      const q = cpuSeconds('qemu-x86_64', ['-cpu', 'max', binary]);
      const o = cpuSeconds(process.execPath, [
        path.join(root, 'dist/cli.js'),
        'run',
        '--quiet',
        '--json',
        report,
        binary,
      ]);
      qemu.push(q.seconds);
      ours.push(o.seconds);
      status = [q.status, o.status];
    }
    if (status[0] !== status[1]) throw new Error(`${program.name}: exit status ${status[1]}, under QEMU ${status[0]}`);
    const { instructions } = JSON.parse(fs.readFileSync(report, 'utf8'));
    const mips = (seconds) => instructions / seconds / 1e6;
    rows.push({
      program: `${program.name} ${program.what}`,
      'instructions (M)': Math.round(instructions / 1e6),
      'QEMU MIPS': Math.round(mips(median(qemu))),
      'our MIPS': Math.round(mips(median(ours))),
      ratio: Number((median(qemu) / median(ours)).toFixed(2)),
    });
  }
  console.log(
    `CPU: ${os.cpus()[0].model}, Node ${process.version}, ${execFileSync('qemu-x86_64', ['--version'], { encoding: 'utf8' }).split('\n')[0]}; medians of ${runs}`,
  );
  console.table(rows);
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
