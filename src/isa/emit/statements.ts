/** Statements: what serialises expressions into the body of one function, in order. */
import { ByteBuffer, type ByteString, pushUnsigned } from './bytes.ts';
import type { KnownFlags } from './flags.ts';
import { Op, STORE, VALUE_TYPE } from './opcodes.ts';
import { V128_STORE } from './simd.ts';
import { type I32, type IntV, type Ty, V, type V128 } from './value.ts';
import { Values } from './values.ts';

/** A kind of helper function: what `call` may name. */
export type Helper =
  | `condition${0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8}`
  | 'multiplyHighUnsigned'
  | 'multiplyHighSigned'
  | 'flagsWord'
  | 'fusedDoubles'
  | 'fusedSingles'
  | `inexactSum${4 | 8}`
  | `inexactProduct${4 | 8}`;

export abstract class Statements extends Values {
  readonly code = new ByteBuffer();
  /** Types of the locals behind the parameters. */
  readonly locals: Ty[] = [];
  /** True once the instruction has had an effect: no check may follow. */
  protected committed = false;
  /** True once control has left the instruction on this path. */
  terminated = false;
  protected depth = 0;
  protected known: KnownFlags | undefined;
  private readonly free: Record<Ty, number[]> = { i32: [], i64: [], v128: [] };
  private readonly taken: Record<Ty, number[]> = { i32: [], i64: [], v128: [] };
  private readonly consumedLoads = new WeakSet<V>();

  /** `parameters`: how many locals come before the temporaries. */
  constructor(private readonly parameters: number) {
    super();
  }

  // ---- statements

  /** Starts the next instruction: temporaries are free again, nothing is committed. */
  begin(): void {
    this.committed = false;
    this.terminated = false;
    for (const ty of ['i32', 'i64', 'v128'] as const) {
      const { [ty]: taken } = this.taken;
      for (let index = taken.pop(); index !== undefined; index = taken.pop()) this.free[ty].push(index);
    }
  }

  /** Serialises an expression. */
  put(v: V): void {
    if (v.code[0] >= 0x28 && v.code[0] <= 0x35) {
      if (this.consumedLoads.has(v)) throw new Error('a load is used twice: pin it with let()');
      this.consumedLoads.add(v);
    }
    for (const arg of v.args) this.put(arg);
    this.code.append(v.code);
  }

  /** Evaluates now, exactly once. */
  let<T extends Ty>(v: V<T>): V<T> {
    if (v.isConstant) return v;
    const index = this.temporary(v.ty);
    this.setLocal(index, v);
    return this.localValue(v.ty, index);
  }

  protected temporary(ty: Ty): number {
    let index = this.free[ty].pop();
    if (index === undefined) {
      index = this.parameters + this.locals.length;
      this.locals.push(ty);
    }
    this.taken[ty].push(index);
    return index;
  }

  protected setLocal(index: number, v: V): void {
    this.put(v);
    this.code.push(Op.localSet);
    pushUnsigned(this.code, index);
  }

  /** Runs `then` if `c` ≠ 0, else `otherwise`. A constant condition emits only its arm. */
  if(c: I32, then: () => void, otherwise?: () => void): void {
    if (c.isConstant) {
      if (!c.is(0)) then();
      else otherwise?.();
      return;
    }
    this.put(c);
    this.code.push(Op.if, Op.void);
    this.depth++;
    const before = { committed: this.committed, known: this.known };
    const left = this.arm(then, before);
    let right = { committed: before.committed, terminated: false };
    if (otherwise) {
      this.code.push(Op.else);
      right = this.arm(otherwise, before);
    }
    this.code.push(Op.end);
    this.depth--;
    this.committed = (left.committed && !left.terminated) || (right.committed && !right.terminated);
    this.terminated = left.terminated && right.terminated;
    this.known = before.known;
  }

  private arm(emit: () => void, before: { committed: boolean; known: KnownFlags | undefined }) {
    this.committed = before.committed;
    this.known = before.known;
    this.terminated = false;
    emit();
    if (this.known !== before.known && !this.terminated) throw new Error('flags set in one arm only: use flagsIf()');
    return { committed: this.committed, terminated: this.terminated };
  }

  /** Integer store to linear memory, without any check or bookkeeping. */
  protected rawStore(bytes: 1 | 2 | 4 | 8, address: I32, offset: number, v: IntV): void {
    const folded = typeof address.constant === 'number';
    this.put(folded ? this.i32((address.constant as number) + offset) : address);
    this.put(v);
    this.code.push(STORE[v.ty][bytes], 0);
    pushUnsigned(this.code, folded ? 0 : offset);
  }

  protected rawStore128(address: I32, offset: number, v: V128): void {
    this.put(address);
    this.put(v);
    this.code.push(Op.simd, V128_STORE, 0);
    pushUnsigned(this.code, offset);
  }

  protected abstract helperIndex(name: Helper): number;

  /** Calls a helper of the module. */
  call<T extends Ty>(name: Helper, ty: T, args: V[]): V<T> {
    const code: number[] = [Op.call];
    pushUnsigned(code, this.helperIndex(name));
    return V.operation(ty, code, args);
  }

  protected fence(what: string): void {
    if (this.committed) throw new Error(`imprecise: ${what} after an effect`);
  }
  protected commit(): void {
    this.committed = true;
  }

  /** Function body with its locals, ready for a code section; `prologue` comes before everything else. */
  body(prologue: ByteString = []): Uint8Array {
    const out = new ByteBuffer();
    pushUnsigned(out, this.locals.length);
    for (const ty of this.locals) out.push(1, VALUE_TYPE[ty]);
    out.append(prologue);
    out.append(this.code.written);
    out.push(Op.end);
    return out.written;
  }
}
