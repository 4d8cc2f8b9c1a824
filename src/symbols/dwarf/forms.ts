import { type Cursor, CursorError } from '../../base/cursor.ts';
import type { DwarfSections } from './sections.ts';

/** How the values of one unit are encoded (DWARF 5, 7.4 and 7.5). */
export interface Encoding {
  readonly version: number;
  /** Bytes of a section offset: 4 in the 32-bit format, 8 in the 64-bit format. */
  readonly offsetSize: 4 | 8;
  readonly addressSize: number;
}

/** An attribute's value by its kind. A string is an offset in a table, and indices count in tables whose base the unit tells. */
export type FormValue =
  | { kind: 'number'; value: number }
  | { kind: 'address'; value: bigint }
  | { kind: 'big'; value: bigint }
  | { kind: 'string'; table: Uint8Array; value: number }
  | { kind: 'none' }
  | { kind: 'block'; value: Uint8Array }
  | { kind: 'offset'; value: number }
  | { kind: 'string-index'; value: number }
  | { kind: 'address-index'; value: number }
  | { kind: 'list-index'; value: number }
  /** Offset of an entry in the supplementary file's .debug_info. */
  | { kind: 'supplementary'; value: number }
  /** The type of the type unit that has this signature. */
  | { kind: 'signature'; value: bigint };

/** The initial length of a unit (DWARF 5, 7.2.2) and the format it chooses. */
export function initialLength(cursor: Cursor): { length: number; offsetSize: 4 | 8 } {
  const length = cursor.u32();
  if (length === 0xffff_ffff) return { length: cursor.offset64(), offsetSize: 8 };
  if (length >= 0xffff_fff0) throw new CursorError(`unit length ${length} is reserved`);
  return { length, offsetSize: 4 };
}

export function sectionOffset(cursor: Cursor, offsetSize: 4 | 8): number {
  return offsetSize === 8 ? cursor.offset64() : cursor.u32();
}

/** A target address of 1, 2, 4 or 8 bytes. */
export function targetAddress(cursor: Cursor, size: number): bigint {
  switch (size) {
    case 8:
      return cursor.u64();
    case 4:
      return BigInt(cursor.u32());
    case 2:
      return BigInt(cursor.u16());
    case 1:
      return BigInt(cursor.u8());
    default:
      throw new CursorError(`addresses of ${size} bytes are unknown`);
  }
}

const NO_STRINGS = new Uint8Array();

/** Reads one value of `form` (DWARF 5, 7.5.6). `implicit` is the constant that DW_FORM_implicit_const keeps in the abbreviation. */
export function readForm(
  form: number,
  cursor: Cursor,
  encoding: Encoding,
  sections: DwarfSections,
  implicit = 0,
): FormValue {
  const { offsetSize } = encoding;
  const number = (value: number): FormValue => ({ kind: 'number', value });
  const block = (length: number): FormValue => ({ kind: 'block', value: cursor.take(length) });
  const stringIndex = (value: number): FormValue => ({ kind: 'string-index', value });
  const addressIndex = (value: number): FormValue => ({ kind: 'address-index', value });
  const u24 = () => cursor.u8() | (cursor.u16() << 8);
  switch (form) {
    case 0x01: // addr
      return { kind: 'address', value: targetAddress(cursor, encoding.addressSize) };
    case 0x03: // block2
      return block(cursor.u16());
    case 0x04: // block4
      return block(cursor.u32());
    case 0x05: // data2
    case 0x12: // ref2
      return number(cursor.u16());
    case 0x06: // data4: in DWARF 2 and 3 also a section offset
      return encoding.version < 4 ? { kind: 'offset', value: cursor.u32() } : number(cursor.u32());
    case 0x13: // ref4
      return number(cursor.u32());
    case 0x07: // data8
      return encoding.version < 4 && offsetSize === 8
        ? { kind: 'offset', value: cursor.offset64() }
        : { kind: 'big', value: cursor.u64() };
    case 0x14: // ref8
      return { kind: 'big', value: cursor.u64() };
    case 0x20: // ref_sig8
      return { kind: 'signature', value: cursor.u64() };
    case 0x24: // ref_sup8
      return { kind: 'supplementary', value: cursor.offset64() };
    case 0x08: {
      // string
      const value = cursor.position;
      cursor.skipString();
      return { kind: 'string', table: cursor.bytes, value };
    }
    case 0x09: // block
    case 0x18: // exprloc
      return block(cursor.uleb());
    case 0x0a: // block1
      return block(cursor.u8());
    case 0x0b: // data1
    case 0x0c: // flag
    case 0x11: // ref1
      return number(cursor.u8());
    case 0x0d: // sdata
      return number(cursor.sleb());
    case 0x0e: // strp
      return { kind: 'string', table: sections.str, value: sectionOffset(cursor, offsetSize) };
    case 0x1f: // line_strp
      return { kind: 'string', table: sections.lineStr, value: sectionOffset(cursor, offsetSize) };
    case 0x0f: // udata
    case 0x15: // ref_udata
      return number(cursor.uleb());
    case 0x10: // ref_addr: an address in DWARF 2, an offset since
      return encoding.version < 3
        ? { kind: 'address', value: targetAddress(cursor, encoding.addressSize) }
        : number(sectionOffset(cursor, offsetSize));
    case 0x16: {
      // indirect: the form comes first. It cannot be indirect or implicit again.
      const real = cursor.uleb();
      if (real === 0x16 || real === 0x21) throw new CursorError(`form ${real} cannot be indirect`);
      return readForm(real, cursor, encoding, sections);
    }
    case 0x17: // sec_offset
      return { kind: 'offset', value: sectionOffset(cursor, offsetSize) };
    case 0x1d: // strp_sup
    case 0x1f21: // GNU_strp_alt
      return {
        kind: 'string',
        table: sections.supplementary?.str ?? NO_STRINGS,
        value: sectionOffset(cursor, offsetSize),
      };
    case 0x19: // flag_present
      return number(1);
    case 0x1a: // strx
    case 0x1f02: // GNU_str_index
      return stringIndex(cursor.uleb());
    case 0x1b: // addrx
    case 0x1f01: // GNU_addr_index
      return addressIndex(cursor.uleb());
    case 0x1c: // ref_sup4
      return { kind: 'supplementary', value: cursor.u32() };
    case 0x1e: // data16
      return block(16);
    case 0x21: // implicit_const
      return number(implicit);
    case 0x22: // loclistx
    case 0x23: // rnglistx
      return { kind: 'list-index', value: cursor.uleb() };
    case 0x25: // strx1
      return stringIndex(cursor.u8());
    case 0x26: // strx2
      return stringIndex(cursor.u16());
    case 0x27: // strx3
      return stringIndex(u24());
    case 0x28: // strx4
      return stringIndex(cursor.u32());
    case 0x29: // addrx1
      return addressIndex(cursor.u8());
    case 0x2a: // addrx2
      return addressIndex(cursor.u16());
    case 0x2b: // addrx3
      return addressIndex(u24());
    case 0x2c: // addrx4
      return addressIndex(cursor.u32());
    case 0x1f20: // GNU_ref_alt
      return { kind: 'supplementary', value: sectionOffset(cursor, offsetSize) };
    default:
      throw new CursorError(`form 0x${form.toString(16)} is unknown`);
  }
}
