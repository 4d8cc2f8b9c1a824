// The page docs/BENCHMARKS.md.

function table(rows) {
  if (!rows.length) return 'Not measured: a tool was missing.';
  const names = Object.keys(rows[0]);
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(names), line(names.map(() => '---')), ...rows.map((row) => line(names.map((name) => row[name])))].join(
    '\n',
  );
}

/** `about`: the machine, versions, load and number of runs. */
function page(about, { programs, mpx, gdb, own }) {
  return `# Benchmarks

Written by \`npm run bench\`; what the figures mean and how the engine works is in [PERFORMANCE.md](PERFORMANCE.md).

Machine: ${about.machine}; load average at the start ${about.load}. ${about.versions.join('; ')}. Medians of ${about.runs} run${about.runs > 1 ? 's' : ''},
ours and the peer's in turns.

## Programs beside QEMU

CPU time of whole processes, in seconds. *Whole run* is QEMU's time by ours for the long run, our start and all translation included. *Steady state* is the same of
what the long run takes more than a short one. Above 1 is faster than QEMU.

${table(programs.rows)}

Geometric mean of steady state over the integer and floating-point programs (without c and lua): **${programs.mean}**.

## MPX

${table(mpx)}

## Beside gdb with QEMU's stub

Wall time. Every step is asked for on its own.

${table(gdb)}

## Our own

${table(own)}
`;
}

module.exports = { page };
