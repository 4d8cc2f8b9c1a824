/** Stepping in user mode, by instruction and by source line. */
import type { TaskView } from '../kernel/api.ts';
import type { Stop as MachineStop } from '../machine/api.ts';
import { type CodeReader, isCall, isReturn } from './code.ts';
import { inlinedCopies, isDeeper } from './inlined-frames.ts';
import { Continue, isSteppableEntry, RSP, UNLIMITED } from './plans.ts';
import type { ProgramSymbols } from './symbols.ts';

export interface StepOptions {
  /** Into called functions and signal handlers, or over them. */
  into: boolean;
  /** Stop at the first step of kernel handlers met on the way. */
  intoKernel: boolean;
  /** Into this function only, over all others: its address, or an inlined copy that contains it. */
  target?: bigint;
  /** Into functions without source as well, instruction by instruction. */
  intoUnknown?: boolean;
  /** How many signal handlers are active now; see RunControl. */
  handlerDepth: () => number;
}

/** A call being stepped over: the step goes on when it has returned. */
interface Skip {
  address: bigint;
  stackPointer: bigint;
  /** What was called is a stub that leads to this function, which is stepped into. */
  into: bigint | undefined;
}

/** One instruction; with `into` false, a called function and a signal handler count as part of it. */
export class StepInstruction extends Continue {
  override readonly title: string = 'Stepping';
  protected skip: Skip | undefined;
  /** The instruction about to run. */
  protected next: 'call' | 'return' | 'other' = 'other';
  private readonly kinds = new Map<bigint, 'call' | 'return' | 'other'>();
  private readonly startDepth: number;

  constructor(
    task: TaskView,
    protected readonly code: CodeReader,
    protected readonly options: StepOptions,
  ) {
    super();
    this.startDepth = options.handlerDepth();
    this.prepare(task);
  }

  override quantum(): number {
    return this.skip || this.inHandler() ? UNLIMITED : 1;
  }

  override temporaryBreakpoints(): readonly bigint[] {
    const { skip } = this;
    if (!skip) return [];
    return skip.into === undefined ? [skip.address] : [skip.address, skip.into];
  }

  override reached(task: TaskView): boolean {
    if (this.inHandler()) return false;
    if (this.skip) {
      const { into, stackPointer } = this.skip;
      // A stub leaves the return address where the call has put it.
      if (into !== undefined && task.cpu.rip === into && task.cpu.gpr(RSP) === stackPointer - 8n) {
        this.skip = undefined;
        return this.stepped(task, 'call');
      }
      if (task.cpu.rip !== this.skip.address || task.cpu.gpr(RSP) < this.skip.stackPointer) return false;
      this.skip = undefined;
      return this.stepped(task, 'other');
    }
    const done = this.next;
    if (done === 'call' && this.wantsOver(task)) {
      const stackPointer = task.cpu.gpr(RSP);
      const returnAddress = this.code.word(stackPointer);
      if (returnAddress !== undefined) {
        const above = stackPointer + BigInt(this.code.wordSize);
        this.skip = { address: returnAddress, stackPointer: above, into: this.throughStub(task.cpu.rip) };
        return false;
      }
    }
    return this.stepped(task, done);
  }

  override entersKernel(stop: MachineStop): boolean {
    return this.options.intoKernel && this.skip === undefined && !this.inHandler() && isSteppableEntry(stop);
  }

  override kernelDone(task: TaskView, moved: boolean): boolean {
    // A fault that the kernel has mended: the instruction has not run yet.
    if (!moved || this.skip || this.inHandler()) return false;
    return this.stepped(task, 'other');
  }

  /** An instruction (or a call as a whole) is done. True ends the step. */
  protected stepped(_task: TaskView, _done: 'call' | 'return' | 'other'): boolean {
    return true;
  }

  /** Whether the function just entered is to be stepped over. */
  protected wantsOver(_task: TaskView): boolean {
    return !this.options.into;
  }

  /** The function to step into by way of the stub at `pc`, if it is one and that is wanted. */
  protected throughStub(_pc: bigint): bigint | undefined {
    return undefined;
  }

  /** Looks at the instruction that runs next. */
  protected prepare(task: TaskView): void {
    const pc = task.cpu.rip;
    let kind = this.kinds.get(pc);
    if (!kind) {
      const insn = this.code.at(pc);
      kind = insn && isCall(insn) ? 'call' : insn && isReturn(insn) ? 'return' : 'other';
      this.kinds.set(pc, kind);
    }
    this.next = kind;
  }

  /** Signal handlers are stepped over unless stepping in. */
  private inHandler(): boolean {
    return !this.options.into && this.options.handlerDepth() > this.startDepth;
  }
}

/**
 * One source line: to the start of another statement, or back in the caller. Where there is no line information it is one
 * instruction. Functions without lines are stepped over. Code of a function inlined into the line is like a call: gone through
 * unless stepping in.
 */
export class StepLine extends StepInstruction {
  private range: { start: bigint; end: bigint } | undefined;
  /** Where the function that was stepped into has made its frame. */
  private arrival: bigint | undefined;
  private file = '';
  private line = 0;
  private readonly startStack: bigint;
  private readonly startCopies: readonly number[];

  constructor(
    task: TaskView,
    code: CodeReader,
    private readonly symbols: ProgramSymbols,
    options: StepOptions,
  ) {
    super(task, code, options);
    this.startStack = task.cpu.gpr(RSP);
    this.startCopies = inlinedCopies(task.cpu.rip, symbols);
    this.enterRange(task.cpu.rip);
  }

  protected override wantsOver(task: TaskView): boolean {
    const { target, intoUnknown } = this.options;
    if (super.wantsOver(task) || (target !== undefined && task.cpu.rip !== target)) return true;
    if (this.throughStub(task.cpu.rip) !== undefined) return true;
    return !intoUnknown && this.symbols.lineRange(task.cpu.rip) === undefined;
  }

  protected override throughStub(pc: bigint): bigint | undefined {
    const { into, target, intoUnknown } = this.options;
    if (!into || (target !== undefined && pc !== target)) return undefined;
    const found = this.symbols.behindStub(pc, (at) => this.code.word(at));
    return found !== undefined && (intoUnknown || this.symbols.lineRange(found)) ? found : undefined;
  }

  /** In code inlined into the line that is stepped over. */
  private inInlinedCall(pc: bigint): boolean {
    const { into, target } = this.options;
    if (into && target === undefined) return false;
    const copies = inlinedCopies(pc, this.symbols);
    if (!isDeeper(copies, this.startCopies)) return false;
    return !into || target === undefined || !inlinedCopies(target, this.symbols).every((copy, i) => copies[i] === copy);
  }

  protected override stepped(task: TaskView, done: 'call' | 'return' | 'other'): boolean {
    const pc = task.cpu.rip;
    if (this.arrival !== undefined) return this.arrives(task);
    if (done === 'call') {
      // The code that makes the frame is passed: before, arguments and locals are not where they are said to be.
      this.arrival = this.symbols.afterPrologue(pc);
      return this.arrives(task);
    }
    const inRange = this.range && pc >= this.range.start && pc < this.range.end;
    if (!this.range || (done === 'return' && task.cpu.gpr(RSP) > this.startStack)) return true;
    const passing = !inRange && done !== 'return' && this.inInlinedCall(pc);
    if (!inRange && !passing && this.isNewLine(pc)) return true;
    if (!inRange && !passing) this.enterRange(pc);
    this.prepare(task);
    return false;
  }

  /** Whether the frame of the function that was stepped into is made. */
  private arrives(task: TaskView): boolean {
    const pc = task.cpu.rip;
    const { arrival } = this;
    const inPrologue =
      arrival !== undefined &&
      pc < arrival &&
      this.symbols.symbolAt(pc)?.symbol.address === this.symbols.symbolAt(arrival)?.symbol.address;
    if (!inPrologue) return true;
    this.prepare(task);
    return false;
  }

  /** At the start of another line's statement, or where there are no lines. In the middle of one, the step goes on to its end. */
  private isNewLine(pc: bigint): boolean {
    const range = this.symbols.lineRange(pc);
    if (!range) return true;
    const same = range.location.line === this.line && range.location.file === this.file;
    return !same && range.isStatement && range.start === pc;
  }

  private enterRange(pc: bigint): void {
    const range = this.symbols.lineRange(pc);
    this.range = range;
    this.file = range?.location.file ?? '';
    this.line = range?.location.line ?? 0;
  }
}

/** Out of the inlined copy that the task is in, to the code that it was inlined into. */
export class StepOutInlined extends StepInstruction {
  override readonly title: string = 'Stepping out';
  private readonly copies: readonly number[];
  private readonly startStack: bigint;

  /** Leaves `levels` copies, at least one. */
  constructor(
    task: TaskView,
    code: CodeReader,
    private readonly symbols: ProgramSymbols,
    options: StepOptions,
    levels = 1,
  ) {
    super(task, code, { ...options, into: false });
    const copies = inlinedCopies(task.cpu.rip, symbols);
    this.copies = copies.slice(0, copies.length - levels + 1);
    this.startStack = task.cpu.gpr(RSP);
  }

  protected override stepped(task: TaskView, done: 'call' | 'return' | 'other'): boolean {
    if (done === 'return' && task.cpu.gpr(RSP) > this.startStack) return true;
    const now = inlinedCopies(task.cpu.rip, this.symbols);
    if (!this.copies.every((copy, i) => now[i] === copy)) return true;
    this.prepare(task);
    return false;
  }
}
