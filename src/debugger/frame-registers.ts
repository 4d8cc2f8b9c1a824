/** Registers of one frame of the call stack by their DWARF numbers: the CPU's, or what unwinding recovers of a caller's. */
import type { Vcpu } from '../machine/api.ts';
import type { FrameMachine, SavedRegister } from '../symbols/unwind/unwind.ts';
import type { DwarfNumbers } from './dwarf-numbers.ts';
import { bigintOf, bytesOf } from './format.ts';
import type { Memory } from './memory.ts';

/** Values of a frame's registers; writing goes to the CPU or to where the register was saved. */
export class FrameRegisters implements FrameMachine {
  private constructor(
    private readonly cpu: Vcpu | undefined,
    private readonly saved: ReadonlyMap<number, SavedRegister>,
    private readonly memory: Memory,
    readonly numbers: DwarfNumbers,
  ) {}

  /** Of the innermost frame. */
  static ofCpu(cpu: Vcpu, memory: Memory, numbers: DwarfNumbers): FrameRegisters {
    return new FrameRegisters(cpu, new Map(), memory, numbers);
  }

  /** Of a frame that the unwind tables or a signal's frame give. */
  static unwound(saved: ReadonlyMap<number, SavedRegister>, memory: Memory, numbers: DwarfNumbers): FrameRegisters {
    return new FrameRegisters(undefined, saved, memory, numbers);
  }

  /** Of a frame found without tables: no more than its stack is known. */
  static guessed(
    { pc, sp, rbp }: { pc: bigint; sp: bigint; rbp: bigint },
    memory: Memory,
    numbers: DwarfNumbers,
  ): FrameRegisters {
    const known = new Map<number, SavedRegister>([
      [numbers.fp, { value: rbp }],
      [numbers.sp, { value: sp }],
      [numbers.pc, { value: pc }],
    ]);
    return new FrameRegisters(undefined, known, memory, numbers);
  }

  register(number: number): bigint | undefined {
    const { cpu } = this;
    const { general, pc, xmm0, st0 } = this.numbers;
    if (!cpu) return this.saved.get(number)?.value;
    if (number < general.length) return cpu.gpr(general[number]);
    if (number === pc) return cpu.rip;
    if (number >= xmm0 && number < xmm0 + general.length) return bigintOf(cpu.xmm(number - xmm0));
    // The numbers are those of the register stack; the CPU's are physical ones (FSW bits 11–13 hold the top).
    if (number >= st0 && number < st0 + 8) return bigintOf(cpu.st((number - st0 + ((cpu.fsw >> 11) & 7)) & 7));
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
    const { general, xmm0, word } = this.numbers;
    if (address !== undefined) return this.memory.write(address, bytesOf(value, word)) === word;
    const { cpu } = this;
    if (!cpu) return false;
    if (number < general.length) cpu.setGpr(general[number], BigInt.asUintN(8 * word, value));
    else if (number >= xmm0 && number < xmm0 + general.length) cpu.setXmm(number - xmm0, bytesOf(value, 16));
    else return false;
    return true;
  }
}

/** Registers of the code that a signal interrupted; `context` is the address of the register block in its ucontext. */
export function signalRegisters(context: bigint, memory: Memory, numbers: DwarfNumbers): FrameRegisters {
  const { ucontext, word } = numbers;
  const saved = new Map<number, SavedRegister>();
  ucontext.forEach((number, i) => {
    const address = context + BigInt(i * word);
    const value = memory.readUint(address, word);
    if (value !== undefined && number >= 0) saved.set(number, { value, address });
  });
  return FrameRegisters.unwound(saved, memory, numbers);
}
