/** Names of handlers: what the generator makes and what the record writer asks for must agree, so both call this. */
import { type Insn, type MemoryOperand, type Operand, operandsOf, Segment } from '../../isa/insn.ts';
import type { Definition } from '../../isa/semantics/table.ts';

/** How a handler computes an address: base + displacement, that plus a scaled index, or everything (segment base, 32-bit wrap). */
export type MemoryForm = 'm' | 'x' | 'g';

/** The cheapest memory form of `definition` that serves operand `o`. */
export function memoryForm(definition: Definition, o: MemoryOperand): MemoryForm {
  const general = o.addressSize !== 8 || o.segment === Segment.FS || o.segment === Segment.GS;
  if (general) return 'g';
  if (o.index < 0) return definition.memory.includes('plain') ? 'm' : 'g';
  return definition.memory.includes('indexed') ? 'x' : 'g';
}

/** All memory forms a definition has handlers for. */
export function memoryForms(definition: Definition): MemoryForm[] {
  const forms: MemoryForm[] = ['g'];
  if (definition.memory.includes('plain')) forms.push('m');
  if (definition.memory.includes('indexed')) forms.push('x');
  return forms;
}

/** `form` with its `m` made concrete. */
export function concreteForm(form: string, memory: MemoryForm): string {
  return form.replace('m', memory);
}

/** The operand of an instruction that is in memory. */
export function memoryOperand(u: Insn): MemoryOperand | undefined {
  return operandsOf(u).find((o: Operand): o is MemoryOperand => o.kind === 'mem');
}

/** `form` is concrete. */
export function handlerKey(definition: Definition, u: Insn, form: string): string {
  const source = definition.sourceSizes ? `.${sourceSize(u)}` : '';
  const condition = definition.conditional ? `.c${u.cc}` : '';
  const init = definition.resetsBounds && u.initialisesBounds ? '^' : '';
  const repeat = !definition.repeats ? '' : u.repne ? '.repne' : u.rep ? '.rep' : '';
  const narrow = definition.addressSizes && u.addressSize !== 8 ? `.a${u.addressSize * 8}` : '';
  return `${u.op}${u.size}${source}${condition}${init}${repeat}${narrow}:${form}`;
}

function sourceSize(u: Insn): number {
  const { b } = u;
  return b && 'size' in b ? b.size : 0;
}

/** Joins the keys of a flag-setting instruction and the branch behind it. */
export function fusedKey(first: string, branch: string): string {
  return `${first}+${branch}`;
}
