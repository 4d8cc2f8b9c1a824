// Measuring commands: CPU time of whole processes, medians, building of programs.
const { spawnSync, execFileSync } = require('node:child_process');
const path = require('node:path');

const root = path.join(__dirname, '..');
const cli = path.join(root, 'dist/cli.js');
const compilerFlags = [
  '-g',
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

/** Builds a program without a C library; `definitions` are macros. */
function build(file, out, definitions) {
  const macros = Object.entries(definitions).map(([name, value]) => `-D${name}=${value}`);
  execFileSync('gcc', [...compilerFlags, ...macros, '-o', out, path.join(__dirname, 'programs', file)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return out;
}

/** Runs a command. → its CPU seconds (user and system, children included) and exit status */
function cpuSeconds([command, ...args]) {
  const script = 'TIMEFORMAT="cpu %U %S"; time "$0" "$@"';
  const result = spawnSync('bash', ['-c', script, command, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const times = /cpu ([\d.]+) ([\d.]+)\s*$/.exec(result.stderr);
  if (!times) throw new Error(`cannot time ${command}: ${result.stderr}`);
  return { seconds: Number(times[1]) + Number(times[2]), status: result.status };
}

const ours = (args, options = []) => [process.execPath, cli, 'run', '--quiet', ...options, ...args];
const qemu = (args) => ['qemu-x86_64', '-cpu', 'max', ...args];

/** Medians of CPU seconds of some commands (by name), run in turns so that what disturbs the machine disturbs all of them. */
function interleaved(commands, runs) {
  const names = Object.keys(commands);
  const seconds = Object.fromEntries(names.map((name) => [name, []]));
  const statuses = {};
  for (let run = 0; run < runs; run++) {
    for (const name of names) {
      const measured = cpuSeconds(commands[name]);
      seconds[name].push(measured.seconds);
      statuses[name] = measured.status;
    }
  }
  return { seconds: Object.fromEntries(names.map((name) => [name, median(seconds[name])])), statuses };
}

const hasCommand = (name) => spawnSync('bash', ['-c', `command -v ${name}`]).status === 0;
const round = (value, digits = 2) => Number(value.toFixed(digits));

module.exports = { root, cli, median, build, ours, qemu, interleaved, hasCommand, round };
