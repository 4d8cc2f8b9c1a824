/**
 * The address a check compared, worked out again by the kernel from the instruction's bytes and the saved registers. The CPU does
 * not hand it over; where the kernel's reckoning differs from the CPU's, si_addr is wrong (spec K-01 to K-07).
 */
import { EINVAL } from '../errno.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import type { MpxInsn } from './insn.ts';

/** Which register of the operand. */
const REG_TYPE_RM = 'RM';
const REG_TYPE_INDEX = 'INDEX';
const REG_TYPE_BASE = 'BASE';
type RegType = typeof REG_TYPE_RM | typeof REG_TYPE_INDEX | typeof REG_TYPE_BASE;

/** The encoding says that there is no such register. */
const NO_REGISTER = undefined;

/** What mpx_get_addr_ref returns when it fails: no address, or so the kernel thinks (K-06). */
export const MPX_BAD_ADDR = (1n << 64n) - 1n;

const REX_B = 1;
const REX_X = 2;

/**
 * Number of the register that a field of the instruction names, undefined if it names none, −EINVAL if the number is impossible.
 */
const get_reg_offset: (task: Task, insn: MpxInsn, type: RegType) => Steps<number | undefined> = kernelFunction(
  'get_reg_offset',
  function* (frame, task: Task, insn: MpxInsn, type: RegType) {
    const { decodeRexX, sibNoIndex, sibNoBase, ripRelative, registerCountInclusive } = task.process.profile.switches;
    yield frame.at('get_reg_offset: read the field', { type, rex: insn.rex, mod: insn.mod });
    // A 64-bit kernel knows 16 registers; the decoder never sees a REX prefix in 32-bit code, where it counts 8 only.
    const nr_registers = insn.x86_64 ? 16 : 8;
    const sib = insn.sib ?? 0;
    let regno: number;
    switch (type) {
      case REG_TYPE_RM:
        regno = insn.rm;
        // Not a register but an address relative to RIP, or an absolute one in 32-bit code (K-04).
        if (ripRelative && insn.mod === 0 && regno === 5) return NO_REGISTER;
        if (insn.rex & REX_B) regno += 8;
        break;
      case REG_TYPE_INDEX:
        regno = (sib >> 3) & 7;
        // v4.1 asks whether the masked bit is 1, but it is 0 or 2: r8 to r15 are never recognised as index (K-01).
        if (decodeRexX && insn.rex & REX_X) regno += 8;
        // The encoding of rsp as index means that there is none (K-02).
        if (sibNoIndex && regno === 4) return NO_REGISTER;
        break;
      case REG_TYPE_BASE:
        regno = sib & 7;
        // The encoding of rbp as base means, with mod 0, a displacement and no base (K-03).
        if (sibNoBase && insn.mod === 0 && regno === 5) return NO_REGISTER;
        if (insn.rex & REX_B) regno += 8;
        break;
    }
    yield frame.at('get_reg_offset: check the number', { regno, nr_registers });
    // K-19: one too many would pass, if there ever were such a number.
    const impossible = registerCountInclusive ? regno > nr_registers : regno >= nr_registers;
    if (impossible) {
      task.process.emit(task, { kind: 'mpx-log', text: `get_reg_offset: decoded register ${regno} is out of range` });
      return -EINVAL;
    }
    return regno;
  },
);

/** Value of the register that `type` names, 0 if there is none; undefined is −EINVAL. */
function* register(task: Task, insn: MpxInsn, type: RegType): Steps<bigint | undefined> {
  const regno = yield* get_reg_offset(task, insn, type);
  if (regno === NO_REGISTER) return 0n;
  return regno < 0 ? undefined : task.cpu.gpr(regno);
}

/** The base that a segment override adds in 64-bit code; undefined is −EINVAL: more than one override. */
function segmentBase(task: Task, insn: MpxInsn): bigint | undefined {
  if (insn.segments.length > 1) return undefined;
  if (insn.segments[0] === 0x64) return task.cpu.fsBase;
  if (insn.segments[0] === 0x65) return task.cpu.gsBase;
  return 0n;
}

/**
 * The address that the check at the saved instruction pointer compared, according to this kernel. → the address, or MPX_BAD_ADDR.
 */
export const mpx_get_addr_ref: (task: Task, insn: MpxInsn) => Steps<bigint> = kernelFunction(
  'mpx_get_addr_ref',
  function* (frame, task: Task, insn: MpxInsn) {
    const { ripRelative, addSegBase, honour67h } = task.process.profile.switches;
    const bits = insn.x86_64 ? 64 : 32;
    let addr: bigint;
    if (insn.mod === 3) {
      yield frame.at('mpx_get_addr_ref: the operand is a register', { rm: insn.rm });
      const value = yield* register(task, insn, REG_TYPE_RM);
      if (value === undefined) return MPX_BAD_ADDR;
      addr = value;
    } else {
      if (insn.sib !== undefined) {
        yield frame.at('mpx_get_addr_ref: base and scaled index', { sib: insn.sib });
        const base = yield* register(task, insn, REG_TYPE_BASE);
        if (base === undefined) return MPX_BAD_ADDR;
        const index = yield* register(task, insn, REG_TYPE_INDEX);
        if (index === undefined) return MPX_BAD_ADDR;
        addr = base + (index << BigInt(insn.sib >> 6));
      } else {
        yield frame.at('mpx_get_addr_ref: a register alone', { rm: insn.rm });
        const value = yield* register(task, insn, REG_TYPE_RM);
        if (value === undefined) return MPX_BAD_ADDR;
        const relative = ripRelative && insn.x86_64 && insn.mod === 0 && insn.rm === 5;
        addr = relative ? task.cpu.rip + BigInt(insn.length) : value;
      }
      yield frame.at('mpx_get_addr_ref: add the displacement', { addr, displacement: insn.displacement });
      addr += insn.displacement;
    }
    addr = BigInt.asUintN(bits, addr);
    if (honour67h && insn.x86_64 && insn.addr_bytes === 4) {
      // The CPU ignores 67h in 64-bit code; these kernels do not (K-07).
      yield frame.at('mpx_get_addr_ref: truncate to 32 bits', { addr });
      addr = BigInt.asUintN(32, addr);
    }
    if (addSegBase) {
      // A check compares the offset alone; these kernels report a linear address, of a register operand too (K-05).
      const seg_base = segmentBase(task, insn);
      yield frame.at('mpx_get_addr_ref: add the segment base', { addr, seg_base });
      if (seg_base === undefined) return MPX_BAD_ADDR;
      addr = BigInt.asUintN(bits, addr + seg_base);
    }
    return addr;
  },
);
