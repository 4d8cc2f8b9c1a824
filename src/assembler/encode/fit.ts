/** Which operands an encoding takes. */
import { Register } from 'iced-x86';
import type { Form } from './forms.ts';
import type { ImmediateField, OperandKind } from './operand-kinds.ts';
import type { MemoryOperand, Operand } from './operands.ts';
import { generalSize, type Registers } from './registers.ts';

/** An operand of the encoding with what was written for it; nothing where it is implied. */
export interface Slot {
  kind: OperandKind;
  operand: Operand | undefined;
}

/** Whether `value` can be that immediate: written signed or unsigned, as wide as the operation. */
export function fitsImmediate(value: bigint | undefined, { bits, field }: ImmediateField): boolean {
  // What is not known yet gets the whole width; of 64 bits, the sign-extended 32 will do.
  if (value === undefined) return field === bits || field === 32;
  if (bits < 64 && (value < -(1n << BigInt(bits - 1)) || value >= 1n << BigInt(bits))) return false;
  const signed = BigInt.asIntN(bits, value);
  return field === bits || BigInt.asIntN(field, signed) === signed;
}

/** Whether a displacement fits into the 32 bits that are extended with their sign, or are the whole address. */
export function fitsDisplacement({ value, base, index }: MemoryOperand, registers: Registers): boolean {
  if (value === undefined) return true;
  const short = [base, index].some((one) => one !== undefined && registers.class(one) === 'r32');
  return BigInt.asIntN(32, value) === value || (short && value >= 0n && value < 1n << 32n);
}

function fitsMemory(kind: OperandKind, operand: MemoryOperand, registers: Registers): boolean {
  const { base, index } = operand;
  if (kind.absolute) return base === undefined && index === undefined && operand.size !== 0;
  const indexClass = index === undefined ? undefined : registers.class(index);
  if (kind.vector) return indexClass === kind.vector;
  return kind.memory === true && indexClass !== 'xmm' && indexClass !== 'ymm';
}

/** Whether `operand` is what the instruction addresses by itself, written out: `(%rsi)`, `%es:(%rdi)`. */
function fitsImplied({ implied }: OperandKind, operand: Operand): boolean {
  if (!implied || operand.kind !== 'memory') return false;
  const { base, index, displacement } = operand;
  return base !== undefined && implied.base.includes(base) && index === undefined && displacement === undefined;
}

export function fits(kind: OperandKind, operand: Operand, registers: Registers): boolean {
  switch (operand.kind) {
    case 'register':
      return kind.fixed === undefined ? kind.class === operand.class : kind.fixed === operand.register;
    case 'immediate':
      if (kind.one) return operand.value === 1n;
      return kind.immediate !== undefined && fitsImmediate(operand.value, kind.immediate);
    case 'memory':
      return kind.implied ? fitsImplied(kind, operand) : fitsMemory(kind, operand, registers);
    case 'target':
      return kind.branch !== undefined;
  }
}

const isImplied = (kind: OperandKind): boolean => kind.implied !== undefined;
/** Registers that string instructions use by themselves. */
const IN_STRINGS = new Set<Register>([Register.AL, Register.AX, Register.EAX, Register.RAX, Register.DX]);

/** The operands of `form` with what was written; undefined if that does not fit. */
export function slotsOf(form: Form, operands: readonly Operand[], registers: Registers): Slot[] | undefined {
  const { operands: kinds } = form;
  const ways: ((kind: OperandKind) => boolean)[] = [() => true];
  if (kinds.some(isImplied)) {
    const isRegister = (kind: OperandKind) => kind.fixed !== undefined && IN_STRINGS.has(kind.fixed);
    ways.push((kind) => !isImplied(kind));
    ways.push((kind) => !isRegister(kind));
    ways.push((kind) => !isImplied(kind) && !isRegister(kind));
  }
  for (const written of ways) {
    if (kinds.filter(written).length !== operands.length) continue;
    let at = 0;
    const slots = kinds.map((kind): Slot => ({ kind, operand: written(kind) ? operands[at++] : undefined }));
    if (slots.every(({ kind, operand }) => !operand || fits(kind, operand, registers))) return slots;
  }
  return undefined;
}

/** Whether the operation, as encoded by `form`, works on `size` bytes: in memory, else in its registers, else by itself. */
export function hasSize(form: Form, slots: readonly Slot[], size: number): boolean {
  if (form.memorySize > 0 && slots.some(({ operand }) => operand?.kind === 'memory')) return form.memorySize === size;
  const general = slots.flatMap(({ kind, operand }) => {
    if (operand?.kind !== 'register' || kind.fixed === Register.CL) return [];
    return generalSize(operand.class) ?? [];
  });
  if (general.length) return general.includes(size);
  // LOOP counts in a register as wide as addresses are.
  if (slots.some(({ kind }) => kind.branch === 1)) return form.addressSize === size;
  return form.operandSize === size || (form.memorySize === size && slots.some(({ kind }) => kind.implied));
}
