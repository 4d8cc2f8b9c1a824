// Measures the engine beside qemu-x86_64 and gdb, and the debugger's own latencies. Prints tables; a full run writes docs/BENCHMARKS.md.
//   node bench/run.js [--runs N | --quick] [--only NAME…]     (names: programs, or mpx, gdb, own)
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { measureOwn } = require('./adapter');
const { measureGdb } = require('./gdb');
const { root } = require('./measure');
const { measurePairs } = require('./mpx');
const { measurePrograms } = require('./programs');
const { page } = require('./report');

const { argv } = process;
const runs = argv.includes('--quick') ? 1 : Number(argv[argv.indexOf('--runs') + 1]) || 5;
const only = argv.includes('--only') ? argv.slice(argv.indexOf('--only') + 1) : undefined;
const wants = (part) => !only || only.includes(part);
const log = (line) => process.stderr.write(`${line}\n`);

const firstLine = (command, ...args) => execFileSync(command, args, { encoding: 'utf8' }).split('\n')[0];

async function main() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-bench-'));
  try {
    const about = {
      machine: `${os.cpus()[0].model}, ${os.cpus().length} cores`,
      versions: [`Node ${process.version}`, firstLine('qemu-x86_64', '--version'), firstLine('gcc', '--version')],
      load: os.loadavg()[0].toFixed(1),
      runs,
    };
    const options = { runs, only, folder, log };
    const programs = measurePrograms(options);
    const mpx = wants('mpx') ? measurePairs(options) : [];
    const gdb = wants('gdb') ? await measureGdb(options) : [];
    const own = wants('own') ? await measureOwn(options) : [];
    for (const table of [programs.rows, mpx, gdb, own]) if (table.length) console.table(table);
    console.log(`Geometric mean of steady state over integer and floating-point programs: ${programs.mean}`);
    if (!only) fs.writeFileSync(path.join(root, 'docs/BENCHMARKS.md'), page(about, { programs, mpx, gdb, own }));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

main();
