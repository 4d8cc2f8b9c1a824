/** Handlers of the `fast` module: memory by page tags, control by links between records. */
import { pushUnsigned } from '../../isa/emit/bytes.ts';
import { Op } from '../../isa/emit/opcodes.ts';
import { Shared, State } from '../../isa/emit/state.ts';
import type { I32, I64 } from '../../isa/emit/value.ts';
import type { Insn } from '../../isa/insn.ts';
import { HandlerEmit } from './handler-emit.ts';
import { Exit, Field, RECORD_BYTES } from './record.ts';

export class FastEmit extends HandlerEmit {
  /**
   * `dispatchDepth`: in the hot function, how many blocks enclose a handler below the dispatch loop; undefined in a function of its
   * own, which returns the next record to its caller.
   */
  constructor(
    firstHelper: number,
    public dispatchDepth: number | undefined,
  ) {
    super(1, firstHelper);
  }

  access(ea: I64, bytes: number, write: boolean): I32 {
    return this.tagged(ea, bytes, write, () => this.exit(Exit.MISS));
  }

  /** Anything but a user address is left to the slow module, which checks exactly. */
  override canonical(target: I64): void {
    this.fence('target check');
    this.if(this.wrap(this.shr(target, this.i64(47))), () => this.exit(Exit.MISS));
  }

  finish(): void {
    this.setRecord(this.add(this.record, this.i32(RECORD_BYTES)));
    this.dispatch();
  }

  /** Runs the record in local 0. */
  private dispatch(): void {
    if (this.dispatchDepth === undefined) {
      this.put(this.record);
      this.code.push(Op.return);
    } else {
      this.code.push(Op.br);
      pushUnsigned(this.code, this.dispatchDepth + this.depth);
    }
    this.terminated = true;
  }

  /** Enters the block at record `target` of `count` instructions, if the budget allows. */
  private enter(target: I32, count: I32): void {
    const left = this.let(this.sub(this.load('i32', 4, this.i32(Shared.BUDGET)), count));
    const to = this.let(target);
    this.if(this.cmp('ltS', left, this.i32(0)), () => {
      this.setRecord(to);
      this.exit(Exit.BUDGET);
    });
    this.rawStore(4, this.i32(Shared.BUDGET), 0, left);
    this.setRecord(to);
    this.dispatch();
  }

  jump(_u?: Insn): void {
    this.enter(this.field('i32', 4, Field.LINK), this.field('i32', 2, Field.LINK_COUNT));
  }

  branch(c: I32, u: Insn): void {
    // Two dispatches, not a merged one: the branch predictor learns them apart.
    this.if(this.eqz(c), () => this.finish());
    this.jump(u);
  }

  indirect(target: I64, _u: Insn): void {
    const to = this.let(target);
    const slot = this.and(this.wrap(to), this.i32(Shared.JUMP_CACHE_ENTRIES - 1));
    const entry = this.let(this.shl(slot, this.i32(4)));
    this.if(this.cmp('ne', this.load('i64', 8, entry, Shared.JUMP_CACHE), to), () => {
      this.rawStore(8, this.i32(State.RIP), 0, to);
      this.exit(Exit.INDIRECT);
    });
    this.enter(this.load('i32', 4, entry, Shared.JUMP_CACHE + 8), this.load('i32', 4, entry, Shared.JUMP_CACHE + 12));
  }

  again(c: I32, _u: Insn): void {
    this.if(c, () => {
      const left = this.let(this.sub(this.load('i32', 4, this.i32(Shared.BUDGET)), this.i32(1)));
      this.rawStore(4, this.i32(Shared.BUDGET), 0, left);
      this.if(this.cmp('ltS', left, this.i32(0)), () => this.exit(Exit.AGAIN));
      this.dispatch();
    });
    this.finish();
  }

  iterationsAllowed(): I32 {
    return this.add(this.load('i32', 4, this.i32(Shared.BUDGET)), this.i32(1));
  }
  againAfter(count: I32, c: I32, u: Insn): void {
    const left = this.sub(this.load('i32', 4, this.i32(Shared.BUDGET)), this.sub(count, this.i32(1)));
    this.rawStore(4, this.i32(Shared.BUDGET), 0, left);
    this.again(c, u);
  }
}
