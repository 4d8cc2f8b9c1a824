/** Operands as expressions of the debugger: what is shown can be typed back. */
import { hex } from '../base/hex.ts';
import type { MemoryOperand, RegisterOperand } from '../isa/insn.ts';
import { GPR32, GPR64 } from './registers.ts';

/** `rax + rdx*4 + 0x8`, `0x602010`, `rax`. */
export function operandExpression(operand: MemoryOperand | RegisterOperand): string {
  const isNarrow = (operand.kind === 'reg' ? operand.size : operand.addressSize) === 4;
  const names = isNarrow ? GPR32 : GPR64;
  if (operand.kind === 'reg') return names[operand.number];
  const parts: string[] = [];
  if (operand.base >= 0) parts.push(names[operand.base]);
  if (operand.index >= 0)
    parts.push(operand.scale === 1 ? names[operand.index] : `${names[operand.index]}*${operand.scale}`);
  if (parts.length === 0) return hex(BigInt.asUintN(64, operand.disp));
  const sum = parts.join(' + ');
  if (operand.disp === 0n) return sum;
  return operand.disp < 0n ? `${sum} - ${hex(-operand.disp)}` : `${sum} + ${hex(operand.disp)}`;
}
