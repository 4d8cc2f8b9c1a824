/**
 * Segment registers as a 64-bit task under Linux sees them: the GDT holds flat user segments, and no LDT is set. Selectors of 32-bit code (0x23)
 * are refused, because there is no compatibility mode.
 */
import { State } from '../../isa/emit/state.ts';
import { type Insn, Segment, type SegmentNumber } from '../../isa/insn.ts';
import { Vector } from '../api.ts';
import { GuestFault, type HostContext, type HostFunction } from './context.ts';
import { generalProtection, RSP } from './registers.ts';

/** GDT entries of Linux by selector without RPL: what a user task may load. */
const USER_CODE_64 = 0x30;
const USER_CODE_32 = 0x20;
const USER_DATA = 0x28;
/** The per-CPU segment with the CPU number, readable at CPL 3. */
const CPU_NUMBER = 0x78;

export const selectorOf = (cpu: HostContext, n: SegmentNumber): number =>
  cpu.registers.getUint16(State.SELECTORS + 2 * n, true);

export function setSelector(cpu: HostContext, n: SegmentNumber, selector: number): void {
  cpu.registers.setUint16(State.SELECTORS + 2 * n, selector, true);
}

/** Error code of a fault over a selector: its index and table bit. */
const selectorError = (selector: number): GuestFault => generalProtection(selector & 0xfffc);

/**
 * Checks a code selector for a far transfer at CPL 3. `returns`: RET and IRET demand RPL 3, CALL and JMP take any RPL up to 3.
 * The selector as CS will hold it.
 */
export function checkedCodeSelector(selector: number, returns: boolean): number {
  if ((selector & 0xfffc) === 0) throw generalProtection();
  if (returns && (selector & 3) !== 3) throw selectorError(selector);
  if ((selector & 0xfffc) !== USER_CODE_64) throw selectorError(selector);
  return selector | 3;
}

/** SS at CPL 3 must be the writable user data segment with RPL 3. */
export function checkStackSelector(selector: number): void {
  if ((selector & 0xfffc) === 0) throw generalProtection();
  if (selector !== (USER_DATA | 3)) throw selectorError(selector);
}

function loadSegment(cpu: HostContext, n: SegmentNumber, selector: number): void {
  if (n === Segment.SS) checkStackSelector(selector);
  else if ((selector & 0xfffc) !== 0) {
    const index = selector & 0xfffc;
    if (index !== USER_DATA && index !== USER_CODE_64 && index !== USER_CODE_32 && index !== CPU_NUMBER)
      throw selectorError(selector);
  }
  setSelector(cpu, n, selector);
  // The flat segments have base 0, and Intel's CPUs clear the base for a null selector too.
  if (n === Segment.FS) cpu.registers.setBigUint64(State.FS_BASE, 0n, true);
  if (n === Segment.GS) cpu.registers.setBigUint64(State.GS_BASE, 0n, true);
}

/** MOV to or from a segment register. CS as a destination is #UD. */
export const moveSegment: HostFunction = (cpu, insn) => {
  const { a, b } = insn;
  if (a?.kind === 'seg') {
    if (a.number === Segment.CS) throw new GuestFault(Vector.UD);
    loadSegment(cpu, a.number, Number(cpu.read(b, 2)));
  } else if (b?.kind === 'seg') {
    const selector = BigInt(selectorOf(cpu, b.number));
    cpu.write(a, a?.kind === 'mem' ? 2 : insn.size, selector);
  }
  return 'next';
};

export const pushSegment: HostFunction = (cpu, insn) => {
  if (insn.a?.kind !== 'seg') throw new TypeError('PUSH without a segment register');
  const size = insn.size === 2 ? 2 : 8;
  const rsp = BigInt.asUintN(64, cpu.gpr(RSP) - BigInt(size));
  cpu.storeUint(rsp, size, BigInt(selectorOf(cpu, insn.a.number)), true);
  cpu.setGpr(RSP, rsp);
  return 'next';
};

export const popSegment: HostFunction = (cpu, insn) => {
  if (insn.a?.kind !== 'seg') throw new TypeError('POP without a segment register');
  const size = insn.size === 2 ? 2 : 8;
  const rsp = cpu.gpr(RSP);
  const selector = Number(cpu.loadUint(rsp, size, true) & 0xffffn);
  loadSegment(cpu, insn.a.number, selector);
  cpu.setGpr(RSP, BigInt.asUintN(64, rsp + BigInt(size)));
  return 'next';
};

/** LSS, LFS, LGS: selector and offset from memory. */
export const loadFarPointer: HostFunction = (cpu, insn: Insn) => {
  if (insn.b?.kind !== 'mem') throw new TypeError(`${insn.op} without memory`);
  const size = insn.size as 2 | 4 | 8;
  const at = cpu.address(insn.b);
  const stack = insn.b.segment === Segment.SS;
  const bytes = cpu.load(at, size + 2, stack);
  const selector = bytes[size] | (bytes[size + 1] << 8);
  const offset = cpu.loadUint(at, size, stack);
  const n: SegmentNumber = insn.op === 'lss' ? Segment.SS : insn.op === 'lfs' ? Segment.FS : Segment.GS;
  loadSegment(cpu, n, selector);
  cpu.write(insn.a, size, offset);
  return 'next';
};
