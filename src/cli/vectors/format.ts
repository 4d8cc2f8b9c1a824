/** The vectors format (version 1): common register values and a list of vectors. */
import { Fields, isObject, type Json, type JsonObject, NotUnderstood, wordOf } from './fields.ts';

/** Values that vectors refer to by name. */
export interface Common {
  /** General registers by encoding number. */
  readonly regs64: readonly bigint[];
  /** BND0–3: lower bound and raw upper bound. */
  readonly bndset: readonly { lower: bigint; upperRaw: bigint }[];
}

export interface Vector {
  readonly id: string;
  readonly group: string;
  readonly input: JsonObject;
  readonly expect: JsonObject;
}

interface VectorFile {
  readonly common: Common;
  /** As written: `parseVector` reads each, so that one that is wrong does not spoil the others. */
  readonly vectors: readonly Json[];
}

const REGISTER_NAMES = [
  ...['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'],
  ...['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'],
];

/** Puts the registers that `named` gives into `values`. */
export function applyRegisters(values: bigint[], named: JsonObject): void {
  for (const [name, value] of Object.entries(named)) {
    const number = REGISTER_NAMES.indexOf(name);
    const word = wordOf(value);
    if (number < 0 || word === undefined) throw new NotUnderstood(`register ${name}: ${JSON.stringify(value)}`);
    values[number] = word;
  }
}

/** Bounds by register number from `{"0": [lower, raw upper], …}`. */
export function parseBounds(value: Json | undefined, what: string): Map<number, { lower: bigint; upperRaw: bigint }> {
  if (!isObject(value)) throw new NotUnderstood(`${what} is no object`);
  return new Map(
    Object.entries(value).map(([number, pair]) => {
      const [lower, upperRaw] = Array.isArray(pair) && pair.length === 2 ? pair.map(wordOf) : [];
      if (!/^[0-3]$/.test(number) || lower === undefined || upperRaw === undefined) {
        throw new NotUnderstood(`${what} '${number}': ${JSON.stringify(pair)}`);
      }
      return [Number(number), { lower, upperRaw }];
    }),
  );
}

/** One item of the list. Throws NotUnderstood. */
export function parseVector(value: Json): Vector {
  if (!isObject(value)) throw new NotUnderstood('a vector is no object');
  const fields = new Fields(value, 'vector');
  const id = fields.text('id');
  const group = fields.text('group');
  const input = fields.raw('input');
  const expect = fields.raw('expect');
  if (!isObject(input) || !isObject(expect)) throw new NotUnderstood(`${id}: input or expect is no object`);
  // For the reader only.
  fields.text('title', '');
  fields.text('note', '');
  fields.finish();
  return { id, group, input, expect };
}

/** Parses the text of a vectors file. Throws NotUnderstood. */
export function parseVectorFile(text: string): VectorFile {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch (error) {
    throw new NotUnderstood(`this is no JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (!isObject(json)) throw new NotUnderstood('a vectors file is a JSON object');
  const fields = new Fields(json, 'file');
  const format = fields.integer('format');
  if (format !== 1) throw new NotUnderstood(`format ${format} is not known, only 1`);
  const regs64 = new Array<bigint>(16).fill(0n);
  const registers = fields.raw('regs64') ?? {};
  if (!isObject(registers)) throw new NotUnderstood('regs64 is no object');
  applyRegisters(regs64, registers);
  const bounds = parseBounds(fields.raw('bndset') ?? {}, 'bndset');
  const bndset = [0, 1, 2, 3].map((i) => bounds.get(i) ?? { lower: 0n, upperRaw: 0n });
  const vectors = fields.list('vectors', (item) => item);
  return { common: { regs64, bndset }, vectors };
}
