/** Operands that may be left out, or written in another order, than in Intel's tables. */
import { Register } from 'iced-x86';
import { number } from '../model.ts';
import type { ImmediateOperand, Operand, RegisterOperand } from './operands.ts';
import type { RegisterClass } from './registers.ts';

const nowhere = { start: 0, end: 0 };
const register = (one: Register, name: RegisterClass): RegisterOperand => ({
  kind: 'register',
  register: one,
  class: name,
  ...nowhere,
});
export const immediateOperand = (value: bigint): ImmediateOperand => ({
  kind: 'immediate',
  expression: number(value),
  value,
  ...nowhere,
});

const SHIFTS = /^(shl|shr|sar|rol|ror|rcl|rcr)$/;
const X87_ARITHMETIC = /^f(add|sub|subr|mul|div|divr)$/;
const X87_POPPING = /^f(add|sub|subr|mul|div|divr)p$/;
const X87_WITH_TOP = /^f(com|comp|ucom|ucomp|comi|comip|ucomi|ucomip|xch)$/;
/** AT&T's assembler once had these the wrong way round, and so it has stayed. */
const SWAPPED: Record<string, string> = { fsub: 'fsubr', fsubr: 'fsub', fdiv: 'fdivr', fdivr: 'fdiv' };

const isStack = (operand: Operand | undefined): boolean => operand?.kind === 'register' && operand.class === 'st';
const isTop = (operand: Operand | undefined): boolean =>
  operand?.kind === 'register' && operand.register === Register.ST0;

export interface Written {
  mnemonic: string;
  operands: readonly Operand[];
}

function x87(mnemonic: string, operands: readonly Operand[]): Written {
  const top = register(Register.ST0, 'st');
  const second = register(Register.ST1, 'st');
  if (X87_ARITHMETIC.test(mnemonic) && operands.length === 0)
    return { mnemonic: `${mnemonic}p`, operands: [second, top] };
  if (X87_POPPING.test(mnemonic) && operands.length < 2) return { mnemonic, operands: [operands[0] ?? second, top] };
  const all = operands.every(isStack);
  if (X87_WITH_TOP.test(mnemonic) && operands.length === 0) return { mnemonic, operands: [top, second] };
  if ((X87_WITH_TOP.test(mnemonic) || X87_ARITHMETIC.test(mnemonic)) && operands.length === 1 && all)
    return { mnemonic, operands: [top, operands[0]] };
  // FXCH is the same both ways.
  if (mnemonic === 'fxch' && isTop(operands[1])) return { mnemonic, operands: [operands[1], operands[0]] };
  return { mnemonic, operands };
}

/** The same with what is usually left out; operands are in Intel's order. */
export function withUsualOperands(mnemonic: string, given: readonly Operand[], att: boolean): Written {
  const { length } = given;
  if (SHIFTS.test(mnemonic) && length === 1) return { mnemonic, operands: [...given, immediateOperand(1n)] };
  if (/^sh[lr]d$/.test(mnemonic) && length === 2)
    return { mnemonic, operands: [...given, register(Register.CL, 'r8')] };
  if (mnemonic === 'imul' && length === 2 && given[1].kind === 'immediate')
    return { mnemonic, operands: [given[0], given[0], given[1]] };
  if (mnemonic === 'int' && given[0]?.kind === 'immediate' && given[0].value === 3n)
    return { mnemonic: 'int3', operands: [] };
  if (/^(in|out)$/.test(mnemonic)) return { mnemonic, operands: given.map(portOperand) };
  if (/^(p?blendv\w+|sha256rnds2)$/.test(mnemonic) && length === 3 && !mnemonic.startsWith('v'))
    return { mnemonic, operands: given.slice(0, 2) };
  if (mnemonic === 'xchg' && isAccumulators(given)) return { mnemonic: 'nop', operands: [] };
  if (!mnemonic.startsWith('f')) return { mnemonic, operands: given };
  const written = x87(mnemonic, given);
  const { operands } = written;
  const base = written.mnemonic.replace(/p$/, '');
  const popping = base !== written.mnemonic;
  if (att && SWAPPED[base] && operands.every(isStack) && isTop(operands[1]) && (popping || !isTop(operands[0])))
    return { mnemonic: SWAPPED[base] + (popping ? 'p' : ''), operands };
  return written;
}

const isAccumulators = (operands: readonly Operand[]): boolean =>
  operands.length === 2 && operands.every((one) => one.kind === 'register' && one.register === Register.RAX);

/** `(%dx)` is the port in DX. */
function portOperand(operand: Operand): Operand {
  const { DX } = Register;
  return operand.kind === 'memory' && operand.base === DX && operand.displacement === undefined
    ? { ...register(DX, 'r16'), start: operand.start, end: operand.end }
    : operand;
}
