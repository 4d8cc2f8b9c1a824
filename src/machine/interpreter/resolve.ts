/** From a decoded instruction to what runs it: a handler of the generated modules, a host function, or nothing. */
import { type Insn, type Operand, Segment } from '../../isa/insn.ts';
import { allSemantics } from '../../isa/semantics/all.ts';
import { type Definition, formOf } from '../../isa/semantics/table.ts';
import { HOST_FUNCTIONS } from '../host/index.ts';
import { concreteForm, fusedKey, handlerKey, memoryForm, memoryOperand } from './key.ts';
import { slowKey } from './special.ts';

export interface HandlerChoice {
  kind: 'handler';
  definition: Definition;
  /** Operand letters, as in the semantics table. */
  form: string;
  key: string;
  /** Handler numbers in the two modules. */
  fast: number;
  slow: number;
  endsBlock: boolean;
  /** Handlers that run this and another choice behind it at once, as far as they have been looked up. */
  fused: Map<HandlerChoice, number | undefined>;
}
export type Choice = HandlerChoice | { kind: 'host' } | { kind: 'invalid' };

const HOST: Choice = { kind: 'host' };
const INVALID: Choice = { kind: 'invalid' };

export class Resolver {
  private readonly definitions = new Map<string, Definition[]>();
  /** Choices made, by operation and shape. */
  private readonly known = new Map<string, Map<number, Choice>>();

  constructor(private readonly handlers: Readonly<Record<string, number>>) {
    for (const definition of allSemantics) {
      const list = this.definitions.get(definition.op);
      if (list) list.push(definition);
      else this.definitions.set(definition.op, [definition]);
    }
  }

  resolve(u: Insn): Choice {
    let choices = this.known.get(u.op);
    if (!choices) {
      choices = new Map();
      this.known.set(u.op, choices);
    }
    const shape = shapeOf(u);
    let choice = choices.get(shape);
    if (!choice) {
      choice = this.search(u);
      choices.set(shape, choice);
    }
    return choice;
  }

  private search(u: Insn): Choice {
    for (const definition of this.definitions.get(u.op) ?? []) {
      const form = formOf(definition, u);
      if (form === undefined) continue;
      const memory = memoryOperand(u);
      const general = memory ? concreteForm(form, 'g') : form;
      const chosen = memory ? concreteForm(form, memoryForm(definition, memory)) : form;
      const key = handlerKey(definition, u, chosen);
      const fast = this.handlers[key];
      const slow = this.handlers[slowKey(handlerKey(definition, u, general))];
      if (fast === undefined || slow === undefined) continue;
      return { kind: 'handler', definition, form, key, fast, slow, endsBlock: definition.endsBlock, fused: new Map() };
    }
    return Object.hasOwn(HOST_FUNCTIONS, u.op) ? HOST : INVALID;
  }

  /** The handler that runs `first` and the conditional branch `second` at once, if there is one. */
  fused(first: HandlerChoice, second: HandlerChoice): number | undefined {
    if (first.fused.has(second)) return first.fused.get(second);
    const handler = this.handlers[fusedKey(first.key, second.key)];
    first.fused.set(second, handler);
    return handler;
  }

  /** Number of a handler by its key. */
  handler(key: string): number {
    const number = this.handlers[key];
    if (number === undefined) throw new Error(`the interpreter was built without ${key}`);
    return number;
  }
}

/** Everything of an instruction, besides its operation, that a choice may depend on, in one number (31 bits). */
function shapeOf(u: Insn): number {
  let shape = sizeBits(u.size);
  shape = (shape << 4) | operandBits(u.a, u);
  shape = (shape << 4) | operandBits(u.b, u);
  shape = (shape << 4) | operandBits(u.c, u);
  shape = (shape << 3) | (u.b && 'size' in u.b ? sizeBits(u.b.size) : 0);
  const flags = (u.initialisesBounds ? 1 : 0) | (u.rep ? 2 : 0) | (u.repne ? 4 : 0);
  return (((((shape << 2) | (u.addressSize >> 2)) << 3) | flags) << 5) | (u.cc + 1);
}

function sizeBits(size: number): number {
  return size === 32 ? 6 : size === 16 ? 5 : size === 8 ? 4 : size === 4 ? 3 : size & 3;
}

/** The kind, and what decides between forms: general or indexed addresses, zero counts, CL. */
function operandBits(o: Operand | undefined, u: Insn): number {
  switch (o?.kind) {
    case undefined:
      return 0;
    case 'reg':
      return o.number === 1 && o.size === 1 && !o.high ? 1 : 2;
    case 'imm':
      return o.value & (u.size === 8 ? 63n : 31n) ? 3 : 4;
    case 'mem':
      if (o.addressSize !== 8 || o.segment === Segment.FS || o.segment === Segment.GS) return 5;
      return o.index < 0 ? 6 : 7;
    case 'xmm':
      return 8;
    case 'bnd':
      return 9;
    default:
      return 10;
  }
}
