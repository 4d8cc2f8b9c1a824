/** Far transfers, IRET, software interrupts and SYSCALL at CPL 3 (SDM Vol. 2). None of them touches the bounds (spec A.6). */
import { type Insn, Segment } from '../../isa/insn.ts';
import { Vector } from '../api.ts';
import { GuestFault, type HostContext, type HostFunction } from './context.ts';
import { generalProtection, R11, RCX, RSP } from './registers.ts';
import { checkedCodeSelector, checkStackSelector, selectorOf, setSelector } from './segments.ts';

/** Canonical: bits 63:47 all equal (48 linear bits). */
export const isCanonical = (address: bigint): boolean =>
  BigInt.asUintN(64, BigInt.asIntN(48, address)) === BigInt.asUintN(64, address);

const stackSize = (insn: Insn): 2 | 4 | 8 => (insn.size === 2 || insn.size === 4 ? insn.size : 8);

/** m16:16, m16:32 or m16:64: offset, then selector. */
function farOperand(cpu: HostContext, insn: Insn): { offset: bigint; selector: number } {
  if (insn.a?.kind !== 'mem') throw new TypeError(`${insn.op} without memory`);
  const size = stackSize(insn);
  const bytes = cpu.load(cpu.address(insn.a), size + 2, insn.a.segment === Segment.SS);
  let offset = 0n;
  for (let i = size - 1; i >= 0; i--) offset = (offset << 8n) | BigInt(bytes[i]);
  return { offset, selector: bytes[size] | (bytes[size + 1] << 8) };
}

function requireCanonical(target: bigint): void {
  if (!isCanonical(target)) throw generalProtection();
}

export const farJump: HostFunction = (cpu, insn) => {
  const { offset, selector } = farOperand(cpu, insn);
  const cs = checkedCodeSelector(selector, false);
  requireCanonical(offset);
  setSelector(cpu, Segment.CS, cs);
  cpu.rip = offset;
  return 'jump';
};

export const farCall: HostFunction = (cpu, insn) => {
  const size = stackSize(insn);
  const { offset, selector } = farOperand(cpu, insn);
  const cs = checkedCodeSelector(selector, false);
  requireCanonical(offset);
  const rsp = BigInt.asUintN(64, cpu.gpr(RSP) - BigInt(2 * size));
  cpu.probeStore(BigInt.asUintN(64, rsp + BigInt(size)), size, true);
  cpu.storeUint(rsp, size, BigInt.asUintN(8 * size, insn.ip + BigInt(insn.length)), true);
  cpu.storeUint(BigInt.asUintN(64, rsp + BigInt(size)), size, BigInt(selectorOf(cpu, Segment.CS)), true);
  cpu.setGpr(RSP, rsp);
  setSelector(cpu, Segment.CS, cs);
  cpu.rip = offset;
  return 'jump';
};

export const farReturn: HostFunction = (cpu, insn) => {
  const size = stackSize(insn);
  const rsp = cpu.gpr(RSP);
  const offset = cpu.loadUint(rsp, size, true);
  const selector = Number(cpu.loadUint(BigInt.asUintN(64, rsp + BigInt(size)), size, true) & 0xffffn);
  const cs = checkedCodeSelector(selector, true);
  requireCanonical(offset);
  const released = insn.a?.kind === 'imm' ? insn.a.value : 0n;
  cpu.setGpr(RSP, BigInt.asUintN(64, rsp + BigInt(2 * size) + released));
  setSelector(cpu, Segment.CS, cs);
  cpu.rip = offset;
  return 'jump';
};

const NESTED_TASK = 1n << 14n;

/** IRET to the same privilege level; in 64-bit mode it always pops RIP, CS, RFLAGS, RSP and SS. */
export const interruptReturn: HostFunction = (cpu, insn) => {
  if (cpu.rflags & NESTED_TASK) throw generalProtection();
  const size = stackSize(insn);
  const rsp = cpu.gpr(RSP);
  const word = (n: number) => cpu.loadUint(BigInt.asUintN(64, rsp + BigInt(n * size)), size, true);
  const [rip, cs, flags, newRsp, ss] = [word(0), word(1), word(2), word(3), word(4)];
  const selector = checkedCodeSelector(Number(cs & 0xffffn), true);
  checkStackSelector(Number(ss & 0xffffn));
  requireCanonical(rip);
  cpu.setGpr(RSP, newRsp);
  setSelector(cpu, Segment.CS, selector);
  setSelector(cpu, Segment.SS, Number(ss & 0xffffn));
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

/** SYSCALL: RCX ← return address, R11 ← RFLAGS; the kernel does the rest. */
export const systemCall: HostFunction = (cpu, insn) => {
  cpu.setGpr(RCX, BigInt.asUintN(64, insn.ip + BigInt(insn.length)));
  cpu.setGpr(R11, cpu.rflags);
  return 'syscall';
};
