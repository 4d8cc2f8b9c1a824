import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SignalInfo } from '../../../src/kernel/api.ts';
import { EFAULT, EINVAL } from '../../../src/kernel/errno.ts';
import type { ProfileChoice } from '../../../src/kernel/mpx/profiles.ts';
import { Vector } from '../../../src/machine/api.ts';
import { PAGE, Scene } from './kit.ts';

const CODE = 0x400000n;
const words = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const MAX = 2n ** 64n - 1n;

/** What the kernel reports for a violation by `code` at `rip`: the siginfo, or the error that prevents one. */
function report(scene: Scene, code: readonly number[], rip = CODE): SignalInfo | number {
  scene.machine.memory.write(rip, Uint8Array.from(code));
  scene.main.cpu.rip = rip;
  scene.main.cpu.bndstatus = 1n;
  let error: number | undefined;
  scene.process.enter(scene.main, { kind: 'trap', vector: Vector.BR, errorCode: 0, address: 0n });
  for (let step = scene.step(scene.main); step; step = scene.step(scene.main)) {
    if (step.frame.label === 'do_bounds: no siginfo can be made') error = Number(step.frame.locals.error);
  }
  if (error !== undefined) return error;
  const violation = scene.events.filter((event) => event.kind === 'bounds-violation').pop();
  assert.ok(violation?.kind === 'bounds-violation' && violation.kernelReport);
  return violation.kernelReport;
}

function sceneWith(profile: ProfileChoice): Scene {
  const scene = new Scene(profile);
  for (let i = 0; i < 16; i++) scene.main.cpu.setGpr(i, 0x1000n * BigInt(i + 1));
  scene.main.cpu.setBnd(0, { lower: 0x10n, upperRaw: BigInt.asUintN(64, ~0x20n) });
  return scene;
}

/** A check with a random operand: F2 or F3, REX or not, any ModRM, SIB and displacement, with a register of BND0–3. */
const check = fc
  .record({
    kind: fc.constantFrom('bndcl', 'bndcu', 'bndcn'),
    segment: fc.constantFrom([], [0x64], [0x65], [0x2e]),
    rex: fc.constantFrom([], [0x41], [0x42], [0x43], [0x48], [0x4b]),
    narrow: fc.boolean(),
    mod: fc.nat(3),
    reg: fc.nat(3),
    rm: fc.nat(7),
    rest: fc.uint8Array({ minLength: 5, maxLength: 5 }),
  })
  .map(({ kind, segment, rex, narrow, mod, reg, rm, rest }) => {
    const prefix = kind === 'bndcl' ? 0xf3 : 0xf2;
    const opcode = kind === 'bndcn' ? 0x1b : 0x1a;
    const modrm = (mod << 6) | (reg << 3) | rm;
    return { bytes: [...segment, ...(narrow ? [0x67] : []), prefix, ...rex, 0x0f, opcode, modrm, ...rest], reg, kind };
  });

describe('The report of a violation under `ideal`', () => {
  it('names an address outside the bounds: the one the CPU compared', () => {
    const scene = new Scene('ideal');
    const { cpu } = scene.main;
    fc.assert(
      fc.property(
        check,
        fc.array(words, { minLength: 16, maxLength: 16 }),
        words,
        words,
        (insn, registers, lower, upper) => {
          scene.process.exit = undefined;
          for (const [i, value] of registers.entries()) cpu.setGpr(i, value);
          cpu.fsBase = 0x7ffff7fda700n;
          cpu.bndcfgu = 0x100000000001n;
          const inverted = lower > upper;
          const raw = insn.kind === 'bndcn' ? upper : BigInt.asUintN(64, ~upper);
          cpu.setBnd(insn.reg, { lower, upperRaw: raw });
          cpu.rip = CODE;
          scene.machine.memory.write(CODE, Uint8Array.from([...insn.bytes, ...new Array(16).fill(0x90)]));
          const stop = scene.machine.run(cpu, 1);
          if (stop.kind === 'budget') return;
          assert.ok(
            stop.kind === 'trap' && stop.vector === Vector.BR,
            JSON.stringify(stop, (_, v) => String(v)),
          );
          const info = report(scene, insn.bytes);
          assert.ok(typeof info === 'object');
          assert.deepEqual([info.lower, info.upper], [lower, upper]);
          assert.ok(inverted || info.address < lower || info.address > upper);

          // With bounds that end at that address the check passes.
          scene.process.exit = undefined;
          cpu.setBnd(insn.reg, {
            lower: info.address,
            upperRaw: insn.kind === 'bndcn' ? info.address : MAX - info.address,
          });
          cpu.bndcfgu = 0x100000000001n;
          cpu.rip = CODE;
          assert.equal(scene.machine.run(cpu, 1).kind, 'budget');
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('Instruction bytes that lie', () => {
  const edge = CODE + PAGE;

  it('are decoded with a displacement of 0 where the readable bytes end (K-46), `ideal` refuses', () => {
    // bndcl 0x12345678(%rdi), cut inside the displacement.
    const cut = [0xf3, 0x0f, 0x1a, 0x87, 0x78, 0x56];
    const old = report(sceneWith('v4.1'), cut, edge - BigInt(cut.length));
    assert.equal(typeof old === 'object' && old.address, 0x8000n);
    assert.equal(report(sceneWith('ideal'), cut, edge - BigInt(cut.length)), -EFAULT);
  });

  it('take a missing ModRM byte for 0: an access through rax', () => {
    const info = report(sceneWith('v5.5'), [0xf3, 0x0f, 0x1a], edge - 3n);
    assert.equal(typeof info === 'object' && info.address, 0x1000n);
  });

  it('without the second opcode byte are no MPX instruction', () => {
    assert.equal(report(sceneWith('v4.1'), [0xf3, 0x0f], edge - 2n), -EINVAL);
  });

  it('may end exactly at the end of the readable bytes', () => {
    const info = report(sceneWith('ideal'), [0xf3, 0x0f, 0x1a, 0x40, 0x08], edge - 5n);
    assert.equal(typeof info === 'object' && info.address, 0x1008n);
  });

  it('that cannot be read at all give no report', () => {
    assert.equal(report(sceneWith('v4.1'), [], 0x123000n), -EFAULT);
  });

  it('have a REX prefix only right before the opcode', () => {
    assert.equal(report(sceneWith('v4.1'), [0x41, 0xf3, 0x0f, 0x1a, 0x00]), -EINVAL);
  });

  it('may have four different legacy prefixes, but no fifth', () => {
    const four = report(sceneWith('v4.1'), [0x2e, 0x66, 0x67, 0xf3, 0xf3, 0x0f, 0x1a, 0x00]);
    assert.equal(typeof four === 'object' && four.address, 0x1000n);
    assert.equal(report(sceneWith('v4.1'), [0x2e, 0x66, 0x67, 0xf2, 0xf3, 0x0f, 0x1a, 0x00]), -EINVAL);
  });

  it('name a bounds register above 3 only by changed code', () => {
    assert.equal(report(sceneWith('v4.1'), [0xf3, 0x0f, 0x1a, 0x20]), -EINVAL);
  });
});

describe('What the reports of the kernels differ in', () => {
  const address = (profile: ProfileChoice, code: number[], prepare: (scene: Scene) => void = () => {}) => {
    const scene = sceneWith(profile);
    prepare(scene);
    const info = report(scene, code);
    return typeof info === 'object' ? info.address : info;
  };

  it('is one switch each: v4.1 with a single fault mended', () => {
    const rspBased = [0xf3, 0x0f, 0x1a, 0x04, 0x24];
    assert.equal(address('v4.1', rspBased), 0xa000n);
    assert.equal(address({ profile: 'v4.1', switches: { sibNoIndex: true } }, rspBased), 0x5000n);
    const r9Index = [0xf3, 0x42, 0x0f, 0x1a, 0x04, 0x08];
    assert.equal(address('v4.1', r9Index), 0x3000n);
    assert.equal(address({ profile: 'v4.1', switches: { decodeRexX: true } }, r9Index), 0xb000n);
    const relative = [0xf3, 0x0f, 0x1a, 0x05, 0x10, 0, 0, 0];
    assert.equal(address('v4.1', relative), 0x6010n);
    assert.equal(address({ profile: 'v4.1', switches: { ripRelative: true } }, relative), CODE + 0x18n);
  });

  it('is the base of FS, added after the truncation by 67h', () => {
    const code = [0x64, 0x67, 0xf3, 0x0f, 0x1a, 0x00];
    const prepare = (scene: Scene) => {
      scene.main.cpu.setGpr(0, 0x1_0000_1000n);
      scene.main.cpu.fsBase = 0x7_0000_0000n;
    };
    assert.equal(address('v4.1', code, prepare), 0x1_0000_1000n);
    assert.equal(address('v5.5', code, prepare), 0x7_0000_1000n);
    assert.equal(address('ideal', code, prepare), 0x1_0000_1000n);
  });

  it('is a violation of BNDCN with bounds in their initial state, which only `ideal` reports (K-20)', () => {
    const bndcn = [0xf2, 0x0f, 0x1b, 0x00];
    const prepare = (scene: Scene) => scene.main.cpu.setBnd(0, { lower: 0n, upperRaw: 0n });
    assert.equal(address('v4.1', bndcn, prepare), -EINVAL);
    assert.equal(address('v5.5', bndcn, prepare), -EINVAL);
    assert.equal(address('ideal', bndcn, prepare), 0x1000n);
  });

  it('is the address of all ones, which passes for a failure (K-06)', () => {
    const prepare = (scene: Scene) => scene.main.cpu.setGpr(0, MAX);
    assert.equal(address('v4.19', [0xf3, 0x0f, 0x1a, 0x00], prepare), -EINVAL);
    assert.equal(address('ideal', [0xf3, 0x0f, 0x1a, 0x00], prepare), MAX);
  });

  it('is an instruction that is no check at all (K-08)', () => {
    const bndstx = [0x0f, 0x1b, 0x00];
    assert.equal(address('v4.1', bndstx), 0x1000n);
    assert.equal(address('ideal', bndstx), -EINVAL);
  });
});
