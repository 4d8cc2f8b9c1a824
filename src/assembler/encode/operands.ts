/** Operands as they are written. */
import type { Register } from 'iced-x86';
import type { Expression } from '../model.ts';
import type { RegisterClass } from './registers.ts';

/** Columns in the line, from 0. */
interface Columns {
  start: number;
  end: number;
}

export interface RegisterOperand extends Columns {
  kind: 'register';
  register: Register;
  class: RegisterClass;
}

export interface ImmediateOperand extends Columns {
  kind: 'immediate';
  expression: Expression;
  /** Its value, if that is known while the source is read. */
  value: bigint | undefined;
}

export interface MemoryOperand extends Columns {
  kind: 'memory';
  segment: Register | undefined;
  /** A general register or RIP. */
  base: Register | undefined;
  index: Register | undefined;
  scale: number;
  displacement: Expression | undefined;
  /** The displacement's value, if it is known while the source is read. */
  value: bigint | undefined;
  /** Bytes of what lies there, if that is said (`dword ptr`). */
  size: number | undefined;
}

/** A place in the code to go to. */
export interface TargetOperand extends Columns {
  kind: 'target';
  expression: Expression;
}

export type Operand = RegisterOperand | ImmediateOperand | MemoryOperand | TargetOperand;
