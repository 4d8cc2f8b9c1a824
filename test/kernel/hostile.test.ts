import assert from 'node:assert/strict';
import { startProcess } from '../../src/kernel/exec.ts';
import { PROFILE_IDS, resolveProfile } from '../../src/kernel/mpx/profiles.ts';
import { elfFile } from './exec/elf-file.ts';
import { emptyMachine, RSP } from './support.ts';

/** Instructions worth meeting more often than chance would have it: system calls with numbers that matter, MPX, XSAVE, stack, strings. */
const FAVOURED = [
  [0x0f, 0x05],
  [0xcd, 0x80],
  ...[9, 11, 12, 13, 15, 25, 157].map((number) => [0xb8, number, 0, 0, 0]),
  [0xbf, 0x2b, 0, 0, 0],
  [0xf3, 0x0f, 0x1a, 0x07],
  [0xf2, 0x0f, 0x1a, 0x07],
  [0xf3, 0x0f, 0x1b, 0x07],
  [0x0f, 0x1a, 0x04, 0x37],
  [0x0f, 0x1b, 0x04, 0x37],
  [0x0f, 0xae, 0x2f],
  [0x0f, 0xae, 0x27],
  [0x48, 0x89, 0xe7],
  [0x48, 0x8d, 0x3d, 0, 0x10, 0, 0],
  [0xf3, 0xab],
  [0xf3, 0xa4],
  [0x50],
  [0x5b],
  [0x9d],
  [0xc3],
  [0xe8, 0x10, 0, 0, 0],
];

describe('Programs of random bytes', () => {
  it('run, die or end, but never shake the machine or the kernel', function () {
    this.timeout(180_000);
    let state = 20260101;
    const random = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const pick = <T>(from: readonly T[]): T => from[random(from.length)];
    let killed = 0;
    for (let round = 0; round < 800; round++) {
      const code: number[] = [];
      while (code.length < 300) code.push(...(random(2) ? pick(FAVOURED) : [random(256)]));
      const data = Array.from({ length: 600 }, () => random(256));
      const machine = emptyMachine();
      const kernel = pick(PROFILE_IDS);
      // A 64-bit kernel runs programs of either kind.
      const bits = resolveProfile(kernel).bits === 32 || random(3) === 0 ? 32 : 64;
      const process = startProcess({
        machine,
        path: '/random',
        bytes: elfFile({
          bits,
          segments: [
            { vaddr: 0x401000n, bytes: code, flags: 5 },
            { vaddr: 0x402000n, bytes: data, memsz: 0x3000, flags: 7 },
          ],
        }),
        inputs: { random: (count) => new Uint8Array(count), stdin: () => new Uint8Array(0), startTime: () => 0n },
        outputs: { write: () => undefined },
        autoEnable: bits === 64 && random(2) === 0,
        kernel,
      });
      const [task] = process.tasks;
      const values = [
        0n,
        1n,
        0x402000n + BigInt(random(0x3000)),
        task.cpu.gpr(RSP),
        BigInt(random(2 ** 31)),
        (1n << 64n) - 1n,
      ];
      for (let register = 0; register < 16; register++) if (register !== RSP) task.cpu.setGpr(register, pick(values));
      for (let stops = 0; stops < 60 && !process.exit && !task.inKernel; stops++) {
        process.enter(task, machine.run(task.cpu, 2000));
        process.finish(task);
      }
      assert.doesNotMatch(process.oops?.reason ?? '', /the emulated kernel failed/, `round ${round}`);
      if (process.exit) killed++;
    }
    assert.ok(killed > 600, 'most of them end soon');
  });
});
