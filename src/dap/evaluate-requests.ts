/** Requests that take expressions: evaluate, setExpression, completions. */
import { hex } from '../base/hex.ts';
import type { UserFrame } from '../debugger/backtrace.ts';
import { assignBounds } from '../debugger/edit-bounds.ts';
import { UserError } from '../debugger/errors.ts';
import { assignTo } from '../debugger/expressions/assign.ts';
import { complete } from '../debugger/expressions/completions.ts';
import { editObject } from '../debugger/expressions/edit-object.ts';
import { evaluateText } from '../debugger/expressions/evaluate.ts';
import type { Scope } from '../debugger/expressions/scope.ts';
import { formatValue, type Value } from '../debugger/expressions/value.ts';
import { boundsText } from '../debugger/format.ts';
import { frameVariables } from '../debugger/variables/frame-variables.ts';
import type { CObject } from '../debugger/variables/object.ts';
import { explainInstruction } from '../isa/text/mpx-help.ts';
import type { Vcpu } from '../machine/api.ts';
import { Unavailable } from '../symbols/dwarf/expression.ts';
import { typeName as cTypeName } from '../symbols/type-names.ts';
import type { Arguments } from './arguments.ts';
import type { DebugProtocol } from './messages.ts';
import { REPL_COMMANDS, runCommand } from './repl.ts';
import { objectChildren, objectReference, objectText } from './scope-variables.ts';
import { referenceTo } from './scopes.ts';
import { scopeOf } from './selected-scope.ts';
import type { Handlers, SessionState } from './state.ts';

function describeValue(
  state: SessionState,
  value: Value,
  forceHex: boolean,
  request: EvaluatedIn,
): DebugProtocol.EvaluateResponse['body'] {
  if (value.kind === 'object') return describeObject(state, value.object, forceHex, request);
  const reference =
    value.kind === 'bounds' && value.register !== undefined
      ? referenceTo(state, { kind: 'bnd', index: value.register })
      : 0;
  const address = value.kind === 'integer' ? value.value : value.kind === 'bounds' ? value.bounds.lower : undefined;
  return {
    result: formatValue(value, forceHex),
    type: typeName(value),
    variablesReference: reference,
    memoryReference: address === undefined || address < 0n ? undefined : hex(BigInt.asUintN(64, address)),
  };
}

/** `request` says where the value came from: its expression, and the frame it was evaluated in. */
function describeObject(
  state: SessionState,
  object: CObject,
  forceHex: boolean,
  { expression, frame }: EvaluatedIn,
): DebugProtocol.EvaluateResponse['body'] {
  const key = `evaluated ${frame?.sp} ${frame?.inlined?.depth ?? 0} ${expression}`;
  const path = { expression, key, frame };
  const { children, indexed } = objectChildren(object, path);
  return {
    result: objectText(state.program().debuggee, object, forceHex),
    type: cTypeName(object.type),
    variablesReference: children ? referenceTo(state, children) : 0,
    indexedVariables: indexed,
    memoryReference: objectReference(object),
  };
}

/** Where an expression was evaluated. */
interface EvaluatedIn {
  expression: string;
  frame: UserFrame | undefined;
}

function evaluatedIn(state: SessionState, args: Arguments): EvaluatedIn {
  const id = args.optionalInteger('frameId');
  const frame = id === undefined ? undefined : state.frames.find(id);
  const expression = args.string('expression');
  // Names that are put together with others must hold together themselves.
  const simple = /^[\w.[\]>-]+$/.test(expression);
  return { expression: simple ? expression : `(${expression})`, frame: frame?.kind === 'user' ? frame : undefined };
}

function typeName(value: Value): string {
  if (value.kind === 'integer' && value.symbol !== undefined) return 'symbol';
  return value.kind === 'integer' || value.kind === 'float' ? value.type.name : value.kind;
}

/** What the bound registers that an instruction names hold now, a line each. */
function boundsNow(instruction: string, cpu: Vcpu): string[] {
  const named = new Set([...instruction.matchAll(/\bbnd([0-3])\b/gi)].map(([, number]) => Number(number)));
  return [...named].sort().map((register) => `BND${register} now: ${boundsText(cpu.bnd(register))}`);
}

function evaluate(state: SessionState, args: Arguments): unknown {
  const expression = args.string('expression');
  const context = args.optionalString('context') ?? 'repl';
  state.program();
  if (context === 'repl') {
    const answer = runCommand(state, args, expression);
    if (answer !== undefined) return { result: answer, variablesReference: 0 };
  }
  state.stopped();
  const help = context === 'hover' ? explainInstruction(expression) : undefined;
  if (help) {
    const now = boundsNow(expression, state.stopped().debuggee.task.cpu);
    return { result: [`${help.title}. ${help.sentence}`, ...now].join('\n'), variablesReference: 0 };
  }
  const isAssignment = context !== 'hover' && /(?<![=!<>])=(?!=)/.test(expression);
  if (isAssignment) state.changeable();
  // Hovering and watching must never change anything; only the console may.
  const scope = scopeOf(state, args, context === 'repl' && state.phase === 'stopped');
  const value = evaluateText(expression, scope);
  if (isAssignment) state.edited();
  return describeValue(state, value, args.object('format').boolean('hex'), evaluatedIn(state, args));
}

function setExpression(state: SessionState, args: Arguments): unknown {
  state.changeable();
  const scope = scopeOf(state, args, true);
  const expression = args.string('expression');
  const target = evaluateText(expression, scope);
  const text = args.string('value');
  if (target.kind === 'object') editObject(target.object, text, scope);
  else if (target.kind === 'bounds') assignTo(target, { kind: 'bounds', bounds: assignBounds(text, scope) });
  else assignTo(target, evaluateText(text, scope));
  state.edited();
  const { result, ...rest } = describeValue(
    state,
    evaluateText(expression, scope),
    args.object('format').boolean('hex'),
    evaluatedIn(state, args),
  );
  return { value: result, ...rest };
}

/** Names of the members of a struct or union, or of what a pointer leads to; none where the text is no such expression. */
function membersOf(owner: string, scope: Scope): string[] {
  try {
    const value = evaluateText(owner, scope);
    if (value.kind !== 'object') return [];
    const object = value.object.plain.kind === 'pointer' ? value.object.element(0n) : value.object;
    return object.members(true).flatMap(({ member }) => member.name ?? []);
  } catch (error) {
    if (error instanceof UserError || error instanceof Unavailable) return [];
    throw error;
  }
}

const COMPLETION_TYPES = { register: 'variable', member: 'field', symbol: 'function', local: 'variable' } as const;

function completions(state: SessionState, args: Arguments): unknown {
  const { debuggee } = state.program();
  const lines = args.string('text').split('\n');
  const line = (args.optionalInteger('line') ?? 1 + state.client.lineOffset) - 1 - state.client.lineOffset;
  const text = lines[line];
  if (text === undefined) throw new UserError(`The text to complete has no line ${line + 1}.`);
  const column = args.integer('column') - 1 - state.client.columnOffset;
  const id = args.optionalInteger('frameId');
  const frame = id === undefined ? undefined : state.frames.find(id);
  const locals =
    frame?.kind === 'kernel'
      ? Object.keys(frame.frame.locals)
      : frame
        ? frameVariables(debuggee, frame).map(({ variable }) => variable.name)
        : [];
  const typed = text.slice(0, Math.max(0, column));
  const commands = REPL_COMMANDS.filter((command) => typed.trim() !== '' && command.startsWith(typed)).map((label) => ({
    label,
    type: 'keyword',
    start: state.client.columnOffset + 1,
    length: typed.length,
  }));
  // Looking up what is before the dot is an evaluation, which takes a program that stands still.
  const members = (owner: string) => (state.phase === 'stopped' ? membersOf(owner, scopeOf(state, args, false)) : []);
  const names = complete(text, Math.max(0, column), debuggee.symbols, locals, members).map(
    ({ label, kind, start, end }) => ({
      label,
      type: COMPLETION_TYPES[kind],
      start: start + 1 + state.client.columnOffset,
      length: end - start,
    }),
  );
  return { targets: [...commands, ...names] };
}

export const evaluateHandlers: Handlers = { evaluate, setExpression, completions };
