/** Group B: which branches put BND0–3 into their initial state. */

import { InsnDecoder } from '../../isa/decode/decoder.ts';
import type { Insn } from '../../isa/insn.ts';
import type { Machine, Vcpu } from '../../machine/api.ts';
import type { Observations, Observed } from './expectation.ts';
import { NotUnderstood } from './fields.ts';
import type { Group, GroupContext } from './group.ts';
import { DEFAULT_RIP, place, preparedCpu, RSP, stepOne, stopText } from './machine.ts';

const ZF = 0x40n;
const USER_CS = 0x33n;
const USER_DS = 0x2bn;
const INT = 0xcd;
/** A gate that user code may use. */
const SYSTEM_CALL_GATE = 0x80;
const RSI = 6;
/** Where far and indirect branches lead, and a stack that fits 32 bits. */
const TARGET = 0x400e00n;
const NEW_RSP = 0x500000n;

/** The encodings of "ff /3, cb / e2": separated by commas or slashes, `/n` being ModRM.reg. */
function alternatives(text: string): number[][] {
  return text.split(/\s*,\s*|\s*\/\s*(?![0-7](?![0-9a-f]))/i).map((alternative) => {
    const match = /^((?:[0-9a-f]{2}\s*)+)(?:\/([0-7]))?$/i.exec(alternative.trim());
    if (!match) throw new NotUnderstood(`encoding '${alternative}'`);
    const bytes = match[1]
      .trim()
      .split(/\s+/)
      .map((digits) => Number.parseInt(digits, 16));
    // With memory at RSI.
    return match[2] === undefined ? bytes : [...bytes, (Number(match[2]) << 3) | RSI];
  });
}

/** The whole instruction: operand bytes that the vector leaves out are added. */
function completed(bytes: number[]): { code: Uint8Array; insn: Insn } {
  const padded = new Uint8Array(15);
  padded.set(bytes);
  if (bytes[bytes.length - 1] === INT) padded[bytes.length] = SYSTEM_CALL_GATE;
  const decoder = new InsnDecoder({ bitness: 64, mpx: true });
  const insn = decoder.decode(padded, DEFAULT_RIP);
  decoder.dispose();
  if (insn.length < bytes.length) throw new NotUnderstood(`${insn.op} is shorter than the bytes given`);
  return { code: padded.subarray(0, insn.length), insn };
}

/** Values of `size` bytes each, one after another. */
function slots(size: number, values: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(size * values.length);
  values.forEach((value, n) => {
    for (let i = 0; i < size; i++) bytes[n * size + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  });
  return bytes;
}

/** Supplies what the instruction reads: the stack of a return, the memory of an indirect or far branch. */
function supplyOperands(machine: Machine, cpu: Vcpu, insn: Insn): void {
  const size = insn.op === 'retf' || insn.op === 'iret' || insn.op.endsWith('f') ? Math.min(insn.size, 8) : 8;
  const rsp = cpu.gpr(RSP);
  place(machine, rsp - 64n, new Uint8Array(128));
  const isReturn = insn.op === 'ret' || insn.op === 'retf' || insn.op === 'iret';
  if (isReturn) {
    const frame = insn.op === 'ret' ? [TARGET] : [TARGET, USER_CS, cpu.rflags, NEW_RSP, USER_DS];
    place(machine, rsp, slots(size, frame));
  }
  if (insn.a?.kind === 'mem') {
    const { base, index, scale, disp } = insn.a;
    const register = (number: number) => (number < 0 ? 0n : cpu.gpr(number));
    const address = BigInt.asUintN(64, register(base) + register(index) * BigInt(scale) + disp);
    const far = insn.op === 'jmpf' || insn.op === 'callf';
    place(machine, address, far ? slots(size, [TARGET, USER_CS]) : slots(8, [TARGET]));
  }
}

/** Executes one instruction. → whether all four bounds registers are in their initial state after it */
function initialises(context: GroupContext, bytes: number[], bndcfgu: bigint, zf: boolean): boolean {
  const machine = context.machines.empty();
  const cpu = preparedCpu(machine, context.common);
  const { code, insn } = completed(bytes);
  cpu.rflags = zf ? cpu.rflags | ZF : cpu.rflags & ~ZF;
  cpu.bndcfgu = bndcfgu;
  place(machine, TARGET, new Uint8Array(64));
  supplyOperands(machine, cpu, insn);
  place(machine, DEFAULT_RIP, code);
  const stop = stepOne(machine, cpu);
  // An instruction made to raise an exception has done its work with that.
  const raises = stop.kind === 'trap' && (stop.software === true || insn.op === 'ud');
  const done = stop.kind === 'budget' || stop.kind === 'syscall' || raises;
  if (!done) throw new NotUnderstood(`${insn.op} ended with ${stopText(stop)}`);
  const states = context.common.bndset.map((before, i) => {
    const { lower, upperRaw } = cpu.bnd(i);
    if (lower === before.lower && upperRaw === before.upperRaw) return 'kept';
    return lower === 0n && upperRaw === 0n ? 'init' : 'changed';
  });
  if (states.every((state) => state === 'init')) return true;
  if (states.every((state) => state === 'kept')) return false;
  throw new NotUnderstood(`${insn.op} left the bounds registers ${states.join(', ')}`);
}

export const branches: Group = {
  profiled: false,
  run(input, context): Observations {
    const encodings = alternatives(input.text('bytes'));
    const enabled = input.flag('mpx_enabled', true) ? 1n : 0n;
    const all = (bndcfgu: bigint): Observed => {
      const results = encodings.flatMap((bytes) => [false, true].map((zf) => initialises(context, bytes, bndcfgu, zf)));
      if (results.every((result) => result === results[0])) return results[0];
      return `not the same for every encoding and ZF: ${results.join(', ')}`;
    };
    return {
      init_when_bndpreserve_0: all(enabled),
      init_when_bndpreserve_1: all(enabled | 2n),
      init_when_mpx_off: all(0n),
    };
  },
};
