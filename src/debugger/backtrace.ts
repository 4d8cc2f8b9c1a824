/** The call stack of a stopped task: kernel functions if they are being stepped, then user frames. */
import { wrap64 } from '../base/address.ts';
import type { TaskView } from '../kernel/api.ts';
import type { KernelFrame } from '../kernel/steps.ts';
import { PROT_EXEC } from '../machine/api.ts';
import type { SourceLocation } from '../symbols/api.ts';
import type { CodeReader } from './code.ts';
import { DWARF_NUMBERS, type DwarfNumbers } from './dwarf-numbers.ts';
import { frameLayout } from './frame-layout.ts';
import { FrameRegisters, signalRegisters } from './frame-registers.ts';
import type { Memory } from './memory.ts';
import type { ProgramSymbols } from './symbols.ts';

/** How a frame was found; the last one may be wrong and is said to be a guess. */
export type FrameOrigin = 'registers' | 'unwind tables' | 'frame pointer' | 'prologue' | 'signal frame' | 'stack scan';

export interface UserFrame {
  kind: 'user';
  pc: bigint;
  sp: bigint;
  rbp: bigint;
  origin: FrameOrigin;
  /** What is known of its registers. */
  registers: FrameRegisters;
  /** `pc` is a return address: the call before it is what is going on. */
  afterCall: boolean;
  /** The trampoline that a signal handler returns to. */
  signalTrampoline: boolean;
  /** Set on frames that share one frame of the stack with inlined functions. */
  inlined?: {
    /** Inlined functions inside of this one. */
    depth: number;
    /** This one itself was inlined. */
    isCopy: boolean;
    name: string | undefined;
    /** Where it calls the next inner one; undefined for the innermost. */
    location: SourceLocation | undefined;
  };
}

export type StackFrame = UserFrame | { kind: 'kernel'; frame: KernelFrame };

const MAX_FRAMES = 2000;
/** Words of the stack searched for a return address where nothing better is known. */
const SCAN_WORDS = 1024;
/**
 * What signal handlers return to, and how far above the stack pointer the interrupted registers lie there. 64-bit code: `mov $15, %rax;
 * syscall` in both encodings; ucontext is on top, R8… 40 bytes into it (spec B.8). 32-bit code: `pop %eax; mov $119, %eax; int $0x80`,
 * above sigcontext; `mov $173, %eax; int $0x80`, above arguments, siginfo and ucontext. Both begin with four segment registers.
 */
const TRAMPOLINES: Readonly<Record<32 | 64, readonly { code: string; registers: bigint }[]>> = {
  64: [
    { code: '48c7c00f0000000f05', registers: 40n },
    { code: 'b80f0000000f05', registers: 40n },
  ],
  32: [
    { code: '58b877000000cd80', registers: 20n },
    { code: 'b8ad000000cd80', registers: 176n },
  ],
};

export class Unwinder {
  constructor(
    private readonly memory: Memory,
    private readonly code: CodeReader,
    private readonly symbols: ProgramSymbols,
  ) {}

  private get numbers(): DwarfNumbers {
    return DWARF_NUMBERS[this.code.bits];
  }
  private get word(): bigint {
    return BigInt(this.code.wordSize);
  }

  /** User frames of `task`, innermost first, at most `limit`. */
  userFrames(task: TaskView, limit = MAX_FRAMES): UserFrame[] {
    const { cpu } = task;
    let frame: UserFrame | undefined = {
      kind: 'user',
      pc: cpu.rip,
      sp: cpu.gpr(4),
      rbp: cpu.gpr(5),
      registers: FrameRegisters.ofCpu(cpu, this.memory, this.numbers),
      origin: 'registers',
      afterCall: false,
      signalTrampoline: this.isTrampoline(cpu.rip),
    };
    const frames: UserFrame[] = [];
    while (frame && frames.length < limit) {
      frames.push(frame);
      // Conditions of breakpoints ask for the innermost frame only, very often.
      if (frames.length === limit) break;
      const next: UserFrame | undefined = this.caller(frame);
      // Frames lie ever higher on the stack; only a signal on another stack may jump.
      frame = next && (next.sp > frame.sp || frame.signalTrampoline) ? next : undefined;
    }
    return frames;
  }

  /** The frame that `frame` returns to; undefined at the outermost. */
  caller(frame: UserFrame): UserFrame | undefined {
    if (frame.signalTrampoline) return this.interrupted(frame);
    const byTables = this.byTables(frame);
    if (byTables) return byTables === 'outermost' ? undefined : byTables;
    const found = this.nowhere(frame) ?? this.byLayout(frame) ?? this.byFramePointer(frame) ?? this.byScan(frame);
    if (!found) return undefined;
    return {
      ...found,
      kind: 'user',
      registers: FrameRegisters.guessed(found, this.memory, this.numbers),
      signalTrampoline: this.isTrampoline(found.pc),
      afterCall: !this.isTrampoline(found.pc),
    };
  }

  /** By the program's call frame information, if it describes the code and leads behind a call. */
  private byTables(frame: UserFrame): UserFrame | 'outermost' | undefined {
    const unwinder = this.symbols.debugAt(frame.pc)?.unwinder;
    const signalFrame = unwinder?.isSignalFrame(frame.pc) ?? false;
    const caller = unwinder?.caller(frame.afterCall ? frame.pc - 1n : frame.pc, frame.registers);
    if (!caller || caller === 'outermost') return caller;
    const { pc } = caller;
    const plausible = this.isCode(pc) && (signalFrame || this.code.followsCall(pc) || this.isTrampoline(pc));
    if (!plausible) return undefined;
    const registers = FrameRegisters.unwound(caller.registers, this.memory, this.numbers);
    const trampoline = this.isTrampoline(pc);
    return {
      kind: 'user',
      pc,
      sp: registers.register(this.numbers.sp) ?? caller.cfa,
      rbp: registers.register(this.numbers.fp) ?? 0n,
      origin: 'unwind tables',
      registers,
      signalTrampoline: trampoline,
      afterCall: !trampoline && !signalFrame,
    };
  }

  private isCode(pc: bigint): boolean {
    return ((this.memory.protection(pc) ?? 0) & PROT_EXEC) !== 0;
  }

  /** Control went where no code is: by a call the return address is on top of the stack. */
  private nowhere(frame: UserFrame): Pick<UserFrame, 'pc' | 'sp' | 'rbp' | 'origin'> | undefined {
    if (frame.origin !== 'registers' || this.code.at(frame.pc)) return undefined;
    const pc = this.returnAddress(frame.sp);
    return pc === undefined ? undefined : { pc, sp: frame.sp + this.word, rbp: frame.rbp, origin: 'prologue' };
  }

  private byLayout(frame: UserFrame): Pick<UserFrame, 'pc' | 'sp' | 'rbp' | 'origin'> | undefined {
    // A call that does not return may be the last instruction: look the function up by the call.
    const symbol = this.symbols.symbolAt(frame.afterCall ? frame.pc - 1n : frame.pc);
    const layout = symbol && frameLayout(this.code, symbol.symbol.address, frame.pc);
    if (!layout) return undefined;
    const at = wrap64((layout.register === 'rbp' ? frame.rbp : frame.sp) + layout.offset);
    const pc = this.returnAddress(at);
    if (pc === undefined) return undefined;
    const saved = layout.savedRbp === undefined ? frame.rbp : this.code.word(at - layout.savedRbp);
    return {
      pc,
      sp: at + this.word,
      rbp: saved ?? 0n,
      origin: layout.register === 'rbp' ? 'frame pointer' : 'prologue',
    };
  }

  private byFramePointer(frame: UserFrame): Pick<UserFrame, 'pc' | 'sp' | 'rbp' | 'origin'> | undefined {
    const { word } = this;
    if (frame.rbp < frame.sp || frame.rbp % word !== 0n) return undefined;
    const pc = this.returnAddress(frame.rbp + word);
    if (pc === undefined) return undefined;
    return { pc, sp: frame.rbp + 2n * word, rbp: this.code.word(frame.rbp) ?? 0n, origin: 'frame pointer' };
  }

  private byScan(frame: UserFrame): Pick<UserFrame, 'pc' | 'sp' | 'rbp' | 'origin'> | undefined {
    for (let i = 0n; i < SCAN_WORDS; i++) {
      const at = (frame.sp & -this.word) + i * this.word;
      if (this.code.word(at) === undefined) return undefined;
      const pc = this.returnAddress(at);
      if (pc !== undefined) return { pc, sp: at + this.word, rbp: frame.rbp, origin: 'stack scan' };
    }
    return undefined;
  }

  /** What was interrupted by the signal whose frame lies at the trampoline's stack pointer. */
  private interrupted(frame: UserFrame): UserFrame | undefined {
    const trampoline = this.trampolineAt(frame.pc);
    if (!trampoline) return undefined;
    const { numbers } = this;
    const registers = signalRegisters(frame.sp + trampoline.registers, this.memory, numbers);
    const [pc, sp, rbp] = [numbers.pc, numbers.sp, numbers.fp].map((number) => registers.register(number));
    if (pc === undefined || sp === undefined || rbp === undefined) return undefined;
    return { kind: 'user', pc, sp, rbp, origin: 'signal frame', registers, afterCall: false, signalTrampoline: false };
  }

  /** The word at `at` if it can be a return address: behind a call, or the signal trampoline. */
  private returnAddress(at: bigint): bigint | undefined {
    const pc = this.code.word(at);
    if (pc === undefined || !this.isCode(pc)) return undefined;
    return this.code.followsCall(pc) || this.isTrampoline(pc) ? pc : undefined;
  }

  private trampolineAt(pc: bigint) {
    const bytes = Array.from(this.memory.read(pc, 9), (byte) => byte.toString(16).padStart(2, '0')).join('');
    return TRAMPOLINES[this.code.bits].find(({ code }) => bytes.startsWith(code));
  }

  private isTrampoline(pc: bigint): boolean {
    return this.trampolineAt(pc) !== undefined;
  }
}
