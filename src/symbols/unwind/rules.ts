import { Cursor, CursorError } from '../../base/cursor.ts';
import { readLeb } from '../dwarf/entries.ts';
import { encodedPointer, type FrameDescription, type InstructionRange } from './frame-tables.ts';

/** Where a register of the caller is (DWARF 5, 6.4.1). Offsets count from the CFA. */
export type RegisterRule =
  | { kind: 'undefined' }
  | { kind: 'same' }
  | { kind: 'offset'; offset: bigint }
  | { kind: 'value-offset'; offset: bigint }
  | { kind: 'register'; number: number }
  | { kind: 'expression'; expression: Uint8Array }
  | { kind: 'value-expression'; expression: Uint8Array };

export type CfaRule =
  | { kind: 'register'; number: number; offset: bigint }
  | { kind: 'expression'; expression: Uint8Array }
  | undefined;

/** How a frame is unwound at one place of its code. */
export interface UnwindRow {
  cfa: CfaRule;
  registers: Map<number, RegisterRule>;
}

const MOST_SAVED_STATES = 100;

/** The rules in effect at a link-time address. @throws CursorError if the instructions are broken. */
export function rulesAt(description: FrameDescription, address: bigint): UnwindRow {
  const initial = new Rules(description, { cfa: undefined, registers: new Map() }, undefined);
  initial.run(description.common.instructions, undefined);
  const rules = new Rules(description, copy(initial.row), initial.row);
  rules.run(description.instructions, address);
  return rules.row;
}

function copy({ cfa, registers }: UnwindRow): UnwindRow {
  return { cfa, registers: new Map(registers) };
}

class Rules {
  private readonly saved: UnwindRow[] = [];
  private location: bigint;

  constructor(
    private readonly description: FrameDescription,
    public row: UnwindRow,
    private readonly initial: UnwindRow | undefined,
  ) {
    this.location = description.start;
  }

  /** Follows instructions until they pass `address`. */
  run({ bytes, from, to }: InstructionRange, address: bigint | undefined): void {
    const cursor = new Cursor(bytes, from, to);
    while (cursor.remaining > 0) {
      this.step(cursor);
      if (address !== undefined && this.location > address) return;
    }
  }

  private step(cursor: Cursor): void {
    const { codeAlignment, dataAlignment, addressSize, pointerEncoding } = this.description.common;
    const byte = cursor.u8();
    const low = byte & 0x3f;
    const factored = (signed: boolean) => readLeb(cursor, signed) * BigInt(dataAlignment);
    const unsigned = () => BigInt.asIntN(64, readLeb(cursor, false));
    const block = () => cursor.take(cursor.uleb());
    switch (byte & 0xc0) {
      case 0x40: // advance_loc
        this.advance(low * codeAlignment);
        return;
      case 0x80: // offset
        this.set(low, { kind: 'offset', offset: factored(false) });
        return;
      case 0xc0: // restore
        this.restore(low);
        return;
    }
    switch (byte) {
      case 0x00: // nop
        return;
      case 0x01: {
        // set_loc: later rows start there, or far away if it goes back
        this.location = encodedPointer(cursor, pointerEncoding, addressSize, this.description.section);
        return;
      }
      case 0x02:
        this.advance(cursor.u8() * codeAlignment);
        return;
      case 0x03:
        this.advance(cursor.u16() * codeAlignment);
        return;
      case 0x04:
        this.advance(cursor.u32() * codeAlignment);
        return;
      case 0x05: // offset_extended
        this.set(cursor.uleb(), { kind: 'offset', offset: factored(false) });
        return;
      case 0x06: // restore_extended
        this.restore(cursor.uleb());
        return;
      case 0x07:
        this.set(cursor.uleb(), { kind: 'undefined' });
        return;
      case 0x08:
        this.set(cursor.uleb(), { kind: 'same' });
        return;
      case 0x09: // register
        this.set(cursor.uleb(), { kind: 'register', number: cursor.uleb() });
        return;
      case 0x0a: // remember_state
        if (this.saved.length >= MOST_SAVED_STATES) throw new CursorError('unwind states are saved without end');
        this.saved.push(copy(this.row));
        return;
      case 0x0b: {
        const state = this.saved.pop();
        if (!state) throw new CursorError('an unwind state is restored that was not saved');
        this.row = state;
        return;
      }
      case 0x0c: // def_cfa
        this.row.cfa = { kind: 'register', number: cursor.uleb(), offset: unsigned() };
        return;
      case 0x0d: // def_cfa_register
        this.cfaRegister(cursor.uleb());
        return;
      case 0x0e: // def_cfa_offset
        this.cfaOffset(unsigned());
        return;
      case 0x0f: // def_cfa_expression
        this.row.cfa = { kind: 'expression', expression: block() };
        return;
      case 0x10:
        this.set(cursor.uleb(), { kind: 'expression', expression: block() });
        return;
      case 0x11: // offset_extended_sf
        this.set(cursor.uleb(), { kind: 'offset', offset: factored(true) });
        return;
      case 0x12: // def_cfa_sf
        this.row.cfa = { kind: 'register', number: cursor.uleb(), offset: factored(true) };
        return;
      case 0x13: // def_cfa_offset_sf
        this.cfaOffset(factored(true));
        return;
      case 0x14:
        this.set(cursor.uleb(), { kind: 'value-offset', offset: factored(false) });
        return;
      case 0x15:
        this.set(cursor.uleb(), { kind: 'value-offset', offset: factored(true) });
        return;
      case 0x16:
        this.set(cursor.uleb(), { kind: 'value-expression', expression: block() });
        return;
      case 0x2e: // GNU_args_size
        cursor.uleb();
        return;
      case 0x2f: // GNU_negative_offset_extended
        this.set(cursor.uleb(), { kind: 'offset', offset: -factored(false) });
        return;
      default:
        throw new CursorError(`unwind instruction 0x${byte.toString(16)} is unknown`);
    }
  }

  private advance(distance: number): void {
    this.location += BigInt(distance);
  }

  private set(register: number, rule: RegisterRule): void {
    this.row.registers.set(register, rule);
  }

  private restore(register: number): void {
    const rule = this.initial?.registers.get(register);
    if (rule) this.row.registers.set(register, rule);
    else this.row.registers.delete(register);
  }

  private cfaRegister(number: number): void {
    const { cfa } = this.row;
    if (cfa?.kind !== 'register') throw new CursorError('an unwind rule changes a CFA that is no register');
    this.row.cfa = { ...cfa, number };
  }

  private cfaOffset(offset: bigint): void {
    const { cfa } = this.row;
    if (cfa?.kind !== 'register') throw new CursorError('an unwind rule changes a CFA that is no register');
    this.row.cfa = { ...cfa, offset };
  }
}
