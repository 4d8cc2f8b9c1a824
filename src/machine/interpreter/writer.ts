/** Fills in records. */
import { registerSlot } from '../../isa/emit/register-slot.ts';
import { Shared, State } from '../../isa/emit/state.ts';
import { type Insn, type MemoryOperand, operandsOf, Segment } from '../../isa/insn.ts';
import type { LinearMemory } from '../memory/linear.ts';
import { Field, RECORD_BYTES } from './record.ts';

export class RecordWriter {
  constructor(private readonly linear: LinearMemory) {}

  /** Handler and the instructions left in the block; everything else neutral. */
  begin(record: number, handler: number, left: number): void {
    const { i32 } = this.linear;
    const word = record >> 2;
    i32.fill(0, word, word + RECORD_BYTES / 4);
    i32[word + (Field.HANDLER >> 2)] = handler;
    i32[word + (Field.BASE >> 2)] = Shared.ZERO | (Shared.ZERO << 16);
    i32[word + (Field.SEGMENT >> 2)] = Shared.ZERO | (Shared.ONES << 16);
    i32[word + (Field.LINK_COUNT >> 2)] = left << 24;
  }

  /** The operands of `u` in `form` (letters of the semantics table). */
  operands(record: number, u: Insn, form: string): void {
    const { view } = this.linear;
    if (u.op === 'call' || u.op === 'calli') this.immediate(record, u.ip + BigInt(u.length));
    const letters = form === '' ? [] : form.split(',');
    const operands = operandsOf(u);
    letters.forEach((letter, i) => {
      const o = operands[i];
      if (!o || letter === 'l') return;
      if (o.kind === 'mem') this.memory(record, o);
      else if (letter === 'v' || letter === 'w') view.setUint16(record + Field.FIRST, registerSlot(o), true);
      else if (letter === 'z') view.setUint16(record + Field.THIRD, registerSlot(o), true);
      else if ('rxpb'.includes(letter)) view.setUint16(record + Field.DESTINATION, registerSlot(o), true);
      else if (o.kind === 'imm') {
        this.immediate(record, o.value);
        // Only as a source: third operands are read in place, and the source field is the second one's.
        if (letter === 's') view.setUint32(record + Field.SOURCE, record + Field.IMMEDIATE, true);
      } else view.setUint32(record + Field.SOURCE, registerSlot(o), true);
    });
    if (u.segment === Segment.FS || u.segment === Segment.GS) this.segment(record, u.segment);
  }

  private memory(record: number, o: MemoryOperand): void {
    const { view } = this.linear;
    if (o.base >= 0) view.setUint16(record + Field.BASE, State.GPR + o.base * 8, true);
    if (o.index >= 0) {
      view.setUint16(record + Field.INDEX, State.GPR + o.index * 8, true);
      view.setUint8(record + Field.SHIFT, Math.log2(o.scale));
    }
    if (o.addressSize !== 8)
      view.setUint16(record + Field.MASK, o.addressSize === 4 ? Shared.LOW32 : Shared.LOW16, true);
    if (o.segment === Segment.FS || o.segment === Segment.GS) this.segment(record, o.segment);
    this.displacement(record, o.disp);
  }

  private segment(record: number, segment: number): void {
    const slot = segment === Segment.FS ? State.FS_BASE : State.GS_BASE;
    this.linear.view.setUint16(record + Field.SEGMENT, slot, true);
  }

  immediate(record: number, value: bigint): void {
    this.linear.view.setBigInt64(record + Field.IMMEDIATE, BigInt.asIntN(64, value), true);
  }
  displacement(record: number, value: bigint): void {
    this.linear.view.setBigInt64(record + Field.DISPLACEMENT, BigInt.asIntN(64, value), true);
  }

  /** Makes a direct branch lead to `target`, a block of `count` instructions. */
  link(record: number, target: number, count: number): void {
    this.linear.view.setUint32(record + Field.LINK, target, true);
    this.linear.view.setUint16(record + Field.LINK_COUNT, count, true);
  }
  /** Instructions of the block not yet done before this record. */
  left(record: number): number {
    return this.linear.view.getUint8(record + Field.LEFT);
  }
}
