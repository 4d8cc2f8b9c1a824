/** A frame of the call stack as its variables see it: registers, memory, the frame below. */
import type { TaskView } from '../../kernel/api.ts';
import { Unavailable } from '../../symbols/dwarf/expression.ts';
import type { ModuleDebug } from '../../symbols/module-debug.ts';
import { type ObjectContext, ObjectLocation, OPTIMISED_OUT } from '../../symbols/object-location.ts';
import type { ArrayCount } from '../../symbols/types.ts';
import type { RegisterPlace } from '../../symbols/unwind/unwind.ts';
import type { FrameContext } from '../../symbols/variable-location.ts';
import type { Unwinder, UserFrame } from '../backtrace.ts';
import type { Memory } from '../memory.ts';
import type { ProgramSymbols } from '../symbols.ts';
import { threadStorage } from './thread-storage.ts';

/** What variables need to know of the stopped program. */
export interface Program {
  readonly memory: Memory;
  readonly symbols: ProgramSymbols;
  readonly unwinder: Unwinder;
  readonly task: TaskView;
}

/** What an object needs of the frame it belongs to. */
export interface ObjectFrame extends ObjectContext {
  readonly program: { readonly memory: Memory; readonly symbols?: ProgramSymbols };
  /** Elements of an array; undefined if that is not known. */
  elements(count: ArrayCount): number | undefined;
  /** Where the variable is that an entry of the debug information describes. @throws Unavailable */
  locateEntry(entry: number): ObjectLocation;
}

/** Objects in memory that belong to no frame with debug information. */
export class MemoryFrame implements ObjectFrame {
  constructor(
    readonly program: ObjectFrame['program'],
    private readonly onWritten?: (address: bigint, length: number) => void,
  ) {}

  register(_number: number): bigint | undefined {
    return undefined;
  }

  read(address: bigint, size: number): Uint8Array | undefined {
    const bytes = this.program.memory.read(address, size);
    return bytes.length === size ? bytes : undefined;
  }

  write(address: bigint, bytes: Uint8Array): boolean {
    if (this.program.memory.write(address, bytes) !== bytes.length) return false;
    this.onWritten?.(address, bytes.length);
    return true;
  }

  elements(count: ArrayCount): number | undefined {
    return count.kind === 'known' ? count.count : undefined;
  }

  locateEntry(_entry: number): ObjectLocation {
    throw new Unavailable(OPTIMISED_OUT);
  }
}

export class VariableFrame implements FrameContext, ObjectFrame {
  private callerFrame: VariableFrame | undefined;
  private cfaValue: bigint | undefined;

  constructor(
    readonly program: Program,
    readonly frame: UserFrame,
    /** Debug information of the module that the variables are of: the one that the frame's code is in, for locals. */
    readonly debug: ModuleDebug,
  ) {}

  get pc(): bigint {
    return this.frame.pc;
  }

  get lookupPc(): bigint {
    return this.frame.afterCall ? this.frame.pc - 1n : this.frame.pc;
  }

  get cfa(): bigint | undefined {
    this.cfaValue ??= this.debug.unwinder.cfa(this.lookupPc, this.frame.registers);
    return this.cfaValue;
  }

  get cfaPlace(): RegisterPlace | undefined {
    return this.debug.unwinder.cfaPlace(this.lookupPc);
  }

  threadStorage(): bigint {
    const { task, symbols, memory } = this.program;
    return threadStorage(this.debug, task.cpu.fsBase, symbols, memory);
  }

  caller(): VariableFrame | undefined {
    if (!this.callerFrame) {
      const frame = this.program.unwinder.caller(this.frame);
      this.callerFrame = frame && variableFrame(this.program, frame);
    }
    return this.callerFrame;
  }

  register(number: number): bigint | undefined {
    return this.frame.registers.register(number);
  }

  read(address: bigint, size: number): Uint8Array | undefined {
    return this.frame.registers.read(address, size);
  }

  writeRegister(number: number, value: bigint): boolean {
    return this.frame.registers.writeRegister(number, value);
  }

  write(address: bigint, bytes: Uint8Array): boolean {
    return this.program.memory.write(address, bytes) === bytes.length;
  }

  elements(count: ArrayCount): number | undefined {
    return this.debug.locator.elements(count, this);
  }

  locateEntry(entry: number): ObjectLocation {
    return new ObjectLocation(this.debug.locator.locateEntry(entry, this).pieces, this);
  }
}

/** The view of a frame; undefined where its code has no debug information. */
export function variableFrame(program: Program, frame: UserFrame): VariableFrame | undefined {
  const debug = program.symbols.debugAt(frame.pc);
  return debug && new VariableFrame(program, frame, debug);
}
