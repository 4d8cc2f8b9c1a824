/** From a decoded instruction to what runs it: a handler of the generated modules, a host function, or nothing. */
import type { Insn } from '../../isa/insn.ts';
import { allSemantics } from '../../isa/semantics/all.ts';
import { type Definition, formOf } from '../../isa/semantics/table.ts';
import { HOST_FUNCTIONS } from '../host/index.ts';
import { concreteForm, fusedKey, handlerKey, memoryForm, memoryOperand } from './key.ts';
import { slowKey } from './special.ts';

export interface HandlerChoice {
  kind: 'handler';
  /** Operand letters, as in the semantics table. */
  form: string;
  key: string;
  /** Handler numbers in the two modules. */
  fast: number;
  slow: number;
  endsBlock: boolean;
}
export type Choice = HandlerChoice | { kind: 'host' } | { kind: 'invalid' };

const HOST: Choice = { kind: 'host' };
const INVALID: Choice = { kind: 'invalid' };

export class Resolver {
  private readonly definitions = new Map<string, Definition[]>();

  constructor(private readonly handlers: Readonly<Record<string, number>>) {
    for (const definition of allSemantics) {
      const list = this.definitions.get(definition.op);
      if (list) list.push(definition);
      else this.definitions.set(definition.op, [definition]);
    }
  }

  resolve(u: Insn): Choice {
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
      return { kind: 'handler', form, key, fast, slow, endsBlock: definition.endsBlock };
    }
    return Object.hasOwn(HOST_FUNCTIONS, u.op) ? HOST : INVALID;
  }

  /** The handler that runs `first` and the conditional branch `second` at once, if there is one. */
  fused(first: HandlerChoice, second: HandlerChoice): number | undefined {
    return this.handlers[fusedKey(first.key, second.key)];
  }

  /** Number of a handler by its key. */
  handler(key: string): number {
    const number = this.handlers[key];
    if (number === undefined) throw new Error(`the interpreter was built without ${key}`);
    return number;
  }
}
