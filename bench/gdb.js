// gdb with QEMU's stub beside our debugger: single steps, a conditional breakpoint that is not taken, a watched variable.
const { spawn, spawnSync, execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { stepping, conditionalBreakpoint, watching } = require('./adapter');
const { build, hasCommand, round } = require('./measure');

const LOOP = 4;

/** Seconds that gdb's `commands` take, by its own clock, connected to a program under QEMU. */
function gdbSeconds(program, commands) {
  const socket = `${program}.gdb`;
  const qemu = spawn('qemu-x86_64', ['-g', socket, program], { stdio: 'ignore' });
  try {
    const lines = [
      'set pagination off',
      'set confirm off',
      `python\nimport os, time\nwhile not os.path.exists("${socket}"): time.sleep(0.01)\nend`,
      `target remote ${socket}`,
      'break *here',
      'continue',
      'delete',
      'python start = time.monotonic()',
      ...commands,
      'python print("seconds", time.monotonic() - start)',
      'kill',
    ];
    const script = `${program}.gdbscript`;
    fs.writeFileSync(script, `${lines.join('\n')}\n`);
    const { stdout, stderr } = spawnSync('gdb', ['-q', '-nx', '-batch', '-x', script, program], {
      encoding: 'utf8',
      timeout: 300_000,
    });
    const seconds = /seconds ([\d.]+)/.exec(stdout);
    if (!seconds) throw new Error(`gdb did not finish: ${stdout.slice(-300)} ${stderr.slice(-300)}`);
    return Number(seconds[1]);
  } finally {
    qemu.kill('SIGKILL');
  }
}

function addressOf(program, name) {
  const line = execFileSync('nm', [program], { encoding: 'utf8' })
    .split('\n')
    .find((one) => one.endsWith(` ${name}`));
  return `0x${line.split(' ')[0].replace(/^0+/, '')}`;
}

async function measureGdb({ folder, log }) {
  if (!hasCommand('gdb') || !hasCommand('qemu-x86_64')) {
    log('SKIPPED gdb: no gdb or qemu-x86_64 here');
    return [];
  }
  const program = (iterations) => build('hits.S', path.join(folder, `hits-${iterations}`), { NITER: iterations });
  const [few, many] = [program(100_000_000), program(1_000_000)];
  const rows = [];
  const add = (what, peer, own, ratio) => {
    rows.push({ what, 'gdb + QEMU stub': round(peer, 1), ours: round(own, 1), ratio: round(ratio, 1) });
    log(JSON.stringify(rows[rows.length - 1]));
  };

  const steps = 2000;
  const peerSteps =
    steps / gdbSeconds(few, [`python\nfor i in range(${steps}): gdb.execute("stepi", to_string=True)\nend`]);
  const ownSteps = 1000 / (await stepping(few, 5000));
  add('single steps one by one (a second)', peerSteps, ownSteps, ownSteps / peerSteps);

  const hits = 10_000;
  const peerHit = (gdbSeconds(program(hits), ['break *here if $rcx == 0x123456789', 'continue']) * 1e6) / hits;
  const ownHit = await conditionalBreakpoint(many, addressOf(many, 'here'), 1_000_000);
  add('conditional breakpoint, not taken (µs a hit)', peerHit, ownHit, peerHit / ownHit);

  const turns = 2000;
  const peerWatch =
    (turns * LOOP) /
    gdbSeconds(program(turns), ['set can-use-hw-watchpoints 0', 'watch *(long *)&watched', 'continue']);
  const ownWatch = await watching(few, 100_000_000 * LOOP, addressOf(few, 'watched'));
  add('software watchpoint (thousand instructions a second)', peerWatch / 1000, ownWatch / 1000, ownWatch / peerWatch);
  return rows;
}

module.exports = { measureGdb };
