/** Back end 1 of the semantics: handlers of the interpreter, which take everything from the record in local 0. */
import { Emit, present } from '../../isa/emit/emit.ts';
import { HELPERS } from '../../isa/emit/helpers.ts';
import { Op } from '../../isa/emit/opcodes.ts';
import { MMX_TOP, registerSlot, UPPER_HALF } from '../../isa/emit/register-slot.ts';
import { Shared, State } from '../../isa/emit/state.ts';
import type { Helper } from '../../isa/emit/statements.ts';
import type { I32, I64, Int, IntV, V, V128 } from '../../isa/emit/value.ts';
import type { BndOperand, Insn, Operand, Size, XmmOperand } from '../../isa/insn.ts';
import type { MemoryForm } from './key.ts';
import { Exit, Field } from './record.ts';

/** Where a pattern's operand is in the record. */
export type OperandPlace = 'destination' | 'source' | 'first' | 'third' | 'immediate' | 'memory';

/** Bytes and offset of the fields that hold the address of a register's slot. */
const SLOTS = {
  destination: { bytes: 2, at: Field.DESTINATION },
  source: { bytes: 4, at: Field.SOURCE },
  first: { bytes: 2, at: Field.FIRST },
  third: { bytes: 2, at: Field.THIRD },
} as const;

/** A pattern instruction and where its operands are. Operands not in `places` are literal (implicit registers). */
export interface Pattern {
  insn: Insn;
  places: ReadonlyMap<Operand, OperandPlace>;
  memory: MemoryForm | undefined;
}

const RECORD_LOCAL = 0;

export abstract class HandlerEmit extends Emit {
  private places: ReadonlyMap<Operand, OperandPlace> = new Map();
  private memoryForm: MemoryForm = 'g';
  private readonly pointers = new Map<Operand, I32>();
  private baseDepth = 0;

  constructor(
    parameters: number,
    private readonly firstHelper: number,
  ) {
    super(parameters);
  }

  /** Starts a handler. */
  start(pattern: Pattern): void {
    this.begin();
    this.known = undefined;
    this.baseDepth = this.depth;
    this.use(pattern);
  }
  /** Operands are those of `pattern` from here on (the second of a fused pair). */
  use(pattern: Pattern): void {
    this.pointers.clear();
    this.places = pattern.places;
    this.memoryForm = pattern.memory ?? 'g';
  }

  protected helperIndex(name: Helper): number {
    return this.firstHelper + HELPERS.indexOf(name);
  }

  protected get record(): I32 {
    return this.localValue('i32', RECORD_LOCAL);
  }
  /** The record being run. */
  get recordValue(): I32 {
    return this.record;
  }
  protected setRecord(v: I32): void {
    this.setLocal(RECORD_LOCAL, v);
  }
  protected field<T extends Int>(ty: T, bytes: 1 | 2 | 4 | 8, offset: number): V<T> {
    return this.load(ty, bytes, this.record, offset);
  }

  // ---- operands

  /** Address of a register operand or an immediate. */
  private pointer(o: Operand): I32 {
    const place = this.places.get(o);
    if (!place) return this.i32(registerSlot(o));
    const known = this.pointers.get(o);
    if (known) return known;
    if (place === 'immediate') return this.add(this.record, this.i32(Field.IMMEDIATE));
    if (place === 'memory') throw new Error('a memory operand is in no register');
    const pinned = this.let(this.field('i32', SLOTS[place].bytes, SLOTS[place].at));
    // Inside an arm the local is not set on every path.
    if (this.depth === this.baseDepth) this.pointers.set(o, pinned);
    return pinned;
  }

  protected read(operand: Operand, size: Size): IntV {
    if (operand.kind === 'mem') {
      const at = this.access(this.address(operand), size, false);
      return this.let(this.loadAt(at, size));
    }
    if (this.places.get(operand) === 'immediate')
      return this.let(this.field(this.typeOf(size), narrow(size), Field.IMMEDIATE));
    return this.let(this.load(this.typeOf(size), narrow(size), this.pointer(operand)));
  }

  protected write(operand: Operand, size: Size, v: IntV): void {
    if (operand.kind === 'mem') {
      const value = this.let(v);
      this.storeAt(this.access(this.address(operand), size, true), size, value);
      return;
    }
    this.commit();
    const clears = size === 4 && operand.kind === 'reg';
    this.rawStore(clears ? 8 : narrow(size), this.pointer(operand), 0, clears ? this.zx(v) : v);
    if (operand.kind === 'mm') this.rawStore(2, this.pointer(operand), MMX_TOP.offset, this.i32(MMX_TOP.value));
  }

  vector(o: XmmOperand, half: 0 | 1): V128 {
    return this.let(this.load128(this.pointer(o), half * UPPER_HALF));
  }
  setVector(o: XmmOperand, half: 0 | 1, v: V128): void {
    this.commit();
    this.rawStore128(this.pointer(o), half * UPPER_HALF, v);
  }

  ea(o: Operand | undefined): I64 {
    const memory = this.memoryForm;
    const sum = this.add(this.base(o), this.displacement(o));
    if (memory === 'm') return sum;
    const scaled = this.shl(this.index(o), this.field('i64', 1, Field.SHIFT));
    if (memory === 'x') return this.add(sum, scaled);
    return this.and(this.add(sum, scaled), this.through('i64', Field.MASK));
  }
  protected operandAddress(o: Operand): I64 {
    const ea = this.ea(o);
    return this.memoryForm === 'g' ? this.linear(this.add(ea, this.segmentBase(o))) : ea;
  }
  linear(address: I64): I64 {
    return this.and(address, this.load('i64', 8, this.i32(Shared.LINEAR_MASK)));
  }
  base(_o: Operand | undefined): I64 {
    return this.through('i64', Field.BASE);
  }
  index(_o: Operand | undefined): I64 {
    return this.through('i64', Field.INDEX);
  }
  displacement(_o: Operand | undefined): I64 {
    return this.field('i64', 8, Field.DISPLACEMENT);
  }
  segmentBase(_o: Operand | undefined): I64 {
    return this.through('i64', Field.SEGMENT);
  }
  /** The word that a 16-bit pointer in the record names. */
  private through(ty: 'i64', offset: number): I64 {
    return this.load(ty, 8, this.field('i32', 2, offset));
  }

  reg(n: number): I64 {
    return this.load('i64', 8, this.i32(State.GPR + n * 8));
  }
  setReg(n: number, v: I64): void {
    this.setState(8, State.GPR + n * 8, v);
  }
  bnd(o: BndOperand | undefined, half: 0 | 1): I64 {
    return this.load('i64', 8, this.pointer(present(o)), half * 8);
  }
  setBnd(o: BndOperand | undefined, half: 0 | 1, v: I64): void {
    this.commit();
    this.rawStore(8, this.pointer(present(o)), half * 8, v);
  }
  initBounds(): void {
    this.commit();
    const zero = this.v128(new Uint8Array(16));
    for (let i = 0; i < 4; i++) this.rawStore128(this.i32(State.BND + i * 16), 0, zero);
  }
  state<T extends Int>(ty: T, bytes: 1 | 2 | 4 | 8, offset: number): V<T> {
    return this.load(ty, bytes, this.i32(offset));
  }
  setState(bytes: 1 | 2 | 4 | 8, offset: number, v: IntV): void {
    this.commit();
    this.rawStore(bytes, this.i32(offset), 0, v);
  }
  next(_u: Insn): I64 {
    return this.field('i64', 8, Field.IMMEDIATE);
  }

  abstract override access(ea: I64, bytes: number, write: boolean, u?: Insn): I32;

  // ---- leaving

  /** Returns `code` with this record noted; for codes ≤ LAST_EXIT. */
  exit(code: number): void {
    this.rawStore(4, this.i32(Shared.EXIT_RECORD), 0, this.record);
    this.put(this.i32(code));
    this.code.push(Op.return);
    this.terminated = true;
  }
  trap(vector: number, _u?: Insn): void {
    this.rawStore(4, this.i32(Shared.EXIT_DETAIL), 0, this.i32(vector));
    this.exit(Exit.TRAP);
  }
  host(_u: Insn): void {
    this.fence('host call');
    this.exit(Exit.HOST);
  }
  leave(_u: Insn): void {
    this.exit(Exit.LEAVE);
  }
  /** On to the next instruction. */
  abstract finish(): void;
}

function narrow(size: Size): 1 | 2 | 4 | 8 {
  if (size === 16 || size === 32) throw new Error('vector operands use rd128 and wr128');
  return size;
}
