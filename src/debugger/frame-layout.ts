/**
 * Where the return address of a function lies at one of its instructions, found by following the stack pointer from the
 * function's start. Used until a function has unwind information that says it.
 */
import type { Insn, Operand } from '../isa/insn.ts';
import type { CodeReader } from './code.ts';
import { isReturn } from './code.ts';

const RSP = 4;
const RBP = 5;

export interface FrameLayout {
  /** The return address is at this register plus `offset`. */
  register: 'rsp' | 'rbp';
  offset: bigint;
  /** The caller's RBP is saved this far below the return address; undefined if RBP is still the caller's. */
  savedRbp: bigint | undefined;
}

/** Stack depth in bytes since entry, and what is known of RBP. Depth undefined: no longer known. */
interface State {
  depth: bigint | undefined;
  /** Depth at which RBP points into the frame, once `mov %rsp, %rbp` has run. */
  frame: bigint | undefined;
  savedRbp: bigint | undefined;
}

const isRegister = (operand: Operand | undefined, number: number): boolean =>
  operand?.kind === 'reg' && operand.number === number && operand.size >= 4;

/** What `insn` does to the stack pointer and to RBP. */
function follow(insn: Insn, state: State, word: bigint): State {
  const { a, b } = insn;
  const { depth, frame } = state;
  const moved = (by: bigint): State => ({ ...state, depth: depth === undefined ? undefined : depth + by });
  switch (insn.op) {
    case 'push':
      return isRegister(a, RBP) && frame === undefined && depth !== undefined
        ? { ...moved(word), savedRbp: depth + word }
        : moved(word);
    case 'pushf':
      return moved(word);
    case 'pop':
      return isRegister(a, RBP) ? { ...moved(-word), frame: undefined, savedRbp: undefined } : moved(-word);
    case 'popf':
      return moved(-word);
    case 'leave':
      return { depth: frame === undefined ? undefined : frame - word, frame: undefined, savedRbp: undefined };
    case 'sub':
    case 'add':
      if (!isRegister(a, RSP)) return state;
      if (b?.kind !== 'imm') return { ...state, depth: undefined };
      return moved(insn.op === 'sub' ? b.value : -b.value);
    case 'lea':
      if (!isRegister(a, RSP)) return state;
      return b?.kind === 'mem' && b.base === RSP && b.index < 0 ? moved(-b.disp) : { ...state, depth: undefined };
    case 'mov':
      if (isRegister(a, RBP) && isRegister(b, RSP)) return { ...state, frame: depth };
      if (isRegister(a, RSP)) return { ...state, depth: isRegister(b, RBP) ? frame : undefined };
      return state;
    default:
      return isRegister(a, RSP) && insn.op !== 'cmp' && insn.op !== 'test' ? { ...state, depth: undefined } : state;
  }
}

/** The layout at `pc` of the function that begins at `start`; undefined if the code cannot be followed to there. */
export function frameLayout(code: CodeReader, start: bigint, pc: bigint): FrameLayout | undefined {
  let state: State = { depth: 0n, frame: undefined, savedRbp: undefined };
  /** Deepest state seen: that of the function's body, which goes on behind a return in its middle. */
  let body = state;
  const arrivals = new Map<bigint, State>();
  let at = start;
  for (const insn of code.between(start, pc)) {
    const arrival = arrivals.get(insn.ip);
    if (arrival) state = arrival;
    state = follow(insn, state, BigInt(code.wordSize));
    if (state.depth !== undefined && state.depth >= (body.depth ?? 0n)) body = state;
    if ((insn.op === 'jcc' || insn.op === 'jmp') && insn.target > insn.ip) arrivals.set(insn.target, state);
    at = insn.ip + BigInt(insn.length);
    if (isReturn(insn) || insn.op === 'jmp' || insn.op === 'jmpi') state = body;
  }
  if (at !== pc) return undefined;
  state = arrivals.get(pc) ?? state;
  if (state.frame !== undefined) return { register: 'rbp', offset: state.frame, savedRbp: state.savedRbp };
  if (state.depth === undefined || state.depth < 0n) return undefined;
  return { register: 'rsp', offset: state.depth, savedRbp: state.savedRbp };
}
