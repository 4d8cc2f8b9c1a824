/**
 * Handlers of the `slow` module: each memory access asks the host where its bytes are, and control only sets RIP. It runs single
 * instructions that the fast module refused; RIP is already behind the instruction.
 */
import { Op } from '../../isa/emit/opcodes.ts';
import { State } from '../../isa/emit/state.ts';
import { type I32, type I64, V } from '../../isa/emit/value.ts';
import type { Insn } from '../../isa/insn.ts';
import { HandlerEmit } from './handler-emit.ts';
import { Exit, Field } from './record.ts';

export class SlowEmit extends HandlerEmit {
  constructor(
    firstHelper: number,
    /** Function index of `translate(address, bytes, write)`. */
    private readonly translate: number,
  ) {
    super(1, firstHelper);
  }

  access(ea: I64, bytes: number, write: boolean): I32 {
    this.fence('memory check');
    const at = this.let(
      V.operation('i32', [Op.call, this.translate], [ea, this.i32(bytes), this.i32(write ? 1 : 0)]) as I32,
    );
    this.if(this.eqz(at), () => this.exit(Exit.FAULT));
    return at;
  }

  finish(): void {
    this.exit(Exit.DONE);
  }
  jump(_u: Insn): void {
    this.indirect(this.field('i64', 8, Field.DISPLACEMENT));
  }
  branch(c: I32, u: Insn): void {
    this.if(c, () => this.jump(u));
    this.finish();
  }
  indirect(target: I64): void {
    this.rawStore(8, this.i32(State.RIP), 0, target);
    this.finish();
  }
  again(c: I32, _u: Insn): void {
    this.if(c, () => this.exit(Exit.AGAIN));
    this.finish();
  }

  iterationsAllowed(): I32 {
    return this.i32(1);
  }
  againAfter(_count: I32, c: I32, u: Insn): void {
    this.again(c, u);
  }
}
