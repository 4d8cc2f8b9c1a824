/**
 * Names of C++ functions as their source writes them (Itanium C++ ABI, 5.1): qualified names of plain identifiers, constructors, destructors
 * and operators. Names with template arguments or abbreviations are left alone: for those the linkage name is shown.
 */

const OPERATORS: Record<string, string> = {
  nw: ' new',
  na: ' new[]',
  dl: ' delete',
  da: ' delete[]',
  pl: '+',
  mi: '-',
  ml: '*',
  dv: '/',
  rm: '%',
  aS: '=',
  pL: '+=',
  mI: '-=',
  mL: '*=',
  eq: '==',
  ne: '!=',
  lt: '<',
  gt: '>',
  le: '<=',
  ge: '>=',
  nt: '!',
  aa: '&&',
  oo: '||',
  pp: '++',
  mm: '--',
  ls: '<<',
  rs: '>>',
  cl: '()',
  ix: '[]',
  pt: '->',
};

const ANONYMOUS = /^_GLOBAL__N_/;

/** `shapes::Box::area` of `_ZNK6shapes3Box4areaEv`, without parameters; undefined if the name is of another kind. */
export function demangle(name: string): string | undefined {
  if (!name.startsWith('_Z')) return undefined;
  let at = 2;
  const nested = name[at] === 'N';
  if (nested) at++;
  while (nested && /[rVK]/.test(name[at] ?? '')) at++;
  const parts: string[] = [];
  if (name.startsWith('St', at)) {
    parts.push('std');
    at += 2;
  }
  const leading = parts.length;
  for (;;) {
    if (nested && name[at] === 'E') {
      at++;
      break;
    }
    const part = component(name, at, parts.at(-1));
    if (!part) return undefined;
    parts.push(part.text);
    at = part.end;
    if (!nested) break;
  }
  if (parts.length === leading) return undefined;
  // Template arguments, or a local name: more follows than parameters that need not be understood.
  const rest = name.slice(at);
  return rest.startsWith('I') || rest.startsWith('B') ? undefined : parts.join('::');
}

function component(name: string, at: number, before: string | undefined): { text: string; end: number } | undefined {
  const digits = /^\d+/.exec(name.slice(at, at + 6))?.[0];
  if (digits) {
    const start = at + digits.length;
    const end = start + Number(digits);
    if (end > name.length) return undefined;
    const text = name.slice(start, end);
    return { text: ANONYMOUS.test(text) ? '(anonymous namespace)' : text, end };
  }
  const code = name.slice(at, at + 2);
  if (before !== undefined && /^C[123]$/.test(code)) return { text: before, end: at + 2 };
  if (before !== undefined && /^D[012]$/.test(code)) return { text: `~${before}`, end: at + 2 };
  const operator = Object.hasOwn(OPERATORS, code) ? OPERATORS[code] : undefined;
  return operator === undefined ? undefined : { text: `operator${operator}`, end: at + 2 };
}
