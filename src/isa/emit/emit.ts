/**
 * The language instruction semantics are written in. A semantics function calls these methods; what they do with registers,
 * operands and control is the back end's: the interpreter generator fetches operands through decoded records, a translator has
 * them as constants and locals. Rule that makes every fault precise, checked while code is generated: all memory checks of
 * an instruction come before its first effect.
 */
import type { BndOperand, Insn, Operand, Size, XmmOperand } from '../insn.ts';
import {
  conditionOf,
  FLAG_CARRY_SHIFT,
  FLAG_CODE_MASK,
  FLAG_OVERFLOW_SHIFT,
  FLAG_OVERRIDDEN,
  type FlagKind,
  flagCode,
  type KnownFlags,
} from './flags.ts';
import { Op } from './opcodes.ts';
import type { Lanes } from './simd.ts';
import { State, TAGS_READ, TAGS_WRITE } from './state.ts';
import { type Helper, Statements } from './statements.ts';
import type { I32, I64, Int, IntV, V, V128 } from './value.ts';

/** What a legacy form's operands stand for while it makes one half of a VEX form. */
interface Lane {
  readonly half: 0 | 1;
  /** Undefined where the legacy form writes no vector register. */
  readonly destination: XmmOperand | undefined;
  readonly first: Operand | undefined;
  /** Bytes of the last source that each half of the result has for itself; 0 where both have the same. */
  readonly stride: 0 | 2 | 4 | 8 | 16;
  /** Bits of the immediate that are the lower half's alone. */
  readonly immediateBits: number;
  result: V128 | undefined;
}

/** Values that stand for the registers of a legacy form. */
interface Substitute {
  readonly values: ReadonlyMap<XmmOperand, V128>;
  readonly destination: XmmOperand;
  result: V128 | undefined;
}

const LANES: Readonly<Partial<Record<Size, Lanes>>> = { 1: 'i8x16', 2: 'i16x8', 4: 'i32x4', 8: 'i64x2' };

/** Lanes of `size` bytes. */
export function lanesOf(size: Size): Lanes {
  const lanes = LANES[size];
  if (!lanes) throw new Error(`no lanes of ${size} bytes`);
  return lanes;
}

/** The operand that the form says there is. */
export function present<O extends Operand>(o: O | undefined): O {
  if (!o) throw new Error('the form has no such operand');
  return o;
}

/** Bits of an address that name its page. */
const PAGE_MASK = -4096;

export abstract class Emit extends Statements {
  // ---- operands and registers (the back ends differ here)

  protected abstract read(o: Operand, size: Size): IntV;
  protected abstract write(o: Operand, size: Size, v: IntV): void;
  /** Half 0 (XMM) or 1 (what YMM has above) of a vector register, pinned. */
  abstract vector(o: XmmOperand, half: 0 | 1): V128;
  abstract setVector(o: XmmOperand, half: 0 | 1, v: V128): void;
  /** Effective address as LEA computes it: truncated to the address size, without the segment base. */
  abstract ea(o: Operand | undefined): I64;
  protected abstract operandAddress(o: Operand): I64;
  /** `address` as it goes to memory: 32-bit code truncates what segment bases and bit offsets add up to. */
  abstract linear(address: I64): I64;
  /** The base register's value (0 without) and the index register's (0 without), as BNDMK, BNDLDX and BNDSTX need them. */
  abstract base(o: Operand | undefined): I64;
  abstract index(o: Operand | undefined): I64;
  /** Displacement of a memory operand. */
  abstract displacement(o: Operand | undefined): I64;
  /** The segment base of a memory operand. */
  abstract segmentBase(o: Operand | undefined): I64;
  /** General register `n`, whole. */
  abstract reg(n: number): I64;
  abstract setReg(n: number, v: I64): void;
  /** Half 0 (lower) or 1 (upper as held) of a bound register. */
  abstract bnd(o: BndOperand | undefined, half: 0 | 1): I64;
  abstract setBnd(o: BndOperand | undefined, half: 0 | 1, v: I64): void;
  /** BND0–3 to INIT. */
  abstract initBounds(): void;
  /** A word of the state block (see State). Not for registers that the methods above name. */
  abstract state<T extends Int>(ty: T, bytes: 1 | 2 | 4 | 8, offset: number): V<T>;
  abstract setState(bytes: 1 | 2 | 4 | 8, offset: number, v: IntV): void;
  /** Address of the next instruction. */
  abstract next(u: Insn): I64;

  /** Reads a register, immediate or memory operand: zero-extended, in the natural type of `size`, already pinned. */
  rd(o: Operand | undefined, size: Size): IntV {
    const operand = present(o);
    const { lane } = this;
    if (lane?.half && operand.kind === 'imm') {
      const value = this.read(operand, size);
      return this.let(this.shr(value, this.k(value.ty, lane.immediateBits)));
    }
    if ((!lane && !this.substitute) || operand.kind !== 'xmm') return this.read(operand, size);
    const whole = this.rd128(operand);
    if (size === 8) return this.let(this.extract('i64x2', 0, whole));
    return this.let(this.trunc(size, this.extract('i32x4', 0, whole)));
  }
  /**
   * Writes a register or memory operand. A 4-byte write to a general register clears its upper half; narrower ones keep the rest.
   * A write to an XMM register replaces its low `size` bytes only.
   */
  wr(o: Operand | undefined, size: Size, v: IntV): void {
    const operand = present(o);
    if (!this.lane || operand !== this.lane.destination) this.write(operand, size, v);
    else this.wr128(operand, this.replace(lanesOf(size), 0, this.rd128(operand), v));
  }
  /** 16 bytes of an XMM register or of memory (no alignment check: see `align16`). */
  rd128(o: Operand | undefined): V128 {
    const operand = present(o);
    const { lane } = this;
    if (operand.kind === 'mem') return this.let(this.load128(this.access(this.address(operand), 16, false)));
    const register = this.xmm(operand);
    const value = this.substitute?.values.get(register);
    if (value) return value;
    if (!lane) return this.vector(register, 0);
    if (register === lane.destination) return this.vector(this.xmm(lane.first), lane.half);
    return this.sourceLane(register, lane);
  }
  wr128(o: Operand | undefined, v: V128): void {
    const operand = present(o);
    if (operand.kind === 'mem') {
      const value = this.let(v);
      this.store128At(this.access(this.address(operand), 16, true), value);
    } else if (operand === this.lane?.destination) this.lane.result = this.let(v);
    else if (operand === this.substitute?.destination) this.substitute.result = this.let(v);
    else this.setVector(this.xmm(operand), 0, v);
  }
  /** Address of a memory operand for an access: the effective address plus the segment base. */
  address(o: Operand | undefined): I64 {
    const at = this.operandAddress(present(o));
    return this.lane?.half ? this.add(at, this.i64(this.lane.stride)) : at;
  }

  // ---- one half of a VEX form at a time

  private lane: Lane | undefined;

  /**
   * Emits the legacy form of an instruction as one half of its VEX form: reading the destination reads the first source, writing it gives the
   * result, the other source is that half's, and memory need not be aligned.
   */
  inLane(lane: Omit<Lane, 'result'>, emit: () => void): V128 | undefined {
    const current: Lane = { ...lane, result: undefined };
    this.lane = current;
    emit();
    this.lane = undefined;
    return current.result;
  }

  // ---- values in the place of registers

  private substitute: Substitute | undefined;

  /** Emits a legacy form on `values` instead of the registers they are given for. → what it writes to `destination` */
  onValues(values: ReadonlyMap<XmmOperand, V128>, destination: XmmOperand, emit: () => void): V128 {
    const current: Substitute = { values, destination, result: undefined };
    this.substitute = current;
    emit();
    this.substitute = undefined;
    if (!current.result) throw new Error('the form has no result');
    return current.result;
  }

  /** What half `half` of the result is made of: the whole half of the register, or the bytes for it from the lower half. */
  private sourceLane(register: XmmOperand, { half, stride }: Lane): V128 {
    if (stride === 16) return this.vector(register, half);
    const low = this.vector(register, 0);
    if (half === 0 || stride === 0) return low;
    const moved = Array.from({ length: 16 }, (_, i) => (i + stride) & 15);
    return this.let(this.shuffle(moved, low, low));
  }

  xmm(o: Operand | undefined): XmmOperand {
    if (o?.kind !== 'xmm') throw new TypeError('not an XMM operand');
    return o;
  }
  bound(o: Operand | undefined): BndOperand {
    if (o?.kind !== 'bnd') throw new TypeError('not a bound register');
    return o;
  }

  /** Register operand by number, for implicit operands: `e.gpr(1, 1)` is CL. */
  gpr(number: number, size: Size, high = false): Operand {
    return { kind: 'reg', number, size, high };
  }

  /** Reads a destination once and gives a writer for the same place; every check happens here. */
  modify(o: Operand | undefined, size: Size, u: Insn): [old: IntV, write: (v: IntV) => void] {
    if (o?.kind === 'mem') {
      const at = this.access(this.address(o), size, true, u);
      return [this.let(this.loadAt(at, size)), (v) => this.storeAt(at, size, v)];
    }
    return [this.rd(o, size), (v) => this.wr(o, size, v)];
  }

  // ---- guest memory: check first (may leave), then access (cannot fail)

  /**
   * Makes sure that `bytes` bytes at guest address `ea` may be read (or read and written) and gives their linear address. Leaves the instruction without
   * effect if the fast path cannot tell. `u` names the instruction for fault reporting.
   */
  abstract access(ea: I64, bytes: number, write: boolean, u?: Insn): I32;

  /**
   * The check that the page tags allow: the tag of `ea`'s place must name the page in which the access ends. One comparison covers permission, presence, page
   * crossing and non-canonical addresses; `miss` leaves. → the linear address
   */
  protected tagged(ea: I64, bytes: number, write: boolean, miss: () => void): I32 {
    this.fence('memory check');
    const address = this.let(ea);
    const at = this.let(this.wrap(address));
    const entry = this.shl(this.shr(at, this.i32(12)), this.i32(3));
    const tag = this.load('i64', 8, entry, write ? TAGS_WRITE : TAGS_READ);
    const last = bytes === 1 ? address : this.add(address, this.i64(bytes - 1));
    this.if(this.cmp('ne', tag, this.and(last, this.i64(PAGE_MASK))), miss);
    return at;
  }

  loadAt(at: I32, size: Size, offset = 0): IntV {
    return this.load(this.typeOf(size), size as 1 | 2 | 4 | 8, at, offset);
  }
  storeAt(at: I32, size: Size, v: IntV, offset = 0): void {
    this.commit();
    this.rawStore(size as 1 | 2 | 4 | 8, at, offset, v);
  }
  load128At(at: I32, offset = 0): V128 {
    return this.load128(at, offset);
  }
  store128At(at: I32, v: V128, offset = 0): void {
    this.commit();
    this.rawStore128(at, offset, v);
  }
  /** Copies `bytes` bytes of linear memory, which accesses have been checked for; the ranges may overlap (as memmove). */
  copyAt(to: I32, from: I32, bytes: I32): void {
    this.commit();
    for (const v of [to, from, bytes]) this.put(v);
    this.code.push(...Op.memoryCopy);
  }
  /** Fills `bytes` bytes of linear memory with the low byte of `value`. */
  fillAt(to: I32, value: I32, bytes: I32): void {
    this.commit();
    for (const v of [to, value, bytes]) this.put(v);
    this.code.push(...Op.memoryFill);
  }
  /** #GP(0) unless `ea` is 16-byte aligned. */
  align16(ea: I64, u: Insn): void {
    if (!this.lane) this.align(ea, 16, u);
  }
  /** #GP(0) unless `ea` is a multiple of `bytes`, a power of two. */
  align(ea: I64, bytes: number, u: Insn): void {
    this.if(this.wrap(this.and(ea, this.i64(bytes - 1))), () => this.trap(13, u));
  }

  /** #GP(0) unless `target` is canonical: a branch there faults before it has any effect. */
  canonical(target: I64, u: Insn): void {
    this.fence('target check');
    const top = this.sar(target, this.i64(47));
    this.if(this.cmp('gtU', this.add(top, this.i64(1)), this.i64(1)), () => this.trap(13, u));
  }

  // ---- flags

  /** Records what the arithmetic flags follow from; see FlagKind for the operands. */
  setFlags(kind: FlagKind, size: Size, a: IntV, b?: IntV, c?: IntV): void {
    const known = { kind, size, a: this.let(this.zx(a)), b: b && this.let(this.zx(b)), c: c && this.let(this.zx(c)) };
    this.commit();
    this.storeFlags(known);
    this.known = known;
  }
  protected storeFlags(flags: KnownFlags): void {
    this.setState(4, State.FLAG_KIND, this.i32(flagCode(flags.kind, flags.size)));
    this.setState(8, State.FLAG_A, flags.a);
    if (flags.b) this.setState(8, State.FLAG_B, flags.b);
    if (flags.c) this.setState(8, State.FLAG_C, flags.c);
  }
  /** All six flags from a word in EFLAGS positions. */
  setFlagsWord(word: IntV): void {
    this.setFlags('word', 8, this.zx(word));
  }
  /** Replaces CF and OF (each 0 or 1) and leaves the other flags as they are. */
  overrideCarry(carry: I32, overflow: I32): void {
    const { known } = this;
    const code = known ? this.i32(flagCode(known.kind, known.size)) : this.state('i32', 4, State.FLAG_KIND);
    const bits = this.or(
      this.shl(carry, this.i32(FLAG_CARRY_SHIFT)),
      this.shl(overflow, this.i32(FLAG_OVERFLOW_SHIFT)),
    );
    const base = this.or(this.and(code, this.i32(FLAG_CODE_MASK)), this.i32(FLAG_OVERRIDDEN));
    this.setState(4, State.FLAG_KIND, this.or(base, bits));
    this.known = undefined;
  }
  /** Does `emit`, which may set flags, only if `c` ≠ 0. */
  flagsIf(c: I32, emit: () => void): void {
    if (c.isConstant) {
      if (!c.is(0)) emit();
      return;
    }
    const before = this.known;
    this.if(c, () => {
      emit();
      this.known = before;
    });
    this.known = undefined;
  }
  /** Condition 0–15 (as encoded in Jcc), or 16 for AF: 1 or 0. */
  cc(condition: number): I32 {
    const known = this.known;
    const none = this.i64(0);
    if (known) return conditionOf(this, known.kind, known.size, condition, known.a, known.b ?? none, known.c ?? none);
    const name = `condition${condition >> 1}` as Helper;
    const value = this.call(name, 'i32', [
      this.state('i32', 4, State.FLAG_KIND),
      this.state('i64', 8, State.FLAG_A),
      this.state('i64', 8, State.FLAG_B),
      this.state('i64', 8, State.FLAG_C),
    ]);
    return condition & 1 ? this.eqz(value) : value;
  }
  /** The six arithmetic flags in EFLAGS positions. */
  flagsWord(): I32 {
    return this.call('flagsWord', 'i32', [
      this.state('i32', 4, State.FLAG_KIND),
      this.state('i64', 8, State.FLAG_A),
      this.state('i64', 8, State.FLAG_B),
      this.state('i64', 8, State.FLAG_C),
    ]);
  }

  // ---- control. Each ends the instruction on the current path.

  /** Exception with error code 0, before any effect (but those emitted just before it on this path). */
  abstract trap(vector: number, u: Insn): void;
  /** Leaves the whole instruction to the host function named `u.op` (src/machine/host), before any effect. */
  abstract host(u: Insn): void;
  /** Direct near jump to `u.target`. */
  abstract jump(u: Insn): void;
  /** Jump to `u.target` if `c` ≠ 0, else to the next instruction. */
  abstract branch(c: I32, u: Insn): void;
  /** Near jump to a computed address. */
  abstract indirect(target: I64, u: Insn): void;
  /** String instructions: another iteration if `c` ≠ 0 (the finished one counts as an instruction), else the next instruction. */
  abstract again(c: I32, u: Insn): void;
  /** How many iterations a string instruction may do at once within the budget; a constant 1 where the back end wants them one by one. */
  abstract iterationsAllowed(): I32;
  /** As `again`, after `count` iterations were done at once. */
  abstract againAfter(count: I32, c: I32, u: Insn): void;
  /** On to the next instruction, through the driver (something it looks at has changed). */
  abstract leave(u: Insn): void;
}
