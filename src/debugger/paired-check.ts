/**
 * What a check protects: compilers check an access of n bytes at p as BNDCL [p], BNDCU [p+n−1], then access p (spec C.2). From the
 * neighbours of a failing check the size and kind of the access follow.
 */
import type { Insn, MemoryOperand, RegisterOperand } from '../isa/insn.ts';
import { type CodeReader, isMpx } from './code.ts';
import { type Formula, SymbolicState } from './symbolic.ts';

export interface CheckedAccess {
  /** Offset of the first accessed byte from the address that the failing check compares. */
  offset: bigint;
  size: number;
  kind: 'read' | 'write' | 'access';
  /** The instruction that makes the access, if it was recognised. */
  at?: bigint;
}

/** How far before and behind the check its partner and its access are looked for, in instructions. */
const WINDOW = 32;
/** Two checks farther apart than this are not of one access. */
const LARGEST_ACCESS = 4096n;

export function checkOperand(insn: Insn): MemoryOperand | RegisterOperand | undefined {
  return insn.b?.kind === 'mem' || insn.b?.kind === 'reg' ? insn.b : undefined;
}

export const isBranch = (insn: Insn): boolean => insn.target !== 0n || /^(j|call|ret|loop|syscall|int)/.test(insn.op);

/** The instructions around the check that run with it: from the branch before it to the branch behind it. */
export function straightLine(code: CodeReader, check: Insn, functionStart: bigint | undefined): Insn[] {
  const before: Insn[] = [];
  let end = functionStart;
  for (const insn of functionStart === undefined ? [] : code.between(functionStart, check.ip)) {
    before.push(insn);
    end = insn.ip + BigInt(insn.length);
    if (isBranch(insn)) before.length = 0;
  }
  // Decoding that does not meet the check has lost its way.
  const line = end === check.ip ? before.slice(-WINDOW) : [];
  let at = check.ip;
  for (let i = 0; i <= WINDOW; i++) {
    const insn = code.at(at);
    if (!insn || isBranch(insn)) break;
    line.push(insn);
    at += BigInt(insn.length);
  }
  return line;
}

function accessOf(insn: Insn): MemoryOperand | undefined {
  if (isMpx(insn) || insn.op === 'lea' || insn.op === 'nop') return undefined;
  return [insn.a, insn.b, insn.c].find((one): one is MemoryOperand => one?.kind === 'mem' && one.size > 0);
}

function kindOf(insn: Insn): CheckedAccess['kind'] {
  if (insn.a?.kind !== 'mem') return 'read';
  if (/^(mov|set)/.test(insn.op)) return 'write';
  return /^(cmp|test)/.test(insn.op) ? 'read' : 'access';
}

/** A check or an access, with the formula of its address. */
interface Seen {
  insn: Insn;
  address: Formula;
  size: number;
}

/** The checks and accesses of a stretch of code, in order. */
function observe(line: Insn[]): { checks: Seen[]; accesses: Seen[] } {
  const state = new SymbolicState();
  const checks: Seen[] = [];
  const accesses: Seen[] = [];
  for (const insn of line) {
    const operand = checkOperand(insn);
    if (/^bndc[lun]$/.test(insn.op) && operand) checks.push({ insn, address: state.address(operand), size: 0 });
    const memory = accessOf(insn);
    if (memory) accesses.push({ insn, address: state.address(memory), size: memory.size });
    state.step(insn);
  }
  return { checks, accesses };
}

/** The access that `check` (a BNDCL, BNDCU or BNDCN) protects, as far as the code around it tells. */
export function checkedAccess(
  code: CodeReader,
  check: Insn,
  functionStart: bigint | undefined,
): CheckedAccess | undefined {
  const { checks, accesses } = observe(straightLine(code, check, functionStart));
  const self = checks.find(({ insn }) => insn.ip === check.ip);
  if (!self) return undefined;
  const { root, offset } = self.address;
  const lower = check.op === 'bndcl';
  /** How far the last checked byte is behind the first. */
  const span = (other: Seen) => (lower ? other.address.offset - offset : offset - other.address.offset);
  const partners = checks.filter(
    (other) =>
      (other.insn.op === 'bndcl') !== lower &&
      other.address.root === root &&
      span(other) >= 0n &&
      span(other) < LARGEST_ACCESS,
  );
  // The upper check follows the lower one.
  const partner = lower
    ? partners.find(({ insn }) => insn.ip > check.ip)
    : (partners.findLast(({ insn }) => insn.ip < check.ip) ?? partners[0]);
  const first = lower || !partner ? offset : partner.address.offset;
  const last = lower && partner ? partner.address.offset : offset;
  // Alone, a lower check is of the first byte of an access and an upper check of its last.
  const fits = ({ address, size }: Seen) =>
    partner || lower
      ? address.offset >= first && address.offset <= last
      : address.offset + BigInt(size) - 1n === last || address.offset === last;
  const access = accesses.find((one) => one.insn.ip > check.ip && one.address.root === root && fits(one));
  const kind = access ? kindOf(access.insn) : 'access';
  if (partner) return { offset: first - offset, size: Number(last - first) + 1, kind, at: access?.insn.ip };
  return access && { offset: access.address.offset - offset, size: access.size, kind, at: access.insn.ip };
}
