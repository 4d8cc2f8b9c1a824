/**
 * Follows addresses through straight-line code without running it: what a register holds as a formula of what the registers held at
 * the start. Unoptimised code computes the same pointer several times; equal formulas show that it is the same one. Stores through
 * unrelated pointers are taken not to alias, so this serves explanations, never decisions.
 */
import type { Insn, MemoryOperand, Operand, RegisterOperand } from '../isa/insn.ts';
import { isMpx } from './code.ts';

/** `root` is a formula; two values with one root differ by their offsets. */
export interface Formula {
  root: string;
  offset: bigint;
}

interface Store {
  root: string;
  offset: bigint;
  size: number;
}

/** First operand is only read. */
const READ_ONLY = new Set(['cmp', 'test', 'bt', 'nop', 'jcc', 'setcc', 'ucomisd', 'comisd']);
/** The old value of the destination does not matter. */
const PLAIN = new Set(['mov', 'movsx', 'movzx', 'lea', 'pop', 'imul3', 'cmov', 'movd', 'movq']);
const RAX = 0;
const RDX = 2;
const RSP = 4;
/** A formula longer than this is as good as unknown. */
const LONGEST = 200;

export class SymbolicState {
  private readonly registers: Formula[] = Array.from({ length: 16 }, (_, i) => ({ root: `r${i}`, offset: 0n }));
  private readonly stores: Store[] = [];
  private unknowns = 0;

  /** The formula of a register, or of the address that an operand denotes. */
  address(operand: MemoryOperand | RegisterOperand): Formula {
    if (operand.kind === 'reg') return this.registers[operand.number];
    const base = operand.base >= 0 ? this.registers[operand.base] : { root: '', offset: 0n };
    if (operand.index < 0) return { root: base.root, offset: base.offset + operand.disp };
    const index = this.registers[operand.index];
    const scale = BigInt(operand.scale);
    const scaled = { root: scale === 1n ? index.root : `${index.root}*${scale}`, offset: index.offset * scale };
    return this.sum(base, { root: scaled.root, offset: scaled.offset + operand.disp });
  }

  /** The formula of a general register. */
  register(number: number): Formula {
    return this.registers[number];
  }

  /** Takes note of what `insn` does. */
  step(insn: Insn): void {
    if (isMpx(insn) || READ_ONLY.has(insn.op)) return;
    const { a } = insn;
    if (insn.op === 'push' || insn.op === 'pop') this.moveStack(insn.op === 'push' ? -8n : 8n);
    if (insn.op === 'cbw') this.set(RAX, this.apply(insn, this.registers[RAX]));
    else if (insn.op === 'cwd') this.set(RDX, this.apply(insn, this.registers[RAX]));
    else if (/^(mul|imul1|div|idiv)$/.test(insn.op))
      for (const register of [RAX, RDX]) this.set(register, this.unknown());
    else if (a?.kind === 'mem') this.store(a);
    else if (a?.kind === 'reg' && !/^(xchg|xadd|cmpxchg)/.test(insn.op)) {
      if (insn.op !== 'push') this.set(a.number, this.result(insn, a));
    } else if (a?.kind !== 'xmm') this.forget();
  }

  private result(insn: Insn, a: RegisterOperand): Formula {
    const { op, b, size } = insn;
    const old = this.registers[a.number];
    if (op === 'zero') return { root: '', offset: 0n };
    if (size === 8 && op === 'mov' && b?.kind === 'reg') return this.registers[b.number];
    if (size === 8 && op === 'lea' && b?.kind === 'mem') return this.address(b);
    if (size === 8 && (op === 'add' || op === 'sub') && b?.kind === 'imm')
      return { root: old.root, offset: old.offset + (op === 'add' ? b.value : -b.value) };
    if (size === 8 && op === 'add' && b?.kind === 'reg') return this.sum(old, this.registers[b.number]);
    // Writes of 8 and 16 bits keep the rest of the register.
    const keeps = !PLAIN.has(op) || op === 'cmov' || a.size < 4;
    return this.apply(insn, ...(keeps ? [old] : []));
  }

  /** The formula of an operation as such: the same operation on the same values gives the same text. */
  private apply(insn: Insn, ...values: Formula[]): Formula {
    const operands = [insn.b, insn.c].map((operand) => this.text(operand));
    const texts = [...values.map(formulaText), ...operands].filter((text) => text !== '');
    const root = `${insn.op}${insn.size}(${texts.join(',')})`;
    return root.length <= LONGEST ? { root, offset: 0n } : this.unknown();
  }

  private text(operand: Operand | undefined): string {
    switch (operand?.kind) {
      case 'reg':
        return `${formulaText(this.registers[operand.number])}:${operand.size}${operand.high ? 'h' : ''}`;
      case 'imm':
        return operand.value.toString();
      case 'mem': {
        const address = this.address(operand);
        return `[${formulaText(address)}:${operand.size}@${this.version(address, operand.size)}]`;
      }
      case undefined:
        return '';
      default:
        return formulaText(this.unknown());
    }
  }

  private sum(x: Formula, y: Formula): Formula {
    const roots = [x.root, y.root].filter((root) => root !== '').sort();
    const root = roots.join('+');
    return root.length <= LONGEST ? { root, offset: x.offset + y.offset } : this.unknown();
  }

  private set(register: number, formula: Formula): void {
    this.registers[register] = formula;
  }

  private store(operand: MemoryOperand): void {
    this.stores.push({ ...this.address(operand), size: operand.size });
  }

  /** Which store a load sees: the number of the last one that overlaps it. */
  private version({ root, offset }: Formula, size: number): number {
    const overlaps = (one: Store) =>
      one.root === root && one.offset < offset + BigInt(size) && one.offset + BigInt(one.size) > offset;
    return this.stores.findLastIndex(overlaps);
  }

  private moveStack(by: bigint): void {
    const { root, offset } = this.registers[RSP];
    this.set(RSP, { root, offset: offset + by });
  }

  private unknown(): Formula {
    return { root: `?${this.unknowns++}`, offset: 0n };
  }

  /** An operation that may have changed anything. */
  private forget(): void {
    for (let i = 0; i < 16; i++) this.registers[i] = this.unknown();
  }
}

export function formulaText({ root, offset }: Formula): string {
  return offset === 0n ? root || '0' : `${root}+${offset}`;
}
