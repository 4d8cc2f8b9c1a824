/** Far transfers, IRET, software interrupts and SYSCALL at CPL 3 (SDM Vol. 2). None of them touches the bounds (spec A.6). */
import { type Insn, Segment } from '../../isa/insn.ts';
import { Vector } from '../api.ts';
import { GuestFault, type HostContext, type HostFunction } from './context.ts';
import { generalProtection, R11, RCX, RSP } from './registers.ts';
import { checkedCodeSelector, checkStackSelector, isCode32Selector, selectorOf, setSelector } from './segments.ts';
import { setStackPointer, stackAddress, stackPointer, stackSize } from './stack.ts';

/** Canonical: bits 63:47 all equal (48 linear bits). */
export const isCanonical = (address: bigint): boolean =>
  BigInt.asUintN(64, BigInt.asIntN(48, address)) === BigInt.asUintN(64, address);

/** m16:16, m16:32 or m16:64: offset, then selector; or both in the instruction (32-bit code). */
function farOperand(cpu: HostContext, insn: Insn): { offset: bigint; selector: number } {
  if (insn.a?.kind === 'imm') return { offset: insn.a.value, selector: Number(cpu.read(insn.b, 2)) };
  if (insn.a?.kind !== 'mem') throw new TypeError(`${insn.op} without memory`);
  const size = stackSize(insn);
  const bytes = cpu.load(cpu.address(insn.a), size + 2, insn.a.segment === Segment.SS);
  let offset = 0n;
  for (let i = size - 1; i >= 0; i--) offset = (offset << 8n) | BigInt(bytes[i]);
  return { offset, selector: bytes[size] | (bytes[size + 1] << 8) };
}

/** A target must be canonical, and in 32-bit code within the segment's 4 GiB. */
function requireInside(target: bigint, selector: number): void {
  if (isCode32Selector(selector) ? target > 0xffff_ffffn : !isCanonical(target)) throw generalProtection();
}

export const farJump: HostFunction = (cpu, insn) => {
  const { offset, selector } = farOperand(cpu, insn);
  const cs = checkedCodeSelector(selector, false);
  requireInside(offset, cs);
  setSelector(cpu, Segment.CS, cs);
  cpu.rip = offset;
  return 'jump';
};

export const farCall: HostFunction = (cpu, insn) => {
  const size = stackSize(insn);
  const { offset, selector } = farOperand(cpu, insn);
  const cs = checkedCodeSelector(selector, false);
  requireInside(offset, cs);
  const rsp = stackAddress(insn, stackPointer(cpu, insn) - BigInt(2 * size));
  const selectorAt = stackAddress(insn, rsp + BigInt(size));
  cpu.probeStore(selectorAt, size, true);
  cpu.storeUint(rsp, size, BigInt.asUintN(8 * size, insn.ip + BigInt(insn.length)), true);
  cpu.storeUint(selectorAt, size, BigInt(selectorOf(cpu, Segment.CS)), true);
  setStackPointer(cpu, insn, rsp);
  setSelector(cpu, Segment.CS, cs);
  cpu.rip = offset;
  return 'jump';
};

export const farReturn: HostFunction = (cpu, insn) => {
  const size = stackSize(insn);
  const rsp = stackPointer(cpu, insn);
  const offset = cpu.loadUint(rsp, size, true);
  const selector = Number(cpu.loadUint(stackAddress(insn, rsp + BigInt(size)), size, true) & 0xffffn);
  const cs = checkedCodeSelector(selector, true);
  requireInside(offset, cs);
  const released = insn.a?.kind === 'imm' ? insn.a.value : 0n;
  setStackPointer(cpu, insn, rsp + BigInt(2 * size) + released);
  setSelector(cpu, Segment.CS, cs);
  cpu.rip = offset;
  return 'jump';
};

const NESTED_TASK = 1n << 14n;

/** IRET to the same privilege level. It pops RIP, CS and RFLAGS, and in 64-bit mode always RSP and SS too. */
export const interruptReturn: HostFunction = (cpu, insn) => {
  if (cpu.rflags & NESTED_TASK) throw generalProtection();
  const size = stackSize(insn);
  const rsp = stackPointer(cpu, insn);
  const word = (n: number) => cpu.loadUint(stackAddress(insn, rsp + BigInt(n * size)), size, true);
  const [rip, cs, flags] = [word(0), word(1), word(2)];
  const selector = checkedCodeSelector(Number(cs & 0xffffn), true);
  if (insn.addressSize === 8) {
    const [newRsp, ss] = [word(3), Number(word(4) & 0xffffn)];
    checkStackSelector(ss);
    requireInside(rip, selector);
    cpu.setGpr(RSP, newRsp);
    setSelector(cpu, Segment.SS, ss);
  } else {
    requireInside(rip, selector);
    setStackPointer(cpu, insn, rsp + BigInt(3 * size));
  }
  setSelector(cpu, Segment.CS, selector);
  cpu.rflags = size === 2 ? (cpu.rflags & ~0xffffn) | flags : flags;
  cpu.rip = rip;
  return 'jump';
};

/** Gates with DPL 3 in Linux's IDT: breakpoint, overflow, and the 32-bit system call. Others: #GP with the gate's number. */
const USER_GATES: ReadonlySet<number> = new Set([Vector.BP, Vector.OF, 0x80]);

export const interrupt: HostFunction = (cpu, insn) => {
  const vector = Number(cpu.read(insn.a, 1));
  if (!USER_GATES.has(vector)) throw generalProtection(vector * 8 + 2);
  return { interrupt: vector };
};

export const breakpointInterrupt: HostFunction = () => ({ interrupt: Vector.BP });

/** INT1 (F1): a debug trap; its gate needs no privilege check. */
export const debugInterrupt: HostFunction = () => ({ interrupt: Vector.DB });

/** Instructions that need CPL 0 or IOPL 3. */
export const privileged: HostFunction = () => {
  throw generalProtection();
};

export const undefinedInstruction: HostFunction = () => {
  throw new GuestFault(Vector.UD);
};

/** SYSCALL: RCX ← return address, R11 ← RFLAGS; the kernel does the rest. Intel's CPUs have it in 64-bit mode only. */
export const systemCall: HostFunction = (cpu, insn) => {
  if (isCode32Selector(selectorOf(cpu, Segment.CS))) throw new GuestFault(Vector.UD);
  cpu.setGpr(RCX, BigInt.asUintN(64, insn.ip + BigInt(insn.length)));
  cpu.setGpr(R11, cpu.rflags);
  return 'syscall';
};

/** SYSENTER: nothing is saved; the kernel knows where to return to. */
export const fastSystemCall: HostFunction = () => 'sysenter';
