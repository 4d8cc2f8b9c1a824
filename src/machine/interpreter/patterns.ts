/** Everything an interpreter needs a handler for: each definition in each size, form and variant, as a pattern instruction. */
import type { Insn, MemoryOperand, Operand, Size } from '../../isa/insn.ts';
import { Segment } from '../../isa/insn.ts';
import type { Definition } from '../../isa/semantics/table.ts';
import type { OperandPlace, Pattern } from './handler-emit.ts';
import { concreteForm, fusedKey, handlerKey, type MemoryForm, memoryForms } from './key.ts';

/** A handler to be generated: one instruction, or two fused. */
export interface HandlerJob {
  key: string;
  steps: readonly { definition: Definition; pattern: Pattern }[];
}

const CONDITIONS = Array.from({ length: 16 }, (_, cc) => cc);

/** Every single-instruction handler. `general`: only the general memory form. */
export function singleJobs(definitions: readonly Definition[], general: boolean): HandlerJob[] {
  return definitions.flatMap((definition) =>
    definition.sizes.flatMap((size) =>
      definition.forms.flatMap((form) =>
        (form.includes('m') ? (general ? (['g'] as const) : memoryForms(definition)) : [undefined]).flatMap((memory) =>
          variants(definition, size).map((variant) => {
            const pattern = makePattern(definition.op, form, memory, variant);
            const key = handlerKey(definition, pattern.insn, memory ? concreteForm(form, memory) : form);
            return { key, steps: [{ definition, pattern }] };
          }),
        ),
      ),
    ),
  );
}

/** The variant fields of `Insn`. */
type Variant = Pick<Insn, 'size' | 'cc' | 'initialisesBounds' | 'rep' | 'repne' | 'addressSize'> & {
  sourceSize: Size;
};

function variants(definition: Definition, size: Size): Variant[] {
  const sources = definition.sourceSizes?.filter((source) => source <= size) ?? [size];
  const conditions = definition.conditional ? CONDITIONS : [-1];
  const inits = definition.resetsBounds ? [false, true] : [false];
  const repeats = definition.repeats ? ['', 'rep', 'repne'] : [''];
  const widths = definition.addressSizes ?? ([8] as const);
  return sources.flatMap((sourceSize) =>
    conditions.flatMap((cc) =>
      inits.flatMap((initialisesBounds) =>
        repeats.flatMap((repeat) =>
          widths.map((addressSize) => ({
            size,
            sourceSize,
            cc,
            initialisesBounds,
            rep: repeat === 'rep',
            repne: repeat === 'repne',
            addressSize,
          })),
        ),
      ),
    ),
  );
}

const PLACES: Record<string, OperandPlace | undefined> = {
  r: 'destination',
  x: 'destination',
  p: 'destination',
  b: 'destination',
  s: 'source',
  y: 'source',
  q: 'source',
  c: 'source',
  v: 'first',
  w: 'first',
  z: 'third',
  i: 'immediate',
  n: 'immediate',
  m: 'memory',
};

function makePattern(op: string, form: string, memory: MemoryForm | undefined, variant: Variant): Pattern {
  const { sourceSize, ...fields } = variant;
  const places = new Map<Operand, OperandPlace>();
  const operands: Operand[] = [];
  let first: Operand | undefined;
  for (const letter of form === '' ? [] : form.split(',')) {
    const operand = makeOperand(letter, operands.length === 0 ? variant.size : sourceSize);
    const place = PLACES[letter];
    if (place) places.set(operand, place);
    if (place === 'first') first = operand;
    else operands.push(operand);
  }
  const insn: Insn = {
    op,
    ip: 0n,
    length: 0,
    a: operands[0],
    v: first,
    b: operands[1],
    c: operands[2],
    target: 0n,
    segment: Segment.DS,
    bnd: false,
    lock: false,
    code: 0,
    ...fields,
  };
  return { insn, places, memory };
}

function makeOperand(letter: string, size: Size): Operand {
  switch (letter) {
    case 'm': {
      const memory: MemoryOperand = {
        kind: 'mem',
        base: -1,
        index: -1,
        scale: 1,
        disp: 0n,
        ripRelative: false,
        segment: Segment.DS,
        addressSize: 8,
        size,
      };
      return memory;
    }
    case 'i':
      return { kind: 'imm', value: 0n, size };
    case 'n':
      return { kind: 'imm', value: 1n, size };
    case 'x':
    case 'y':
    case 'w':
    case 'z':
      return { kind: 'xmm', number: 0 };
    case 'p':
    case 'q':
      return { kind: 'mm', number: 0 };
    case 'b':
    case 'c':
      return { kind: 'bnd', number: 0 };
    case 'l':
      return { kind: 'reg', number: 1, size: 1, high: false };
    default:
      return { kind: 'reg', number: 0, size, high: false };
  }
}

const SIGNED_AND_UNSIGNED = [2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15];
const AGAINST_ZERO = [4, 5, 8, 9, 14, 15];
const ZERO_OR_CARRY = [2, 3, 4, 5, 8, 9];
const ZERO_OR_SIGN = [4, 5, 8, 9];

/** Which instructions are fused with a conditional branch behind them, and for which conditions. */
const FUSIBLE: Readonly<Record<string, { forms: RegExp; sizes: readonly Size[]; conditions: readonly number[] }>> = {
  cmp: { forms: /^(r,s|[mx],s|r,[mx])$/, sizes: [1, 4, 8], conditions: SIGNED_AND_UNSIGNED },
  test: { forms: /^(r,s|m,s)$/, sizes: [1, 4, 8], conditions: AGAINST_ZERO },
  and: { forms: /^r,s$/, sizes: [4, 8], conditions: ZERO_OR_SIGN },
  add: { forms: /^r,s$/, sizes: [4, 8], conditions: ZERO_OR_CARRY },
  sub: { forms: /^r,s$/, sizes: [4, 8], conditions: ZERO_OR_CARRY },
  inc: { forms: /^r$/, sizes: [4, 8], conditions: ZERO_OR_SIGN },
  dec: { forms: /^r$/, sizes: [4, 8], conditions: ZERO_OR_SIGN },
};

/** Pairs of `singles` that run as one handler: the flags' kind is then known and the condition folds to a comparison. */
export function fusedJobs(singles: readonly HandlerJob[]): HandlerJob[] {
  const branches = singles.filter(({ steps }) => steps[0].definition.op === 'jcc');
  return singles.flatMap((first) => {
    const { insn } = first.steps[0].pattern;
    const rule = FUSIBLE[insn.op];
    const form = first.key.slice(first.key.indexOf(':') + 1);
    if (!rule?.sizes.includes(insn.size) || !rule.forms.test(form)) return [];
    return branches
      .filter(({ steps }) => rule.conditions.includes(steps[0].pattern.insn.cc))
      .map((branch) => ({ key: fusedKey(first.key, branch.key), steps: [...first.steps, ...branch.steps] }));
  });
}
