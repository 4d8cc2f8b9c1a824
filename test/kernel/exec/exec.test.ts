import assert from 'node:assert/strict';
import { ExecError, type StartOptions, startProcess } from '../../../src/kernel/exec.ts';
import { mapsText } from '../../../src/kernel/mm/maps.ts';
import { MemoryTree } from '../memory-tree.ts';
import { emptyMachine } from '../support.ts';
import { EXIT_0, elfFile, type TestProgram } from './elf-file.ts';

const CODE = { vaddr: 0x401000n, bytes: EXIT_0, flags: 5 };
const ROOM = {
  random: (n: number) => new Uint8Array(n).fill(0xab),
  stdin: () => new Uint8Array(0),
  startTime: () => 0n,
};

function start(program: TestProgram | Uint8Array, options: Partial<StartOptions> = {}) {
  const machine = emptyMachine();
  const bytes = program instanceof Uint8Array ? program : elfFile(program);
  const process = startProcess({
    machine,
    path: '/bin/prog',
    bytes,
    inputs: ROOM,
    outputs: { write: () => undefined },
    ...options,
  });
  const [task] = process.tasks;
  const word = (at: bigint) => machine.memory.readUint(at, 8);
  const text = (at: bigint) => {
    const raw = machine.memory.read(at, 64);
    return new TextDecoder().decode(raw.subarray(0, raw.indexOf(0)));
  };
  return { machine, process, task, word, text };
}

function run({ machine, process, task }: ReturnType<typeof start>, limit = 1000): void {
  for (let i = 0; i < limit && !process.exit; i++) {
    process.enter(task, machine.run(task.cpu, 1000));
    process.finish(task);
  }
}

/** The auxiliary vector as it lies on the stack. */
function auxv(started: ReturnType<typeof start>): Map<number, bigint> {
  const { task, word } = started;
  let at = task.cpu.gpr(4) + 8n;
  for (let nulls = 0; nulls < 2; at += 8n) if (word(at) === 0n) nulls++;
  const entries = new Map<number, bigint>();
  for (; word(at) !== 0n; at += 16n) entries.set(Number(word(at)), word(at + 8n)!);
  return entries;
}

describe('exec', () => {
  it('lays the stack out as Linux does', () => {
    const started = start({ segments: [CODE], stackFlags: 6 }, { args: ['a', 'bc'], env: ['X=1', 'LONG=yes'] });
    const { task, word, text, process } = started;
    const sp = task.cpu.gpr(4);
    assert.equal(sp % 16n, 0n);
    assert.equal(word(sp), 3n);
    assert.deepEqual(
      [8n, 16n, 24n].map((offset) => text(word(sp + offset)!)),
      ['/bin/prog', 'a', 'bc'],
    );
    assert.equal(word(sp + 32n), 0n);
    assert.deepEqual(
      [40n, 48n].map((offset) => text(word(sp + offset)!)),
      ['X=1', 'LONG=yes'],
    );
    assert.equal(word(sp + 56n), 0n);
    // From the top: a null word, the file's name, the environment, the arguments.
    const top = 0x7fff20000000n;
    assert.equal(word(top - 8n), 0n);
    const execfn = top - 8n - 10n;
    assert.equal(text(execfn), '/bin/prog');
    assert.equal(word(sp + 48n), execfn - 9n);
    assert.equal(word(sp + 40n), execfn - 9n - 4n);
    assert.equal(word(sp + 24n), execfn - 9n - 4n - 3n);
    const vector = auxv(started);
    assert.deepEqual([...vector.keys()], [16, 6, 17, 3, 4, 5, 7, 8, 9, 11, 12, 13, 14, 23, 25, 31, 15]);
    assert.equal(vector.get(9), 0x401000n);
    assert.equal(vector.get(31), execfn);
    assert.equal(text(vector.get(15)!), 'x86_64');
    assert.equal(word(vector.get(25)!), 0xababababababababn);
    assert.deepEqual(process.image.auxv.length, (vector.size + 1) * 16);
  });

  it('starts at the entry point with cleared registers and an empty FPU', () => {
    const { task } = start({ segments: [CODE], entry: 0x401003n });
    assert.equal(task.cpu.rip, 0x401003n);
    for (let r = 0; r < 16; r++) if (r !== 4) assert.equal(task.cpu.gpr(r), 0n);
    assert.equal(task.cpu.rflags, 0x202n);
    assert.equal(task.cpu.bndcfgu, 0n);
    assert.equal(task.mm.bd_addr, (1n << 64n) - 1n);
  });

  it('runs a program to its exit status', () => {
    const started = start({ segments: [CODE] });
    run(started);
    assert.deepEqual(started.process.exit, { code: 0 });
  });

  it('names the second hardware word from 4.19 on', () => {
    const keys = [...auxv(start({ segments: [CODE] }, { kernel: 'v4.19' })).keys()];
    assert.deepEqual(keys.slice(keys.indexOf(25)), [25, 26, 31, 15]);
  });

  it('maps segments, zeros behind the data, and the heap after them', () => {
    const data = { vaddr: 0x402ff0n, bytes: [1, 2, 3, 4], memsz: 0x2020, flags: 6 };
    const { machine, task } = start({ segments: [CODE, data], stackFlags: 6 });
    const lines = mapsText(task.mm)
      .split('\n')
      .map((line) => line.slice(0, 31).trimEnd());
    assert.equal(lines[0], '00401000-00402000 r-xp 00001000');
    assert.equal(lines[1], '00402000-00403000 rw-p 00002000');
    assert.equal(lines[2], '00403000-00406000 rw-p 00000000');
    assert.equal(task.mm.brk, 0x406000n);
    assert.deepEqual([...machine.memory.read(0x402ff0n, 16)], [1, 2, 3, 4, ...new Array(12).fill(0)]);
  });

  it('loads position-independent programs into their window and says by how much', () => {
    const { process, task } = start({ type: 3, segments: [{ ...CODE, vaddr: 0x1000n }] });
    assert.equal(process.image.loadBias + 0x1000n, task.cpu.rip);
    assert.equal(task.cpu.rip >> 32n, 0x5555n);
  });

  it('starts a dynamic program in its dynamic linker, which finds the program by the auxiliary vector', () => {
    const linker = elfFile({ type: 3, entry: 0x10n, segments: [{ vaddr: 0n, bytes: EXIT_0, flags: 5 }] });
    const mounts = [{ at: '/', tree: new MemoryTree({ 'lib/ld.so': linker }) }];
    const started = start({ segments: [CODE], interp: '/lib/ld.so', stackFlags: 6 }, { mounts });
    const base = auxv(started).get(7)!;
    assert.equal(started.task.cpu.rip, base + 0x10n);
    assert.equal(auxv(started).get(9), CODE.vaddr);
    assert.ok(mapsText(started.process.mm).includes(`${base.toString(16)}-`), 'the linker is mapped at AT_BASE');
    assert.equal(started.process.mm.start_brk, 0x402000n, 'the heap follows the program, not the linker');
  });

  it('gives a stack of 132 KiB that grows to 8 MiB, and no further', () => {
    const started = start({ segments: [CODE], stackFlags: 6 });
    const { mm } = started.task;
    const stack = mm.vmas[mm.vmas.length - 1];
    assert.equal(stack.vm_end - stack.vm_start, 132n << 10n);
    assert.equal(stack.vm_flags & 7n, 3n);
    assert.equal(mm.find_extend_vma(stack.vm_end - (8n << 20n)), stack);
    assert.equal(mm.find_extend_vma(stack.vm_end - (8n << 20n) - 1n), undefined);
  });

  it('makes readable memory executable for programs without a stack mark', () => {
    const { task } = start({ segments: [CODE, { vaddr: 0x402000n, bytes: [0], flags: 4 }] });
    assert.ok(task.mm.vmas.every((vma) => (vma.vm_flags & 4n) !== 0n));
  });

  it('shifts the layout only for a seed that is not 0, and alike for the same seed', () => {
    const at = (seed?: number) => start({ segments: [CODE] }, { seed }).task.cpu.gpr(4);
    assert.equal(at(0), at(undefined));
    assert.notEqual(at(1), at(0));
    assert.notEqual(at(1), at(2));
    assert.equal(at(1), at(1));
  });

  it('enables MPX beforehand when asked to', () => {
    const { task, process } = start({ segments: [CODE] }, { autoEnable: { bndpreserve: true } });
    const directory = process.vmas().find((vma) => vma.end - vma.start === 1n << 31n);
    assert.ok(directory);
    assert.equal(task.cpu.bndcfgu, directory.start | 3n);
    assert.equal(process.mpx.bdAddr, directory.start);
  });

  const refusal = (program: TestProgram | Uint8Array, message: RegExp) => {
    assert.throws(
      () => start(program),
      (error) => {
        assert.ok(error instanceof ExecError);
        assert.match(error.message, message);
        assert.match(error.message, /^[^.]*(\.[^ ][^.]*)*\.$/, 'one sentence');
        return true;
      },
    );
  };

  it('says in one sentence why a file cannot be run', () => {
    refusal(new Uint8Array(0), /is not an ELF program/);
    refusal(new TextEncoder().encode('hello, this is text'), /is not an ELF program/);
    refusal(new TextEncoder().encode('#!/bin/sh\n'), /is a script/);
    refusal(elfFile({ segments: [CODE], elfClass: 1, machine: 62 }), /x32 interface/);
    refusal(elfFile({ segments: [CODE], elfClass: 1, machine: 40 }), /built for ARM/);
    refusal(elfFile({ segments: [CODE], machine: 183 }), /built for AArch64/);
    refusal(elfFile({ segments: [CODE], machine: 9999 }), /machine type 9999/);
    refusal(elfFile({ segments: [CODE], type: 1 }), /object file; link it first/);
    refusal(elfFile({ segments: [] }), /damaged|no loadable segment/);
    refusal(elfFile({ segments: [], stackFlags: 6 }), /no loadable segment/);
    refusal(
      elfFile({ segments: [CODE], interp: '/lib/ld.so' }),
      /its dynamic linker \/lib\/ld\.so is not there; set the sysroot/,
    );
    refusal(elfFile({ segments: [CODE] }).subarray(0, 80), /truncated/);
    refusal(elfFile({ segments: [CODE] }).subarray(0, 0x1004), /truncated/);
    refusal(elfFile({ segments: [{ ...CODE, memsz: 4 }] }), /larger in the file/);
    refusal(elfFile({ segments: [{ ...CODE, vaddr: 0x800000001000n }] }), /outside user space/);
    refusal(elfFile({ segments: [{ ...CODE, vaddr: 0x7fff1fff1000n }] }), /where the stack has to be/);
    refusal(elfFile({ segments: [{ ...CODE, vaddr: 0x0n }] }), /cannot be mapped at 0x0/);
    refusal(elfFile({ segments: [{ ...CODE, flags: 7, memsz: 0x7ffe00000000 }] }), /cannot be mapped/);
  });

  it('survives any damage to a program: a clear refusal or a process', () => {
    const whole = elfFile({
      segments: [CODE, { vaddr: 0x402010n, bytes: [1], memsz: 0x3000, flags: 6 }],
      stackFlags: 6,
    });
    let state = 1;
    const next = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    for (let round = 0; round < 1500; round++) {
      const bytes = whole.slice(0, next(8) === 0 ? next(300) : whole.length);
      for (let i = next(4) + 1; i > 0 && bytes.length > 0; i--)
        bytes[next(Math.min(bytes.length, 64 + 56 * 3))] = next(256);
      try {
        start(bytes);
      } catch (error) {
        if (!(error instanceof ExecError)) throw error;
      }
    }
  });
});
