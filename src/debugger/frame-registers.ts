/** Registers of one frame of the call stack by their DWARF numbers: the CPU's, or what unwinding recovers of a caller's. */
import type { Vcpu } from '../machine/api.ts';
import type { FrameMachine, SavedRegister } from '../symbols/unwind/unwind.ts';
import { bigintOf, bytesOf } from './format.ts';
import type { Memory } from './memory.ts';

/** Encoding-order index of the general registers 0–15 of the psABI's DWARF numbering. */
export const GPR_OF_DWARF = [0, 2, 1, 3, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15];
/** DWARF number of each general register in encoding order. */
export const DWARF_OF_GPR = GPR_OF_DWARF.map((_, gpr) => GPR_OF_DWARF.indexOf(gpr));
const RBP = 6;
const RSP = 7;
export const RETURN_ADDRESS = 16;
const XMM0 = 17;
const ST0 = 33;
/** DWARF numbers of the general registers in the order of a signal's ucontext: r8–r15 rdi rsi rbp rbx rdx rax rcx rsp rip. */
const UCONTEXT_ORDER = [8, 9, 10, 11, 12, 13, 14, 15, 5, 4, 6, 3, 1, 0, 2, 7, 16];

/** Values of a frame's registers; writing goes to the CPU or to where the register was saved. */
export class FrameRegisters implements FrameMachine {
  private constructor(
    private readonly cpu: Vcpu | undefined,
    private readonly saved: ReadonlyMap<number, SavedRegister>,
    private readonly memory: Memory,
  ) {}

  /** Of the innermost frame. */
  static ofCpu(cpu: Vcpu, memory: Memory): FrameRegisters {
    return new FrameRegisters(cpu, new Map(), memory);
  }

  /** Of a frame that the unwind tables or a signal's frame give. */
  static unwound(saved: ReadonlyMap<number, SavedRegister>, memory: Memory): FrameRegisters {
    return new FrameRegisters(undefined, saved, memory);
  }

  /** Of a frame found without tables: no more than its stack is known. */
  static guessed({ pc, sp, rbp }: { pc: bigint; sp: bigint; rbp: bigint }, memory: Memory): FrameRegisters {
    const known = new Map<number, SavedRegister>([
      [RBP, { value: rbp }],
      [RSP, { value: sp }],
      [RETURN_ADDRESS, { value: pc }],
    ]);
    return new FrameRegisters(undefined, known, memory);
  }

  register(number: number): bigint | undefined {
    const { cpu } = this;
    if (!cpu) return this.saved.get(number)?.value;
    if (number < GPR_OF_DWARF.length) return cpu.gpr(GPR_OF_DWARF[number]);
    if (number === RETURN_ADDRESS) return cpu.rip;
    if (number >= XMM0 && number < XMM0 + 16) return bigintOf(cpu.xmm(number - XMM0));
    // The numbers are those of the register stack; the CPU's are physical ones (FSW bits 11–13 hold the top).
    if (number >= ST0 && number < ST0 + 8) return bigintOf(cpu.st((number - ST0 + ((cpu.fsw >> 11) & 7)) & 7));
    return undefined;
  }

  /** The register as the frame itself has it: undefined where the functions it called may have changed it. */
  own(number: number): bigint | undefined {
    return this.saved.get(number)?.assumed ? undefined : this.register(number);
  }

  assumed(number: number): boolean {
    return this.saved.get(number)?.assumed ?? false;
  }

  savedAt(number: number): bigint | undefined {
    return this.saved.get(number)?.address;
  }

  read(address: bigint, size: number): Uint8Array | undefined {
    const bytes = this.memory.read(address, size);
    return bytes.length === size ? bytes : undefined;
  }

  /** → whether the register is somewhere that can be changed */
  writeRegister(number: number, value: bigint): boolean {
    const address = this.savedAt(number);
    if (address !== undefined) return this.memory.write(address, bytesOf(value, 8)) === 8;
    const { cpu } = this;
    if (!cpu) return false;
    if (number < GPR_OF_DWARF.length) cpu.setGpr(GPR_OF_DWARF[number], BigInt.asUintN(64, value));
    else if (number >= XMM0 && number < XMM0 + 16) cpu.setXmm(number - XMM0, bytesOf(value, 16));
    else return false;
    return true;
  }
}

/** Registers of the code that a signal interrupted; `context` is the address of the register block in its ucontext. */
export function signalRegisters(context: bigint, memory: Memory): FrameRegisters {
  const saved = new Map<number, SavedRegister>();
  UCONTEXT_ORDER.forEach((number, i) => {
    const address = context + BigInt(i * 8);
    const value = memory.readUint(address, 8);
    if (value !== undefined) saved.set(number, { value, address });
  });
  return FrameRegisters.unwound(saved, memory);
}
