import type { CType } from './types.ts';

/** Deeper types are cut short: only damaged ones are. */
const MOST_DEPTH = 40;

/** The type in C's syntax: `struct node *`, `char [10]`, `int (*)(const char *, ...)`. */
export function typeName(type: CType): string {
  return declaration(type, '', 0);
}

/** `type` declaring `inner`, which is a name or the declarator around it. */
function declaration(type: CType, inner: string, depth: number): string {
  if (depth > MOST_DEPTH) return `…${inner}`;
  const before = (text: string) =>
    inner === '' ? text : inner.startsWith('[') ? `${text} ${inner}` : `${text} ${inner}`;
  switch (type.kind) {
    case 'void':
      return before('void');
    case 'base':
    case 'typedef':
    case 'unknown':
      return before(type.name);
    case 'record':
      return before(`${type.keyword} ${type.name ?? '{...}'}`);
    case 'enum':
      return before(`enum ${type.name ?? '{...}'}`);
    case 'pointer': {
      const star = `${type.reference ? '&' : '*'}${/^\w/.test(inner) ? ' ' : ''}${inner}`.replace(/^\* (?=\w+$)/, '*');
      const target = type.target();
      return declaration(target, needsParentheses(target) ? `(${star})` : star, depth + 1);
    }
    case 'qualified': {
      const target = type.target();
      // A qualified pointer says so behind its star: `char * const`.
      if (behindStar(target)) return declaration(target, ` ${type.qualifier}${inner ? ` ${inner}` : ''}`, depth + 1);
      return `${type.qualifier} ${declaration(target, inner, depth + 1)}`;
    }
    case 'array': {
      const { count } = type;
      const length = count.kind === 'known' ? String(count.count) : count.kind === 'computed' ? '*' : '';
      return declaration(type.element(), `${inner}[${length}]`, depth + 1);
    }
    case 'function': {
      const parameters = type.parameters().map((parameter) => declaration(parameter, '', depth + 1));
      if (type.variadic) parameters.push('...');
      else if (parameters.length === 0 && type.prototyped) parameters.push('void');
      return declaration(type.result(), `${inner}(${parameters.join(', ')})`, depth + 1);
    }
  }
}

function needsParentheses(type: CType): boolean {
  return type.kind === 'array' || type.kind === 'function';
}

function behindStar(type: CType): boolean {
  let at = type;
  for (let links = 0; at.kind === 'qualified' && links < MOST_DEPTH; links++) at = at.target();
  return at.kind === 'pointer';
}
