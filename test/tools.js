// The tools that the tests need and npm does not carry: found, or installed from Debian's packages where that is possible.
const { spawnSync } = require('node:child_process');

/** Program → Debian package and what it is for. */
const NEEDED = {
  gcc: ['gcc libc6-dev', 'builds test programs and the samples'],
  as: ['binutils', 'assembles test programs'],
  readelf: ['binutils', 'judges the ELF and DWARF readers'],
  'gcc -m32': ['gcc-multilib', 'builds 32-bit test programs'],
  'musl-gcc': ['musl-tools', 'links the samples'],
  'g++': ['g++', 'builds C++ test programs'],
  clang: ['clang', 'builds test programs with other debug information'],
  dwz: ['dwz', 'moves debug information into files of its own'],
  gdb: ['gdb', 'judges call frames and variables'],
  chromium: ['chromium', 'shows the panel and VS Code'],
};

/** What shows that a tool is there, if not a program of its name. */
const PROBES = { 'gcc -m32': "echo 'int main(void) { return 0; }' | gcc -m32 -static -xc -o /dev/null -" };

const present = (program) =>
  spawnSync('sh', ['-c', PROBES[program] ?? `command -v ${program}`], { stdio: 'ignore' }).status === 0;

/** Installs what is missing if this is a Debian machine and we may; returns what is still missing, as sentences. */
function ensureTools() {
  let missing = Object.keys(NEEDED).filter((program) => !present(program));
  if (missing.length && process.getuid?.() === 0 && present('apt-get')) {
    const packages = [...new Set(missing.flatMap((program) => NEEDED[program][0].split(' ')))];
    console.log(`Installing ${packages.join(', ')} …`);
    const apt = (...args) =>
      spawnSync('apt-get', args, {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      });
    apt('update', '-q');
    apt('install', '-y', '-q', '--no-install-recommends', ...packages);
    missing = missing.filter((program) => !present(program));
  }
  return missing.map(
    (program) => `${program} is missing (${NEEDED[program][1]}): install the package ${NEEDED[program][0]}.`,
  );
}

module.exports = { ensureTools };
