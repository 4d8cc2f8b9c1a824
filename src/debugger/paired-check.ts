/**
 * What a check protects: compilers check an access of n bytes at p as BNDCL [p], BNDCU [p+n−1], then access p (spec C.2). From the
 * neighbours of a failing check the size and kind of the access follow.
 */
import type { Insn, MemoryOperand, RegisterOperand } from '../isa/insn.ts';
import { type CodeReader, isMpx } from './code.ts';

export interface CheckedAccess {
  /** Offset of the first accessed byte from the address that the failing check compares. */
  offset: bigint;
  size: number;
  kind: 'read' | 'write' | 'access';
  /** The instruction that makes the access, if it was recognised. */
  at?: bigint;
}

type CheckOperand = MemoryOperand | RegisterOperand;

/** How far ahead of and behind the check its partner and its access are looked for. */
const WINDOW = 8;

export function checkOperand(insn: Insn): CheckOperand | undefined {
  return insn.b?.kind === 'mem' || insn.b?.kind === 'reg' ? insn.b : undefined;
}

/** Operand without its displacement: two operands with the same shape differ by a constant. */
function shape(operand: CheckOperand): string {
  return operand.kind === 'reg'
    ? `${operand.number}`
    : `${operand.base}+${operand.index}*${operand.index < 0 ? 1 : operand.scale}`;
}

function sameShape(a: CheckOperand, b: CheckOperand): boolean {
  // `bndcl %rax` compares what `bndcl (%rax)` does.
  const plain = (operand: CheckOperand) => (operand.kind === 'reg' ? `${operand.number}+-1*1` : shape(operand));
  return plain(a) === plain(b);
}

const displacement = (operand: CheckOperand): bigint => (operand.kind === 'reg' ? 0n : operand.disp);

const isBranch = (insn: Insn): boolean => insn.target !== 0n || /^(j|call|ret|loop|syscall|int)/.test(insn.op);

/** Whether `insn` changes a general register that `operand` uses. Every destination is the first operand in Intel order. */
function clobbers(insn: Insn, operand: CheckOperand): boolean {
  if (isMpx(insn)) return false;
  const used = operand.kind === 'reg' ? [operand.number] : [operand.base, operand.index];
  const writesFirst = !/^(cmp|test|bt|nop|push)$/.test(insn.op);
  if (insn.a?.kind === 'reg') return writesFirst && used.includes(insn.a.number);
  // Implicit destinations: multiplications, divisions, string operations.
  return insn.a === undefined || /^(imul1|mul|div|idiv|xchg|cmpxchg|xadd)/.test(insn.op);
}

function neighbours(
  code: CodeReader,
  check: Insn,
  functionStart: bigint | undefined,
): { before: Insn[]; after: Insn[] } {
  const before = functionStart === undefined ? [] : [...code.between(functionStart, check.ip)];
  const reaches =
    before.length > 0 && before[before.length - 1].ip + BigInt(before[before.length - 1].length) === check.ip;
  const after: Insn[] = [];
  let at = check.ip + BigInt(check.length);
  for (let i = 0; i < WINDOW; i++) {
    const insn = code.at(at);
    if (!insn) break;
    after.push(insn);
    at += BigInt(insn.length);
  }
  return { before: reaches ? before.slice(-WINDOW).reverse() : [], after };
}

/** Nearest instruction that `wanted` accepts, before a branch or a change of the operand's registers. */
function nearest(insns: Insn[], operand: CheckOperand, wanted: (insn: Insn) => boolean): Insn | undefined {
  for (const insn of insns) {
    if (wanted(insn)) return insn;
    if (isBranch(insn) || clobbers(insn, operand)) return undefined;
  }
  return undefined;
}

function accessOf(insn: Insn): MemoryOperand | undefined {
  if (isMpx(insn) || insn.op === 'lea' || insn.op === 'nop') return undefined;
  return [insn.a, insn.b, insn.c].find((one): one is MemoryOperand => one?.kind === 'mem' && one.size > 0);
}

function kindOf(insn: Insn): CheckedAccess['kind'] {
  if (insn.a?.kind === 'mem')
    return /^(mov|set)/.test(insn.op) ? 'write' : /^(cmp|test)/.test(insn.op) ? 'read' : 'access';
  return 'read';
}

/** The access that `check` (a BNDCL, BNDCU or BNDCN) protects, as far as the code around it tells. */
export function checkedAccess(
  code: CodeReader,
  check: Insn,
  functionStart: bigint | undefined,
): CheckedAccess | undefined {
  const operand = checkOperand(check);
  if (!operand) return undefined;
  const { before, after } = neighbours(code, check, functionStart);
  const lower = check.op === 'bndcl';
  const partnerName = lower ? 'bndcu' : 'bndcl';
  const isPartner = (insn: Insn) => {
    const other = checkOperand(insn);
    return insn.op === partnerName && other !== undefined && sameShape(operand, other);
  };
  const partner = nearest(after, operand, isPartner) ?? nearest(before, operand, isPartner);
  const partnerOperand = partner && checkOperand(partner);
  const first = lower || !partnerOperand ? displacement(operand) : displacement(partnerOperand);
  const last = lower && partnerOperand ? displacement(partnerOperand) : displacement(operand);
  const access = nearest(after, operand, (insn) => {
    const memory = accessOf(insn);
    return memory !== undefined && sameShape(operand, memory) && memory.disp >= first && memory.disp <= last;
  });
  const memory = access && accessOf(access);
  if (partnerOperand && last >= first)
    return {
      offset: first - displacement(operand),
      size: Number(last - first) + 1,
      kind: access ? kindOf(access) : 'access',
      at: access?.ip,
    };
  if (!access || !memory) return undefined;
  return { offset: memory.disp - displacement(operand), size: memory.size, kind: kindOf(access), at: access.ip };
}
