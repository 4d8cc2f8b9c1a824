/**
 * Back end 2 of the semantics: operands are constants and locals. The registers of a region live in locals and are architectural wherever it can be
 * left: a site says at which instruction that is.
 */
import { pushUnsigned } from '../../isa/emit/bytes.ts';
import { Emit, lanesOf } from '../../isa/emit/emit.ts';
import { type FlagKind, flagCode, type KnownFlags } from '../../isa/emit/flags.ts';
import { HELPERS } from '../../isa/emit/helpers.ts';
import { Op } from '../../isa/emit/opcodes.ts';
import { MMX_TOP, registerSlot, UPPER_HALF } from '../../isa/emit/register-slot.ts';
import { Shared, State } from '../../isa/emit/state.ts';
import type { Helper } from '../../isa/emit/statements.ts';
import type { I32, I64, Int, IntV, Ty, V, V128 } from '../../isa/emit/value.ts';
import {
  type BndOperand,
  type Insn,
  type MemoryOperand,
  type Operand,
  Segment,
  type Size,
  type XmmOperand,
} from '../../isa/insn.ts';

/** Why a region was left. `step`: the instruction at `rip` is the driver's. `indirect`: the state has the target. */
export type SiteKind = 'jump' | 'step' | 'budget' | 'indirect';

export interface Site {
  readonly kind: SiteKind;
  /** Where to go on; for `indirect`, the branch. */
  readonly rip: number;
  /** Instructions charged and not done. */
  readonly left: number;
  /** Flag code to be put into the state; −1 if it is there. */
  readonly flags: number;
}

/** What surrounds an instruction: where control goes is the region's business. */
export interface Surroundings {
  /** Goes to a guest address. */
  goto(rip: number): void;
  /** Goes to the address in the state's RIP, one of `candidates` most likely. */
  gotoIndirect(target: I64): void;
  /** Leaves the region with the number in SITE_LOCAL. */
  leaveRegion(): void;
  /** The number of a new site. */
  addSite(site: Site): number;
}

export const TARGET_LOCAL = 0;
export const BUDGET_LOCAL = 1;
const PARAMETERS = 2;
const FLAG_OFFSETS: readonly number[] = [State.FLAG_KIND, State.FLAG_A, State.FLAG_B, State.FLAG_C];

/** A local that holds a word of the state block. */
interface Home {
  readonly local: number;
  readonly ty: Ty;
  written: boolean;
}

export class RegionEmit extends Emit {
  /** By offset in the state block. */
  readonly homes = new Map<number, Home>();
  readonly siteLocal: number;
  private insn: Insn | undefined;
  private left = 0;
  private stepSite = -1;
  /** The flags have been written since the block began. */
  flagsTouched = false;

  constructor(
    private readonly around: Surroundings,
    private readonly firstHelper = 0,
  ) {
    super(PARAMETERS);
    this.siteLocal = this.newLocal('i32');
    this.home(State.FLAG_KIND, 'i32');
  }

  private newLocal(ty: Ty): number {
    return PARAMETERS + this.locals.push(ty) - 1;
  }
  private home(offset: number, ty: Ty): Home {
    let home = this.homes.get(offset);
    if (!home) {
      home = { local: this.newLocal(ty), ty, written: false };
      this.homes.set(offset, home);
    }
    return home;
  }
  private held<T extends Ty>(offset: number, ty: T): V<T> {
    return this.localValue(ty, this.home(offset, ty).local);
  }
  private hold(offset: number, v: V): void {
    this.commit();
    const home = this.home(offset, v.ty);
    home.written = true;
    this.setLocal(home.local, v);
  }

  /** Starts a block with flags of a known kind, or of whatever kind the state says. */
  startBlock(flags: { kind: FlagKind; size: Size } | undefined): void {
    this.begin();
    this.insn = undefined;
    this.stepSite = -1;
    this.flagsTouched = false;
    this.known = flags && this.lazy(flags.kind, flags.size);
  }
  /** Starts an instruction; `left` are charged, it included. */
  startInsn(u: Insn, left: number): void {
    this.begin();
    this.insn = u;
    this.left = left;
    this.stepSite = -1;
  }
  get knownFlags(): KnownFlags | undefined {
    return this.known;
  }
  /** Blocks and loops opened by the instruction. */
  get nesting(): number {
    return this.depth;
  }

  private lazy(kind: FlagKind, size: Size): KnownFlags {
    const word = (offset: number) => this.held(offset, 'i64');
    return { kind, size, a: word(State.FLAG_A), b: word(State.FLAG_B), c: word(State.FLAG_C) };
  }

  protected helperIndex(name: Helper): number {
    return this.firstHelper + HELPERS.indexOf(name);
  }

  // ---- leaving

  /** → the site's number */
  leaveAt(kind: SiteKind, rip: number, left: number): number {
    const flags = this.known ? flagCode(this.known.kind, this.known.size) : -1;
    if (flags < 0) this.rawStore(4, this.i32(State.FLAG_KIND), 0, this.held(State.FLAG_KIND, 'i32'));
    const site = this.around.addSite({ kind, rip, left, flags });
    this.leaveWith(site);
    return site;
  }
  private leaveWith(site: number): void {
    this.setLocal(this.siteLocal, this.i32(site));
    this.around.leaveRegion();
    this.terminated = true;
  }
  /** The driver does the whole instruction: it finds out itself what is special. */
  private step(u: Insn | undefined): void {
    const insn = u ?? this.insn;
    if (!insn) throw new Error('no instruction to leave at');
    if (this.stepSite >= 0) {
      if (!this.known) this.rawStore(4, this.i32(State.FLAG_KIND), 0, this.held(State.FLAG_KIND, 'i32'));
      this.leaveWith(this.stepSite);
      return;
    }
    this.stepSite = this.leaveAt('step', Number(insn.ip), this.left);
  }
  trap(_vector: number, u: Insn): void {
    this.step(u);
  }
  host(u: Insn): void {
    this.fence('host call');
    this.step(u);
  }
  leave(): void {
    throw new Error('instructions for the driver are not translated');
  }

  // ---- operands

  protected read(operand: Operand, size: Size): IntV {
    switch (operand.kind) {
      case 'imm':
        if (size === 8) return this.i64(operand.value);
        return this.i32(
          Number(BigInt.asIntN(32, size === 4 ? operand.value : BigInt.asUintN(size * 8, operand.value))),
        );
      case 'mem':
        return this.let(this.loadAt(this.access(this.address(operand), size, false), size));
      case 'reg': {
        const whole = this.reg(operand.number);
        if (size === 8) return this.let(whole);
        const low = this.wrap(whole);
        return this.let(this.trunc(size, operand.high ? this.shr(low, this.i32(8)) : low));
      }
      case 'xmm': {
        const whole = this.held(State.XMM + operand.number * 16, 'v128');
        if (size === 8) return this.let(this.extract('i64x2', 0, whole));
        return this.let(this.trunc(size, this.extract('i32x4', 0, whole)));
      }
      case 'mm':
        return this.let(this.state(this.typeOf(size), size === 8 ? 8 : 4, registerSlot(operand)));
      default:
        throw new Error(`a ${operand.kind} operand is not read as an integer`);
    }
  }

  protected write(operand: Operand, size: Size, v: IntV): void {
    switch (operand.kind) {
      case 'mem': {
        const value = this.let(v);
        this.storeAt(this.access(this.address(operand), size, true), size, value);
        return;
      }
      case 'reg':
        this.setReg(operand.number, size >= 4 ? this.zx(v) : this.merged(operand.number, size, operand.high, v));
        return;
      case 'xmm': {
        const at = State.XMM + operand.number * 16;
        this.hold(at, this.replace(lanesOf(size), 0, this.held(at, 'v128'), v));
        return;
      }
      case 'mm':
        this.setState(8, registerSlot(operand), v);
        this.setState(2, registerSlot(operand) + MMX_TOP.offset, this.i32(MMX_TOP.value));
        return;
      default:
        throw new Error(`a ${operand.kind} operand is not written as an integer`);
    }
  }
  /** Register `number` with its low byte, word or second byte replaced. */
  private merged(number: number, size: Size, high: boolean, v: IntV): I64 {
    const shift = high ? 8n : 0n;
    const mask = (size === 1 ? 0xffn : 0xffffn) << shift;
    const value = this.shl(this.and(this.zx(v), this.i64(mask >> shift)), this.i64(shift));
    return this.or(this.and(this.reg(number), this.i64(~mask)), value);
  }

  vector(o: XmmOperand, half: 0 | 1): V128 {
    return this.let(this.held(registerSlot(o) + half * UPPER_HALF, 'v128'));
  }
  setVector(o: XmmOperand, half: 0 | 1, v: V128): void {
    this.hold(registerSlot(o) + half * UPPER_HALF, v);
  }

  ea(o: Operand | undefined): I64 {
    const memory = inMemory(o);
    const scaled = this.shl(this.index(memory), this.i64(Math.log2(memory.scale)));
    const sum = this.add(this.add(this.base(memory), scaled), this.displacement(memory));
    return memory.addressSize === 4 ? this.and(sum, this.i64(0xffff_ffffn)) : sum;
  }
  /** Only 64-bit code is translated. */
  linear(address: I64): I64 {
    return address;
  }
  protected operandAddress(o: Operand): I64 {
    return this.add(this.ea(o), this.segmentBase(o));
  }
  base(o: Operand | undefined): I64 {
    const { base } = inMemory(o);
    return base < 0 ? this.i64(0) : this.reg(base);
  }
  index(o: Operand | undefined): I64 {
    const { index } = inMemory(o);
    return index < 0 ? this.i64(0) : this.reg(index);
  }
  displacement(o: Operand | undefined): I64 {
    return this.i64(inMemory(o).disp);
  }
  segmentBase(o: Operand | undefined): I64 {
    const { segment } = inMemory(o);
    if (segment === Segment.FS) return this.state('i64', 8, State.FS_BASE);
    if (segment === Segment.GS) return this.state('i64', 8, State.GS_BASE);
    return this.i64(0);
  }

  reg(n: number): I64 {
    return this.held(State.GPR + n * 8, 'i64');
  }
  setReg(n: number, v: I64): void {
    this.hold(State.GPR + n * 8, v);
  }
  bnd(o: BndOperand | undefined, half: 0 | 1): I64 {
    return this.held(State.BND + this.bound(o).number * 16 + half * 8, 'i64');
  }
  setBnd(o: BndOperand | undefined, half: 0 | 1, v: I64): void {
    this.hold(State.BND + this.bound(o).number * 16 + half * 8, v);
  }
  initBounds(): void {
    for (let i = 0; i < 8; i++) this.hold(State.BND + i * 8, this.i64(0));
  }
  state<T extends Int>(ty: T, bytes: 1 | 2 | 4 | 8, offset: number): V<T> {
    if (FLAG_OFFSETS.includes(offset)) return this.held(offset, ty);
    return this.load(ty, bytes, this.i32(offset));
  }
  setState(bytes: 1 | 2 | 4 | 8, offset: number, v: IntV): void {
    this.commit();
    if (!FLAG_OFFSETS.includes(offset)) this.rawStore(bytes, this.i32(offset), 0, v);
    else {
      this.flagsTouched = true;
      this.hold(offset, v);
    }
  }
  override setFlags(kind: FlagKind, size: Size, a: IntV, b?: IntV, c?: IntV): void {
    super.setFlags(kind, size, a, b, c);
    // The locals outlive the instruction, its temporaries do not.
    this.known = this.lazy(kind, size);
  }
  next(u: Insn): I64 {
    return this.i64(u.ip + BigInt(u.length));
  }

  access(ea: I64, bytes: number, write: boolean): I32 {
    return this.tagged(ea, bytes, write, () => this.step(undefined));
  }
  override canonical(target: I64): void {
    this.fence('target check');
    this.if(this.wrap(this.shr(target, this.i64(47))), () => this.step(undefined));
  }

  // ---- control

  jump(u: Insn): void {
    this.around.goto(Number(BigInt.asUintN(64, u.target)));
    this.terminated = true;
  }
  branch(c: I32, u: Insn): void {
    this.if(c, () => this.jump(u));
    this.around.goto(Number(u.ip) + u.length);
    this.terminated = true;
  }
  indirect(target: I64): void {
    this.around.gotoIndirect(this.let(target));
    this.terminated = true;
  }
  again(): void {
    throw new Error('repeated instructions are not translated');
  }
  againAfter(): void {
    this.again();
  }
  iterationsAllowed(): I32 {
    return this.i32(1);
  }

  // ---- what the region puts around its blocks

  get budget(): I32 {
    return this.localValue('i32', BUDGET_LOCAL);
  }
  charge(count: number): void {
    this.setLocal(BUDGET_LOCAL, this.sub(this.budget, this.i32(count)));
  }
  setTarget(index: number): void {
    this.setLocal(TARGET_LOCAL, this.i32(index));
  }
  storeRip(v: I64): void {
    this.rawStore(8, this.i32(State.RIP), 0, v);
  }
  /** Loads of all homes, to stand before everything. */
  prologue(): number[] {
    const out: number[] = [];
    for (const [offset, { local, ty }] of this.homes) {
      const address = this.i32(offset);
      const value = ty === 'v128' ? this.load128(address) : this.load(ty as Int, ty === 'i32' ? 4 : 8, address);
      out.push(...address.code, ...value.code, Op.localSet);
      pushUnsigned(out, local);
    }
    return out;
  }
  /** Puts the registers and the budget back and returns the site. */
  epilogue(): void {
    for (const [offset, { local, ty, written }] of this.homes) {
      if (!written || offset === State.FLAG_KIND) continue;
      if (ty === 'v128') this.rawStore128(this.i32(offset), 0, this.localValue('v128', local));
      else this.rawStore(ty === 'i32' ? 4 : 8, this.i32(offset), 0, this.localValue(ty as Int, local));
    }
    this.rawStore(4, this.i32(Shared.BUDGET), 0, this.budget);
    this.put(this.localValue('i32', this.siteLocal));
  }
}

function inMemory(o: Operand | undefined): MemoryOperand {
  if (o?.kind !== 'mem') throw new Error('not a memory operand');
  return o;
}
