/** Group S: byte images of XSAVE areas and of siginfo. */

import { hexBytes } from '../../base/hex.ts';
import { resolveProfile } from '../../kernel/mpx/profiles.ts';
import type { Machine, Vcpu } from '../../machine/api.ts';
import { loadedBndcfgu } from '../../machine/mpx/translate.ts';
import { encodeRegister } from './encode.ts';
import type { Observations, Observed } from './expectation.ts';
import { type Fields, isObject, type Json, NotUnderstood } from './fields.ts';
import type { Group, GroupContext } from './group.ts';
import { type CodeMode, DEFAULT_RIP, place, preparedCpu, profileIn, stepOne, stopText, words } from './machine.ts';
import { PreparedProcess } from './process.ts';
import { seenSignal } from './signal-frame.ts';

const [RAX, RBX, RCX, RDX, RDI] = [0, 3, 1, 2, 7];
const IMAGE = 0x700000n;
const IMAGE_ROOM = 4096;
const X87_SSE = 3n;
const XSTATE_BV_OFFSET = 512n;

const CPUID = [0x0f, 0xa2];
const XSAVE64 = [0x48, 0x0f, 0xae, 0x27];
const XRSTOR64 = [0x48, 0x0f, 0xae, 0x2f];
const XSAVEC64 = [0x48, 0x0f, 0xc7, 0x27];

interface Bench {
  machine: Machine;
  cpu: Vcpu;
  /** Executes one instruction; false if it faulted. */
  execute(code: readonly number[], eax: bigint, ecx?: bigint): boolean;
}

function benchWith(context: GroupContext, xcr0: bigint): Bench {
  const machine = context.machines.empty();
  machine.xcr0 = xcr0;
  const cpu = preparedCpu(machine, context.common);
  place(machine, IMAGE, new Uint8Array(IMAGE_ROOM));
  return {
    machine,
    cpu,
    execute(code, eax, ecx = 0n) {
      place(machine, DEFAULT_RIP, Uint8Array.from(code));
      cpu.rip = DEFAULT_RIP;
      cpu.setGpr(RAX, eax);
      cpu.setGpr(RCX, ecx);
      cpu.setGpr(RDX, 0n);
      cpu.setGpr(RDI, IMAGE);
      const stop = stepOne(machine, cpu);
      if (stop.kind === 'budget') return true;
      if (stop.kind === 'trap' && !stop.unimplemented) return false;
      throw new NotUnderstood(`the instruction ended with ${stopText(stop)}`);
    },
  };
}

/** `N` of keys `bytes_N`, with as many bytes as expected. */
function imageParts(machine: Machine, expect: { [key: string]: Json }): Observations {
  const parts: Observations = {};
  for (const [key, value] of Object.entries(expect)) {
    const offset = /^bytes_(\d+)$/.exec(key)?.[1];
    if (offset === undefined || typeof value !== 'string') continue;
    parts[key] = hexBytes(machine.memory.read(IMAGE + BigInt(offset), value.length / 2));
  }
  return parts;
}

/** An image that XRSTOR loads, as XSAVE then writes it. */
function enableImage(input: Fields, context: GroupContext): Observations {
  const xstate_bv = input.word('xstate_bv');
  const offset = BigInt(input.integer('offset_cfg', 1024));
  const { machine, cpu, execute } = benchWith(context, X87_SSE | 0x18n | xstate_bv);
  machine.memory.write(IMAGE + XSTATE_BV_OFFSET, words(xstate_bv));
  machine.memory.write(IMAGE + offset, words(input.word('bndcfgu', 0n), input.word('bndstatus', 0n)));
  if (!execute(XRSTOR64, xstate_bv)) throw new NotUnderstood('XRSTOR faulted');
  machine.memory.write(IMAGE, new Uint8Array(IMAGE_ROOM));
  if (!execute(XSAVE64, xstate_bv)) throw new NotUnderstood('XSAVE faulted');
  const parts = imageParts(machine, context.expect);
  if (!execute(CPUID, 0xdn)) throw new NotUnderstood('CPUID faulted');
  return { ...parts, size: cpu.gpr(RBX) };
}

/** What XRSTOR makes of a BNDCFGU in memory. */
function restoreBndcfgu(input: Fields, context: GroupContext): Observations {
  const { machine, cpu, execute } = benchWith(context, X87_SSE | 0x18n);
  execute(CPUID, 0x80000008n);
  const linear = Number((cpu.gpr(RAX) >> 8n) & 0xffn);
  const wanted = input.integer('linear_bits', linear);
  const memory = input.word('memory');
  // The CPU has one width; for another there is only the MPX unit's own function.
  if (linear !== wanted) return { register: loadedBndcfgu(memory, wanted), faults: false };
  machine.memory.write(IMAGE + XSTATE_BV_OFFSET, words(0x10n));
  machine.memory.write(IMAGE + 1024n, words(memory, 0n));
  const loaded = execute(XRSTOR64, 0x10n);
  return { register: cpu.bndcfgu, faults: !loaded };
}

/** Where XSAVEC packs the components that XCOMP_BV names. */
function compactedImage(input: Fields, context: GroupContext): Observations {
  const xcomp_bv = input.word('xcomp_bv');
  if (xcomp_bv >> 63n === 0n) throw new NotUnderstood('xcomp_bv without bit 63 is no compacted image');
  const components = BigInt.asUintN(63, xcomp_bv);
  const { machine, cpu, execute } = benchWith(context, components);
  cpu.setBnd(0, { lower: 0x1122334455667788n, upperRaw: 0n });
  cpu.bndcfgu = 0x7f5544332001n;
  if (!execute(XSAVEC64, components)) throw new NotUnderstood('XSAVEC faulted');
  const image = machine.memory.read(IMAGE, IMAGE_ROOM);
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const find = (value: bigint): number | undefined =>
    Array.from({ length: IMAGE_ROOM / 8 }, (_, i) => 8 * i).find((at) => view.getBigUint64(at, true) === value);
  if (view.getBigUint64(520, true) !== xcomp_bv) throw new NotUnderstood('XSAVEC wrote another XCOMP_BV');
  const bndregs = find(0x1122334455667788n);
  const bndcsr = find(0x7f5544332001n);
  execute(CPUID, 0xdn, 1n);
  const size = cpu.gpr(RBX);
  // AVX state is always initial here, so XSAVEC writes nothing: its place shows by what follows it.
  execute(CPUID, 0xdn, 2n);
  const avxSize = Number(cpu.gpr(RAX));
  return { bndregs, bndcsr, size, avx: bndregs === undefined ? undefined : bndregs - avxSize };
}

/** The siginfo that a handler gets for a violation with these bounds and this address. */
function siginfo(input: Fields, context: GroupContext): Observations {
  const machine = context.machines.empty();
  // A siginfo of 28 bytes is that of a 32-bit program.
  const mode = 'first_28_bytes' in context.expect ? 32 : 64;
  const cpu = preparedCpu(machine, context.common, DEFAULT_RIP, mode);
  const [addr, lower, upper] = [input.word('addr'), input.word('lower'), input.word('upper')];
  cpu.setGpr(RAX, addr);
  cpu.setBnd(0, { lower, upperRaw: BigInt.asUintN(mode, ~upper) });
  cpu.bndcfgu = 0x7f5500000001n;
  cpu.bndstatus = 1n;
  const prepared = new PreparedProcess(machine, cpu, resolveProfile(profileIn(context.profile, mode)), mode);
  prepared.catchSignals();
  place(machine, DEFAULT_RIP, encodeRegister('bndcu', 0, RAX));
  prepared.trapBr();
  const signal = seenSignal(prepared);
  if (!signal) throw new NotUnderstood('do_bounds did not raise a signal');
  const parts: Observations = {
    offsets: offsetsOf(signal.bytes, context.expect.offsets, { addr, lower, upper }, mode),
  };
  for (const [key, value] of Object.entries(context.expect)) {
    const length = /^first_(\d+)_bytes$/.exec(key)?.[1];
    if (length !== undefined && typeof value === 'string')
      parts[key] = hexBytes(signal.bytes.subarray(0, Number(length)));
  }
  return parts;
}

/** The offsets that are expected, if the right values are found there. */
function offsetsOf(
  bytes: Uint8Array,
  expected: Json | undefined,
  words: { addr: bigint; lower: bigint; upper: bigint },
  mode: CodeMode,
): Observed {
  if (!isObject(expected)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = mode === 64 ? 8 : 4;
  const values: { [name: string]: [size: 2 | 4 | 8, value: bigint] } = {
    si_signo: [4, 11n],
    si_errno: [4, 0n],
    si_code: [4, 3n],
    si_addr: [word, words.addr],
    si_addr_lsb: [2, 0n],
    si_lower: [word, words.lower],
    si_upper: [word, words.upper],
  };
  const at = (offset: number, size: 2 | 4 | 8): bigint => {
    if (size === 8) return view.getBigUint64(offset, true);
    return BigInt(size === 4 ? view.getUint32(offset, true) : view.getUint16(offset, true));
  };
  return Object.fromEntries(
    Object.entries(expected).map(([name, offset]) => {
      const value = values[name];
      if (!value || typeof offset !== 'number' || offset + value[0] > bytes.length) return [name, undefined];
      return [
        name,
        at(offset, value[0]) === value[1] ? offset : `another place: ${at(offset, value[0]).toString(16)} is there`,
      ];
    }),
  );
}

export const images: Group = {
  profiled: true,
  run(input, context): Observations {
    if (input.has('xcomp_bv')) return compactedImage(input, context);
    if (input.has('memory')) return restoreBndcfgu(input, context);
    if (input.has('xstate_bv')) return enableImage(input, context);
    if (input.has('addr')) return siginfo(input, context);
    throw new NotUnderstood('this is neither an XSAVE image nor a siginfo');
  },
};
