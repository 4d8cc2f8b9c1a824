/** Commands of the debug console beside expressions. */
import { UserError } from '../debugger/errors.ts';
import { evaluateBounds, evaluateText } from '../debugger/expressions/evaluate.ts';
import { setBound, showBound, slotOf } from '../debugger/mpx-bound.ts';
import type { Arguments } from './arguments.ts';
import { historyText } from './provenance-requests.ts';
import type { Launched, SessionState } from './state.ts';

/** For completion. */
export const REPL_COMMANDS = ['show mpx bound ', 'set mpx bound ', 'history ', 'stdin ', 'stdin-eof', 'help'];

const HELP = `Expressions: C's, with variables, registers ($rax, eax, bnd0.lower, bndcfgu.en, $zf), symbols (main, &table), memory
(*(u32*)addr, [addr]), casts, assignments (rax = 1, p->next = 0, bnd0 = [LOWER, UPPER], *(u8*)addr = 0).
  show mpx bound EXPR               bounds stored for a pointer in memory: EXPR is its address, *address, or a pointer's value
  set mpx bound EXPR, LOWER, UPPER  stores bounds for it together with the pointer; makes a table if there is none
  set mpx bound EXPR, INIT | NULL   bounds that allow everything, or nothing
  history EXPR                      where bounds come from: EXPR is bnd0 to bnd3, or a pointer variable
  stdin TEXT                        gives the program a line of input
  stdin-eof                         ends the program's input
  help                              this text`;

/** Runs `text` if it is a command. → its answer, or undefined if it is an expression. Throws UserError. */
export function runCommand(state: SessionState, args: Arguments, text: string): string | undefined {
  const trimmed = text.trim();
  const launched = state.program();
  if (trimmed === 'help') return HELP;
  if (trimmed === 'stdin-eof') {
    launched.input.close();
    return 'The end of the input was sent.';
  }
  const input = /^\s*stdin(?: (.*))?$/s.exec(text);
  if (input) {
    launched.input.addText(`${input[1] ?? ''}\n`);
    return `${(input[1] ?? '').length + 1} characters sent`;
  }
  const show = /^show\s+mpx\s+bound\s+(.+)$/s.exec(trimmed);
  if (show) return showBound(state.stopped().debuggee, evaluateText(show[1], launched.debuggee.scope()));
  const set = /^set\s+mpx\s+bound\s+(.+)$/s.exec(trimmed);
  if (set) return setMpxBound(state, state.resumable(), set[1]);
  const history = /^history\s+(.+)$/s.exec(trimmed);
  if (history) return historyText(state, args, history[1]);
  if (/^(show|set)\s+mpx\b/.test(trimmed))
    throw new UserError('Use “show mpx bound EXPR” or “set mpx bound EXPR, LOWER, UPPER”.');
  return undefined;
}

/** Position of the first comma outside brackets. */
function firstComma(text: string): number {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(' || text[i] === '[') depth++;
    if (text[i] === ')' || text[i] === ']') depth--;
    if (text[i] === ',' && depth === 0) return i;
  }
  return -1;
}

function setMpxBound(state: SessionState, { debuggee }: Launched, rest: string): string {
  const comma = firstComma(rest);
  if (comma < 0) throw new UserError('“set mpx bound” needs a pointer and bounds: set mpx bound EXPR, LOWER, UPPER.');
  state.changeable();
  const scope = debuggee.scope();
  const slot = slotOf(evaluateText(rest.slice(0, comma), scope));
  const { bounds } = evaluateBounds(rest.slice(comma + 1), scope);
  const answer = setBound(debuggee, slot, bounds);
  state.edited();
  return answer;
}
