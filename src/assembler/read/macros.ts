/** Macros and repetitions: text with parameters in it, made into lines. */
import type { SourceLine } from '../source.ts';
import { splitStatements } from './input.ts';

interface Parameter {
  name: string;
  /** What it is if nothing is given. */
  fallback: string;
  required: boolean;
  /** Takes all that is left. */
  rest: boolean;
}

export interface Macro {
  name: string;
  parameters: Parameter[];
  body: readonly SourceLine[];
}

/** Splits arguments: at commas, and at white space between words. Quotes are taken off; brackets hold together. */
export function splitArguments(text: string): string[] {
  const found: string[] = [];
  let word = '';
  let begun = false;
  let depth = 0;
  const end = () => {
    found.push(word);
    word = '';
    begun = false;
  };
  const trimmed = text.trim();
  for (let at = 0; at < trimmed.length; at++) {
    const character = trimmed[at];
    if (character === '"') {
      const quoted = /^"((?:[^"\\]|\\.)*)"?/.exec(trimmed.slice(at));
      word += quoted?.[1] ?? '';
      at += (quoted?.[0].length ?? 1) - 1;
      begun = true;
    } else if (character === "'" && at + 1 < trimmed.length) {
      word += trimmed.slice(at, at + 2);
      at++;
      begun = true;
    } else if (depth === 0 && character === ',') {
      end();
      begun = true;
      while (/\s/.test(trimmed[at + 1] ?? '')) at++;
    } else if (depth === 0 && /\s/.test(character)) {
      while (/\s/.test(trimmed[at + 1] ?? '')) at++;
      const next = trimmed[at + 1];
      // Around an operator, white space does not separate.
      if (next !== ',' && !/[-+*/|&^<>=(]/.test(next) && !/[-+*/|&^<>=(]$/.test(word)) end();
    } else {
      if (character === '(' || character === '[') depth++;
      if (character === ')' || character === ']') depth--;
      word += character;
      begun = true;
    }
  }
  if (begun || word !== '') end();
  return found;
}

/** The head of a macro: `NAME a, b=5, c:req, d:vararg`. @throws Error (a sentence) */
export function macroOf(head: string, body: readonly SourceLine[]): Macro {
  const match = /^\s*([\w.$]+)\s*,?\s*(.*?)\s*$/.exec(head);
  if (!match) throw new Error('.macro needs a name.');
  const parameters: Parameter[] = [];
  for (const text of splitArguments(match[2].replace(/\s*=\s*/g, '='))) {
    const parameter = /^([\w.$]+)(?::(req|vararg))?(?:=(.*))?$/.exec(text);
    if (!parameter) throw new Error(`“${text}” is not a parameter: write NAME, NAME=VALUE, NAME:req or NAME:vararg.`);
    const [, name, kind, fallback = ''] = parameter;
    parameters.push({ name, fallback, required: kind === 'req', rest: kind === 'vararg' });
  }
  return { name: match[1], parameters, body };
}

/** `\name` for each value, `\@` for the number of the expansion, `\()` for nothing. */
function substitute(text: string, values: ReadonlyMap<string, string>, count: number): string {
  return text.replace(/\\(@|\(\)|[A-Za-z_.$][\w.$]*)/g, (whole, name: string) => {
    if (name === '@') return String(count);
    if (name === '()') return '';
    // The longest parameter that the word begins with.
    for (let length = name.length; length > 0; length--) {
      const value = values.get(name.slice(0, length));
      if (value !== undefined) return value + name.slice(length);
    }
    return whole;
  });
}

function made(
  body: readonly SourceLine[],
  values: ReadonlyMap<string, string>,
  count: number,
  what: string,
  caller: SourceLine,
): SourceLine[] {
  return body.flatMap((line) =>
    splitStatements({
      text: substitute(line.text, values, count),
      file: line.file,
      line: line.line,
      madeBy: { what, caller },
    }),
  );
}

/** The lines of `macro` with the arguments in `text`. @throws Error (a sentence) */
export function expandMacro(macro: Macro, text: string, count: number, caller: SourceLine): SourceLine[] {
  const values = new Map<string, string>();
  const positional: string[] = [];
  const words = splitArguments(text);
  for (const word of words) {
    const named = /^([\w.$]+)=(.*)$/.exec(word);
    const parameter = named && macro.parameters.find(({ name }) => name === named[1]);
    if (named && parameter) values.set(parameter.name, named[2]);
    else positional.push(word);
  }
  let at = 0;
  for (const { name, fallback, required, rest } of macro.parameters) {
    if (values.has(name)) continue;
    const given = rest ? positional.slice(at).join(',') : positional[at];
    at = rest ? positional.length : at + 1;
    if (required && !given) throw new Error(`The macro ${macro.name} needs a value for “${name}”.`);
    values.set(name, given || fallback);
  }
  if (at < positional.length)
    throw new Error(`The macro ${macro.name} takes ${macro.parameters.length} arguments, not ${words.length}.`);
  return made(macro.body, values, count, `the macro ${macro.name}`, caller);
}

/** A repetition that makes more is a mistake. */
const MAX_LINES = 2_000_000;

/** `.rept COUNT` @throws Error (a sentence) */
export function repeatLines(body: readonly SourceLine[], times: number, caller: SourceLine): SourceLine[] {
  if (times * body.length > MAX_LINES) throw new Error(`The repetition makes more than ${MAX_LINES} statements.`);
  const once = made(body, new Map(), 0, '.rept', caller);
  return Array.from({ length: times }, () => once).flat();
}

/** `.irp SYMBOL, VALUES…` and, with `characters`, `.irpc SYMBOL, TEXT`. @throws Error (a sentence) */
export function repeatFor(
  body: readonly SourceLine[],
  head: string,
  characters: boolean,
  caller: SourceLine,
): SourceLine[] {
  const match = /^\s*([\w.$]+)\s*,?\s*(.*?)\s*$/.exec(head);
  const what = characters ? '.irpc' : '.irp';
  if (!match) throw new Error(`${what} needs the name of a symbol and its values.`);
  const values = characters ? [...splitArguments(match[2]).join('')] : splitArguments(match[2]);
  return (values.length ? values : ['']).flatMap((value) => made(body, new Map([[match[1], value]]), 0, what, caller));
}
