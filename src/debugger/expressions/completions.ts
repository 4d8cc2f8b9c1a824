/** Completion of names inside an expression. */
import type { ModuleSymbols } from '../../symbols/api.ts';
import { REGISTER_MEMBERS, registerNames } from '../registers.ts';

export interface Completion {
  label: string;
  kind: 'register' | 'member' | 'symbol' | 'local';
  /** What it replaces: [start, end) in the text, 0-based. */
  start: number;
  end: number;
}

const LIMIT = 50;

/** Candidates for the word that ends at `column` (0-based) of `text`. */
export function complete(
  text: string,
  column: number,
  symbols: Pick<ModuleSymbols, 'completions'> | undefined,
  locals: string[],
  membersOf: (owner: string) => string[] = () => [],
): Completion[] {
  const before = text.slice(0, column);
  const access = /(?:\.|->)\s*([A-Za-z_]\w*)?$/.exec(before);
  const owner = access ? postfixBefore(before.slice(0, access.index)) : '';
  const typed = access?.[1] ?? '';
  const inside = owner === '' ? [] : membersOf(owner).filter((name) => name.startsWith(typed));
  if (inside.length)
    return inside.map((label) => ({ label, kind: 'member', start: column - typed.length, end: column }));
  const word = /[$%]?[A-Za-z_.][\w.@]*$|[$%]$/.exec(before)?.[0] ?? '';
  if (word === '') return [];
  const sigil = /^[$%]/.test(word);
  const bare = sigil ? word.slice(1) : word;
  const start = column - bare.length;
  const dot = bare.indexOf('.');
  const members = dot > 0 ? REGISTER_MEMBERS[bare.slice(0, dot).toLowerCase()] : undefined;
  if (members)
    return members
      .filter((member) => member.startsWith(bare.slice(dot + 1).toLowerCase()))
      .map((label) => ({ label, kind: 'member', start: start + dot + 1, end: column }));
  const lower = bare.toLowerCase();
  const registers = registerNames()
    .filter((name) => name.startsWith(lower))
    .map((label): Completion => ({ label, kind: 'register', start, end: column }));
  if (sigil) return registers;
  const named = locals
    .filter((name) => name.startsWith(bare))
    .map((label): Completion => ({ label, kind: 'local', start, end: column }));
  const globals = (symbols?.completions(bare, LIMIT) ?? []).map(
    ({ name }): Completion => ({ label: name, kind: 'symbol', start, end: column }),
  );
  return [...named, ...registers, ...globals];
}

/** The operand that a text ends with: `p->next` of `1 + p->next`, `(a + b)[i]`; empty if there is none. */
function postfixBefore(text: string): string {
  let at = text.length;
  while (at > 0) {
    const character = text[at - 1];
    if (character === ')' || character === ']') {
      const open = openingOf(text, at - 1);
      if (open < 0) return '';
      at = open;
    } else if (/[\w$.]/.test(character)) at--;
    else if (text.slice(0, at).endsWith('->')) at -= 2;
    else break;
  }
  return text.slice(at);
}

/** Where the bracket that closes at `end` opens; −1 if nowhere. */
function openingOf(text: string, end: number): number {
  let depth = 0;
  for (let at = end; at >= 0; at--) {
    if (text[at] === ')' || text[at] === ']') depth++;
    else if ((text[at] === '(' || text[at] === '[') && --depth === 0) return at;
  }
  return -1;
}
