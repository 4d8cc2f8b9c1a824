import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Ajv from 'ajv';

/** What the tests look at in a report. */
interface Report {
  exit: { code?: number; signal?: number };
  ended: string;
  instructions: number;
  memoryHash: string;
  memoryLimitReached: boolean;
  mpx: {
    violations: {
      pc: string;
      symbol: string;
      location: string;
      instruction: string;
      register: string;
      lower: string;
      upper: string;
      address: string;
      kind: string;
      overshoot: string;
      reported: { code: number; address: string } | null;
    }[];
    tables: Record<'allocated' | 'freed' | 'zapped' | 'live' | 'leaked', number>;
  };
  unimplemented: { kind: string; mnemonic?: string; model?: string; bytes?: string; number?: number }[];
}

describe('mpxdbg run', function () {
  this.timeout(120_000);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-cli-'));
  const cli = path.join(folder, 'dist/cli.js');
  const sample = (name: string) => path.join(PROJECT_ROOT, 'samples/bin', name);
  const schema = new Ajv().compile(
    JSON.parse(fs.readFileSync(path.join(PROJECT_ROOT, 'docs/report.schema.json'), 'utf8')),
  );

  before(() => {
    // The real bundle, as it ships.
    execFileSync(process.execPath, [path.join(PROJECT_ROOT, 'esbuild.js'), '--out', path.dirname(cli), '--cli']);
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  function run(...words: string[]): { status: number | null; stdout: string; stderr: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'run', ...words], {
      encoding: 'latin1',
      input: '',
    });
    return { status, stdout, stderr };
  }

  function report(...words: string[]): Report & { status: number | null; stdout: string } {
    const json = path.join(folder, 'report.json');
    fs.rmSync(json, { force: true });
    const { status, stdout, stderr } = run('--quiet', '--json', json, ...words);
    assert.ok(fs.existsSync(json), `no report was written: ${stderr}`);
    const data = JSON.parse(fs.readFileSync(json, 'utf8')) as Report;
    assert.ok(schema(data), JSON.stringify(schema.errors));
    return { ...data, status, stdout };
  }

  function assemble(name: string, source: string): string {
    const program = path.join(folder, name);
    fs.writeFileSync(`${program}.s`, source);
    execFileSync('gcc', ['-nostdlib', '-static', '-o', program, `${program}.s`]);
    return program;
  }

  it('reports the violation of heap-overflow where it is, and lets the program write its output', () => {
    const { stdout, status, exit, mpx } = report(sample('heap-overflow.O0'));
    assert.deepEqual([stdout, status, exit], ['abcdefghij\n', 0, { code: 0 }]);
    assert.equal(mpx.violations.length, 1);
    const [violation] = mpx.violations;
    const source = fs.readFileSync(path.join(PROJECT_ROOT, 'samples/heap-overflow.c'), 'utf8').split('\n');
    assert.equal(violation.location, `heap-overflow.c:${source.findIndex((line) => line.includes('BREAK:')) + 1}`);
    assert.match(violation.symbol, /^fill\+0x/);
    assert.deepEqual([violation.kind, violation.register, violation.overshoot], ['upper', 'bnd0', '0x1']);
    assert.equal(BigInt(violation.upper) - BigInt(violation.lower), 9n);
    assert.equal(BigInt(violation.address), BigInt(violation.upper) + 1n);
    assert.deepEqual(violation.reported && [violation.reported.code, violation.reported.address], [
      3,
      violation.address,
    ]);
  });

  it('counts the tables of table-storm: one an area, half of them freed', () => {
    const { mpx, stdout } = report(sample('table-storm.O2'));
    assert.equal(stdout, '64 areas, 256\n');
    assert.deepEqual(mpx.tables, { allocated: 64, freed: 32, zapped: 0, live: 32, leaked: 0 });
  });

  it('gives the same instructions and memory for the same seed, and another layout for another', () => {
    const [first, second, other] = ['1', '1', '2'].map((seed) => report('--seed', seed, sample('linked-list.O2')));
    assert.deepEqual([first.instructions, first.memoryHash], [second.instructions, second.memoryHash]);
    assert.notEqual(first.memoryHash, other.memoryHash);
    assert.notEqual(first.mpx.violations[0].address, other.mpx.violations[0].address);
  });

  it('ends with 125 after exactly as many instructions as --max-instructions says', () => {
    for (const limit of [0, 1, 5000]) {
      const { status, instructions, ended } = report('--max-instructions', String(limit), sample('linked-list.O0'));
      assert.deepEqual([status, instructions, ended], [125, limit, 'max-instructions']);
    }
  });

  it('ends with 99 at the first violation with --stop-on-violation', () => {
    const { status, mpx, stdout } = report('--stop-on-violation', sample('heap-overflow.O2'));
    assert.deepEqual([status, mpx.violations.length, stdout], [99, 1, '']);
  });

  it('ends with 128 and the signal number if a signal killed the program', () => {
    const { status, exit } = report(assemble('crash', '.globl _start\n_start: xor %eax,%eax\n mov (%rax),%rbx\n'));
    assert.deepEqual([status, exit], [139, { signal: 11 }]);
  });

  it('jumps to nowhere with the program, and says so', () => {
    const { exit } = report(assemble('nowhere', '.globl _start\n_start: mov $0x123456789000,%rax\n jmp *%rax\n'));
    assert.deepEqual(exit, { signal: 11 });
  });

  it('names an instruction and a system call that are not implemented', () => {
    const program = assemble('unknown', '.globl _start\n_start: mov $999,%eax\n syscall\n vaddps %ymm0,%ymm0,%ymm0\n');
    const { unimplemented, exit } = report(program);
    assert.deepEqual(exit, { signal: 4 });
    assert.ok(unimplemented.some((item) => item.kind === 'syscall' && item.number === 999));
    const insn = unimplemented.find((item) => item.kind === 'instruction');
    assert.deepEqual([insn?.mnemonic?.toLowerCase(), insn?.bytes, insn?.model], ['vaddps', 'c5 fc 58 c0', 'skylake']);
  });

  it('says that the program wanted more memory than it may have', () => {
    const program = assemble(
      'greedy',
      '.globl _start\n_start: mov $9,%eax\n xor %edi,%edi\n mov $0x60000000,%esi\n mov $3,%edx\n mov $0x4022,%r10d\n mov $-1,%r8\n xor %r9d,%r9d\n syscall\n lea (%rax,%rsi),%rcx\n1: movb $1,(%rax)\n add $4096,%rax\n cmp %rcx,%rax\n jb 1b\n mov $60,%eax\n xor %edi,%edi\n syscall\n',
    );
    const { memoryLimitReached, status } = report(program);
    assert.equal(memoryLimitReached, true);
    assert.notEqual(status, 0);
  });

  it('enables MPX for a program without a runtime with --auto-enable', () => {
    const program = assemble(
      'plain',
      '.globl _start\n_start: lea -16(%rsp),%rax\n bndmk 7(%rax),%bnd1\n bndcu 8(%rax),%bnd1\n mov $60,%eax\n xor %edi,%edi\n syscall\n',
    );
    assert.deepEqual(report(program).exit, { code: 0 }, 'without MPX the checks are NOPs');
    const { exit, mpx } = report('--auto-enable', program);
    assert.deepEqual([exit, mpx.violations.length, mpx.violations[0].register], [{ signal: 11 }, 1, 'bnd1']);
  });

  it('passes environment and arguments to the program', () => {
    const { stdout } = report('--env', 'CHKP_RT_MODE=count', sample('linked-list.O0'), '7');
    assert.equal(stdout, '7 nodes, 42\n');
  });

  it('passes standard input through, and ends', () => {
    const cat = assemble(
      'cat',
      '.globl _start\n_start: xor %eax,%eax\n xor %edi,%edi\n lea buf(%rip),%rsi\n mov $4096,%edx\n syscall\n test %eax,%eax\n jle 1f\n mov %eax,%edx\n mov $1,%eax\n mov $1,%edi\n syscall\n jmp _start\n1: mov $60,%eax\n xor %edi,%edi\n syscall\n.bss\nbuf: .skip 4096\n',
    );
    const input = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i & 255));
    const { status, stdout } = spawnSync(process.execPath, [cli, 'run', '--quiet', cat], { input });
    assert.equal(status, 0);
    assert.ok(stdout.equals(input));
  });

  const yes = () =>
    assemble(
      'yes',
      '.globl _start\n_start: mov $1,%eax\n mov $1,%edi\n lea y(%rip),%rsi\n mov $2,%edx\n syscall\n test %rax,%rax\n jns _start\n neg %eax\n mov %eax,%edi\n mov $60,%eax\n syscall\ny: .ascii "y\\n"\n',
    );

  it('kills a program with SIGPIPE when nobody reads its output any more', () => {
    const { stdout } = spawnSync(
      'bash',
      ['-c', '"$0" "$1" run --quiet "$2" | head -1; echo "$PIPESTATUS"', process.execPath, cli, yes()],
      { encoding: 'latin1' },
    );
    assert.equal(stdout, 'y\n141\n');
  });

  it('tells the program when its output has no room', () => {
    const full = fs.openSync('/dev/full', 'w');
    const { status } = spawnSync(process.execPath, [cli, 'run', '--quiet', yes()], { stdio: ['ignore', full, 'pipe'] });
    fs.closeSync(full);
    assert.equal(status, 28, 'ENOSPC');
  });

  it('does not start a program whose report has no place', () => {
    const { status, stdout, stderr } = run('--json', path.join(folder, 'no/such/folder.json'), sample('plain'));
    assert.equal(status, 126);
    assert.equal(stdout, '');
    assert.match(stderr, /^mpxdbg: The report cannot be written to .*\n$/);
  });

  it('still reports after Ctrl-C', async () => {
    const endless = assemble('endless', '.globl _start\n_start: jmp _start\n');
    const child = spawn(process.execPath, [cli, 'run', endless], { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    await new Promise((resolve) => setTimeout(resolve, 4000));
    child.kill('SIGINT');
    assert.equal(await ended, 130);
    assert.match(stderr, /interrupted/);
  });

  it('refuses what it cannot run with 126 and one sentence', () => {
    const elf = fs.readFileSync(sample('heap-overflow.O0'));
    const write = (name: string, bytes: Uint8Array | string) => {
      fs.writeFileSync(path.join(folder, name), bytes);
      return path.join(folder, name);
    };
    const patched = (at: number, value: number) => {
      const bytes = Buffer.from(elf);
      bytes[at] = value;
      return bytes;
    };
    const cases: [string, RegExp][] = [
      [path.join(folder, 'missing'), /There is no file/],
      [folder, /folder/],
      [write('text', 'hello\n'), /ELF/],
      [write('empty', ''), /ELF|empty/],
      [write('elf32', patched(4, 1)), /x32/],
      [write('arm', patched(18, 183)), /AArch64|ARM/i],
      [write('cut-header', elf.subarray(0, 40)), /truncated|cut|short|end/i],
      [write('cut', elf.subarray(0, 300)), /truncated|cut|short|end/i],
      [write('big-endian', patched(5, 2)), /endian/i],
    ];
    for (const [file, pattern] of cases) {
      const { status, stderr } = run(file);
      assert.equal(status, 126, file);
      assert.match(stderr, pattern, file);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
    }
  });

  it('refuses a wrong command line with 2', () => {
    const { status, stderr } = run('--nonsense');
    assert.equal(status, 2);
    assert.match(stderr, /--help/);
  });

  it('runs a dynamic program with the dynamic linker and libraries of this machine', function () {
    if (process.platform !== 'linux' || process.arch !== 'x64') return this.skip();
    const program = path.join(folder, 'dynamic');
    fs.writeFileSync(
      `${program}.c`,
      `#include <stdio.h>
      __thread int answer = 42;
      int main(int argc, char **argv) { printf("%s %d\\n", argv[1], answer); return 7; }`,
    );
    execFileSync('musl-gcc', ['-o', program, `${program}.c`]);
    const ended = report(program, 'hello');
    assert.equal(ended.stdout, 'hello 42\n');
    assert.equal(ended.status, 7);
    const { status, stderr } = run('--sysroot', folder, program);
    assert.equal(status, 126);
    assert.match(stderr, /dynamic linker \/lib\/ld-musl-x86_64\.so\.1 is not there; set the sysroot/);
  });

  it('assembles a source, and says what is wrong with it', () => {
    const source = path.join(folder, 'answer.s');
    fs.writeFileSync(source, '\t.globl _start\n_start:\tmov $42, %edi\n\tmov $231, %eax\n\tsyscall\n');
    assert.equal(run('--quiet', source).status, 42);
    const asm = (...words: string[]) => spawnSync(process.execPath, [cli, 'asm', ...words], { encoding: 'utf8' });
    assert.equal(asm(source).status, 0);
    assert.equal(run('--quiet', path.join(folder, 'answer')).status, 42);
    fs.writeFileSync(source, '_start:\tmovv $42, %edi\n');
    const { status, stderr } = asm(source);
    assert.equal(status, 1);
    assert.equal(stderr, `${source}:1:9: error: “movv” is not an instruction.\n`);
    assert.equal(run(source).status, 126);
  });
});
