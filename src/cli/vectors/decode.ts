/** Group D: the address that the CPU compares, and what the kernel makes of the same bytes. */
import { InsnDecoder } from '../../isa/decode/decoder.ts';
import type { Insn } from '../../isa/insn.ts';
import { resolveProfile } from '../../kernel/mpx/profiles.ts';
import { type Vcpu, Vector } from '../../machine/api.ts';
import { resultText } from './errno-text.ts';
import type { Observations, Observed } from './expectation.ts';
import { type Fields, isObject, NotUnderstood } from './fields.ts';
import { applyRegisters, parseBounds } from './format.ts';
import type { Group, GroupContext } from './group.ts';
import { type CodeMode, DEFAULT_RIP, modeOf, place, preparedCpu, profileIn, raisedBr, stepOne } from './machine.ts';
import { PreparedProcess } from './process.ts';
import { SEGV_BNDERR, SI_KERNEL, seenSignal } from './signal-frame.ts';

const CHECKS = ['bndcl', 'bndcu', 'bndcn'];
const ENABLED = 0x7f5500000001n;

/** The thread at the instruction. */
interface Scene {
  mode: CodeMode;
  bytes: Uint8Array;
  rip: bigint;
  registers: bigint[];
  bounds: { lower: bigint; upperRaw: bigint }[];
  fsbase: bigint;
}

function sceneOf(input: Fields, { common }: GroupContext): Scene {
  const registers = [...common.regs64];
  const regs = input.has('regs') ? input.raw('regs') : 'REGS64';
  if (isObject(regs)) applyRegisters(registers, regs);
  else if (regs !== 'REGS64') throw new NotUnderstood(`regs is ${JSON.stringify(regs)}`);
  const bounds = [...common.bndset];
  const bnd = input.has('bnd') ? input.raw('bnd') : 'BNDSET';
  if (isObject(bnd)) for (const [number, value] of parseBounds(bnd, 'bnd')) bounds[number] = value;
  else if (bnd !== 'BNDSET') throw new NotUnderstood(`bnd is ${JSON.stringify(bnd)}`);
  const mode = modeOf(input);
  return {
    mode,
    bytes: input.bytes('bytes'),
    rip: input.word('rip', DEFAULT_RIP),
    registers,
    bounds,
    fsbase: input.word('fsbase', 0n),
  };
}

function cpuAt(
  context: GroupContext,
  scene: Scene,
): { cpu: Vcpu; machine: ReturnType<GroupContext['machines']['empty']> } {
  const machine = context.machines.empty();
  const cpu = preparedCpu(machine, context.common, scene.rip, scene.mode);
  for (const [i, value] of scene.registers.entries()) cpu.setGpr(i, BigInt.asUintN(scene.mode, value));
  for (const [i, value] of scene.bounds.entries()) cpu.setBnd(i, value);
  cpu.fsBase = scene.fsbase;
  cpu.bndcfgu = ENABLED;
  place(machine, scene.rip, scene.bytes);
  return { cpu, machine };
}

/** Least value of [0, `most`] for which `holds`, which is false below some value and true from there on; undefined: for none. */
function least(most: bigint, holds: (value: bigint) => boolean): bigint | undefined {
  if (!holds(most)) return undefined;
  let low = 0n;
  let high = most;
  while (low < high) {
    const middle = (low + high) >> 1n;
    if (holds(middle)) high = middle;
    else low = middle + 1n;
  }
  return low;
}

const mostOf = (mode: CodeMode): bigint => 2n ** BigInt(mode) - 1n;

/** The address a check compares, found with bounds that it passes just so and fails one further. */
function comparedAddress(context: GroupContext, scene: Scene, insn: Insn): Observed {
  if (insn.a?.kind !== 'bnd') throw new NotUnderstood(`operands of ${insn.op}`);
  const { number } = insn.a;
  const fails = (lower: bigint, upperRaw: bigint): boolean => {
    const { cpu, machine } = cpuAt(context, scene);
    cpu.setBnd(number, { lower, upperRaw });
    return raisedBr(stepOne(machine, cpu));
  };
  const { mode } = scene;
  const most = mostOf(mode);
  if (insn.op === 'bndcl') return (least(most, (lower) => fails(lower, 0n)) ?? most + 1n) - 1n;
  return least(most, (upper) => !fails(0n, insn.op === 'bndcu' ? BigInt.asUintN(mode, ~upper) : upper));
}

/** Length and compared address by execution; what is no check is only decoded, by the kernel with all its faults mended. */
function byCpu(context: GroupContext, scene: Scene): Observations {
  const decoder = new InsnDecoder({ bitness: scene.mode, mpx: true });
  const insn = decoder.decode(scene.bytes, scene.rip);
  decoder.dispose();
  const operand = [insn.a, insn.b].find((one) => one?.kind === 'bnd');
  const bnd = operand?.kind === 'bnd' ? operand.number : undefined;
  if (!CHECKS.includes(insn.op)) {
    const { cpu, machine } = cpuAt(context, scene);
    const stop = stepOne(machine, cpu);
    const hw = stop.kind === 'trap' && stop.vector === Vector.UD ? '#UD (never reaches the #BR handler)' : undefined;
    const choice = { profile: 'ideal', switches: { opcodeOnlyFilter: true } } as const;
    return { bnd, length: insn.length, hw, compared_address: byKernel(context, scene, choice).si_addr };
  }
  const { cpu, machine } = cpuAt(context, scene);
  cpu.setBnd(bnd ?? 0, { lower: 0n, upperRaw: insn.op === 'bndcn' ? mostOf(scene.mode) : 0n });
  const passed = !raisedBr(stepOne(machine, cpu));
  const length = passed ? cpu.rip - scene.rip : `#BR with bounds that allow everything`;
  return { bnd, length, compared_address: comparedAddress(context, scene, insn) };
}

/** do_bounds with these bytes at the instruction pointer. */
function byKernel(context: GroupContext, scene: Scene, choice: Parameters<typeof resolveProfile>[0]): Observations {
  const { cpu, machine } = cpuAt(context, scene);
  cpu.bndstatus = 1n;
  const prepared = new PreparedProcess(machine, cpu, resolveProfile(choice), scene.mode);
  prepared.catchSignals();
  prepared.trapBr();
  const signal = seenSignal(prepared);
  if (!signal) throw new NotUnderstood('do_bounds did not raise a signal');
  const bnd = prepared.step('mpx_generate_siginfo: find the bounds register')?.locals.bndregno;
  if (signal.code === SEGV_BNDERR) {
    return {
      si_addr: signal.address,
      si_lower: signal.lower,
      si_upper: signal.upper,
      si_code: signal.code,
      si_addr_lsb: signal.addressLsb,
      bnd,
      result: 'reported',
    };
  }
  const plain = signal.code === SI_KERNEL && signal.address === 0n;
  const error = prepared.step('do_bounds: no siginfo can be made')?.locals.error;
  const result = plain && typeof error === 'number' ? resultText(error) : `si_code ${signal.code}`;
  // What the kernel had found before it gave up.
  const found = prepared.step('mpx_generate_siginfo: fill the siginfo')?.locals.addr;
  return { si_addr: typeof found === 'bigint' ? found : undefined, si_code: signal.code, bnd, result, outcome: result };
}

export const decode: Group = {
  profiled: true,
  run(input, context): Observations {
    const scene = sceneOf(input, context);
    const kernel = byKernel(context, scene, profileIn(context.profile, scene.mode));
    const cpu = byCpu(context, scene);
    return { ...kernel, ...cpu, bnd: cpu.bnd ?? kernel.bnd };
  },
  /** "-EINVAL …" means a plain SIGSEGV because of that error. */
  agrees(base, expected, observations) {
    if (base !== 'outcome' && base !== 'result') return undefined;
    if (typeof expected !== 'string') return false;
    const error = /^-E[A-Z]+/.exec(expected)?.[0];
    return error !== undefined && observations[base] === error;
  },
};
