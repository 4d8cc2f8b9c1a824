// What a BNDSTX and BNDLDX of one pointer cost, in instructions of QEMU's plain integer loop (program a).
const path = require('node:path');
const { build, interleaved, ours, qemu, round } = require('./measure');

const PAIRS = 300_000_000;
const LOOPS = 200_000_000;
const LOOP_INSTRUCTIONS = 18;

function measurePairs({ runs, folder }) {
  const make = (name, file, definitions) => build(file, path.join(folder, name), definitions);
  const enabled = (program) => ours([program], ['--auto-enable']);
  const { seconds } = interleaved(
    {
      pairs: enabled(make('pairs', 'pairs.S', { NITER: PAIRS * 2 })),
      fewer: enabled(make('pairs-fewer', 'pairs.S', { NITER: PAIRS })),
      plain: enabled(make('plain', 'pairs.S', { NITER: PAIRS * 2, PLAIN: 1 })),
      plainFewer: enabled(make('plain-fewer', 'pairs.S', { NITER: PAIRS, PLAIN: 1 })),
      qemu: qemu([make('loop', 'a.S', { NITER: LOOPS })]),
      qemuFewer: qemu([make('loop-fewer', 'a.S', { NITER: LOOPS / 2 })]),
    },
    runs,
  );
  const pair = (seconds.pairs - seconds.fewer - (seconds.plain - seconds.plainFewer)) / PAIRS;
  const instruction = (seconds.qemu - seconds.qemuFewer) / ((LOOPS / 2) * LOOP_INSTRUCTIONS);
  return [
    { what: 'BNDSTX + BNDLDX of one pointer (ns)', value: round(pair * 1e9) },
    { what: "the same in instructions of QEMU's integer loop", value: round(pair / instruction, 1) },
  ];
}

module.exports = { measurePairs };
