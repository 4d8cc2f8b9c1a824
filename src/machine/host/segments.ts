/**
 * Segment registers as a task under Linux sees them: the GDT holds flat user segments and three for thread-local storage, and no LDT is set.
 * Bases other than 0 are honoured for FS and GS only; the other registers take no selector of thread-local storage.
 */
import { State } from '../../isa/emit/state.ts';
import { type Insn, Segment, type SegmentNumber } from '../../isa/insn.ts';
import { Vector } from '../api.ts';
import { GuestFault, type HostContext, type HostFunction } from './context.ts';
import { generalProtection } from './registers.ts';
import { setStackPointer, stackAddress, stackPointer, stackSize } from './stack.ts';

/** GDT entries of Linux by selector without RPL: what a user task may load. */
const USER_CODE_64 = 0x30;
const USER_CODE_32 = 0x20;
const USER_DATA = 0x28;
/** Three entries that set_thread_area fills. */
const TLS_FIRST = 0x60;
const TLS_LAST = 0x70;
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
  const index = selector & 0xfffc;
  if (index !== USER_CODE_64 && index !== USER_CODE_32) throw selectorError(selector);
  return selector | 3;
}

/** Whether a code selector is that of 32-bit code (compatibility mode). */
export const isCode32Selector = (selector: number): boolean => (selector & 0xfffc) === USER_CODE_32;

/** SS at CPL 3 must be the writable user data segment with RPL 3. */
export function checkStackSelector(selector: number): void {
  if ((selector & 0xfffc) === 0) throw generalProtection();
  if (selector !== (USER_DATA | 3)) throw selectorError(selector);
}

function loadSegment(cpu: HostContext, n: SegmentNumber, selector: number): void {
  if (n === Segment.SS) checkStackSelector(selector);
  const base = baseOf(cpu, n, selector);
  setSelector(cpu, n, selector);
  if (n === Segment.FS) cpu.registers.setBigUint64(State.FS_BASE, base, true);
  if (n === Segment.GS) cpu.registers.setBigUint64(State.GS_BASE, base, true);
}

/** Base of the segment that `selector` names, 0 for a null selector too (as Intel's CPUs have it). */
function baseOf(cpu: HostContext, n: SegmentNumber, selector: number): bigint {
  const index = selector & 0xfffc;
  if (index >= TLS_FIRST && index <= TLS_LAST && (n === Segment.FS || n === Segment.GS)) {
    const descriptor = State.TLS + (index - TLS_FIRST);
    if (cpu.registers.getUint32(descriptor + 4, true)) return BigInt(cpu.registers.getUint32(descriptor, true));
  }
  const isFlat = index === 0 || index === USER_DATA || index === USER_CODE_64 || index === USER_CODE_32;
  if (!isFlat && index !== CPU_NUMBER) throw selectorError(selector);
  return 0n;
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
  const size = stackSize(insn);
  const rsp = stackAddress(insn, stackPointer(cpu, insn) - BigInt(size));
  cpu.storeUint(rsp, size, BigInt(selectorOf(cpu, insn.a.number)), true);
  setStackPointer(cpu, insn, rsp);
  return 'next';
};

export const popSegment: HostFunction = (cpu, insn) => {
  if (insn.a?.kind !== 'seg') throw new TypeError('POP without a segment register');
  const size = stackSize(insn);
  const rsp = stackPointer(cpu, insn);
  const selector = Number(cpu.loadUint(rsp, size, true) & 0xffffn);
  loadSegment(cpu, insn.a.number, selector);
  setStackPointer(cpu, insn, rsp + BigInt(size));
  return 'next';
};

const FAR_POINTERS: Readonly<Record<string, SegmentNumber>> = {
  les: Segment.ES,
  lss: Segment.SS,
  lds: Segment.DS,
  lfs: Segment.FS,
  lgs: Segment.GS,
};

/** LSS, LFS, LGS, in 32-bit code also LES and LDS: selector and offset from memory. */
export const loadFarPointer: HostFunction = (cpu, insn: Insn) => {
  if (insn.b?.kind !== 'mem') throw new TypeError(`${insn.op} without memory`);
  const size = insn.size as 2 | 4 | 8;
  const at = cpu.address(insn.b);
  const stack = insn.b.segment === Segment.SS;
  const bytes = cpu.load(at, size + 2, stack);
  const selector = bytes[size] | (bytes[size + 1] << 8);
  const offset = cpu.loadUint(at, size, stack);
  loadSegment(cpu, FAR_POINTERS[insn.op], selector);
  cpu.write(insn.a, size, offset);
  return 'next';
};
