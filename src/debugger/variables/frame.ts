/** A frame of the call stack as its variables see it: registers, memory, the frame below. */
import type { TaskView } from '../../kernel/api.ts';
import type { ModuleDebug } from '../../symbols/module-debug.ts';
import type { FrameContext } from '../../symbols/variable-location.ts';
import type { Unwinder, UserFrame } from '../backtrace.ts';
import type { Memory } from '../memory.ts';
import type { ProgramSymbols } from '../symbols.ts';

/** What variables need to know of the stopped program. */
export interface Program {
  readonly memory: Memory;
  readonly symbols: ProgramSymbols;
  readonly unwinder: Unwinder;
  readonly task: TaskView;
}

export class VariableFrame implements FrameContext {
  private callerFrame: VariableFrame | undefined;
  private cfaValue: bigint | undefined;

  constructor(
    readonly program: Program,
    readonly frame: UserFrame,
    /** Debug information of the module that the frame's code is in. */
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

  get threadPointer(): bigint {
    return this.program.task.cpu.fsBase;
  }

  get threadStorageSize(): bigint | undefined {
    return this.debug.threadStorageSize;
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
}

/** The view of a frame; undefined where its code has no debug information. */
export function variableFrame(program: Program, frame: UserFrame): VariableFrame | undefined {
  const debug = program.symbols.debugAt(frame.pc);
  return debug && new VariableFrame(program, frame, debug);
}
