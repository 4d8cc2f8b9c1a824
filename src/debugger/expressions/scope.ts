/** What expressions need to know of the place where they are evaluated. */
import type { LocalValue } from '../../kernel/steps.ts';
import type { Vcpu } from '../../machine/api.ts';
import type { CType } from '../../symbols/types.ts';
import type { FrameRegisters } from '../frame-registers.ts';
import type { Memory } from '../memory.ts';
import type { ProgramSymbols } from '../symbols.ts';
import { MemoryFrame, type VariableFrame } from '../variables/frame.ts';
import type { CObject } from '../variables/object.ts';

/** A variable found by its name: gives its object in any frame that stands at the same place. */
export type VariableBinding = (frame: VariableFrame) => CObject;

/** What names and addresses mean where the task stands. */
export interface Scope {
  cpu: Vcpu;
  /** Registers of the selected frame, if it is not the innermost. */
  outer?: FrameRegisters;
  memory: Memory;
  /** For the names of addresses in values. */
  symbols?: ProgramSymbols;
  /** Address of a symbol. */
  symbol(name: string): bigint | undefined;
  /** Local of the kernel frame that is selected. */
  kernelLocal?(name: string): LocalValue;
  /** The selected frame of the C program. */
  frame?(): VariableFrame | undefined;
  /** Finds the variable called `name` as the frame sees it. */
  bindVariable?(frame: VariableFrame, name: string): VariableBinding | undefined;
  /** Value of an enumerator of the program. */
  enumerator?(name: string): { type: CType; value: bigint } | undefined;
  /** A type of the program. */
  typeNamed?(name: string): CType | undefined;
  /** Two scopes with the same place find the same variables by the same names; undefined: nothing may be concluded. */
  place?: bigint;
  /** Assignments and other writes throw UserError while false (hover). */
  mayWrite: boolean;
  /** Told about each write to memory. */
  onMemoryWritten?(address: bigint, length: number): void;
}

/** The frame for objects that are memory and nothing else. */
export function memoryFrame(scope: Scope): MemoryFrame {
  return new MemoryFrame(scope, scope.onMemoryWritten);
}
