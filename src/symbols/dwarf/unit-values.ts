import { wrap64 } from '../../base/address.ts';
import { Cursor } from '../../base/cursor.ts';
import { pathAt } from '../elf/strings.ts';
import { type Encoding, type FormValue, sectionOffset, targetAddress } from './forms.ts';
import type { AddressRange, RangeLists } from './ranges.ts';
import type { DwarfSections } from './sections.ts';

/** DW_AT_* that we read. */
export const At = {
  name: 0x03,
  stmtList: 0x10,
  lowPc: 0x11,
  highPc: 0x12,
  language: 0x13,
  compDir: 0x1b,
  ranges: 0x55,
  strOffsetsBase: 0x72,
  addrBase: 0x73,
  rnglistsBase: 0x74,
  loclistsBase: 0x8c,
} as const;

/** Values of one debugging entry by DW_AT_*. */
export type EntryValues = ReadonlyMap<number, FormValue>;

/** The number of a constant or an offset. */
export function numberOf(value: FormValue | undefined): number | undefined {
  if (value?.kind === 'number' || value?.kind === 'offset') return value.value;
  return value?.kind === 'big' ? Number(value.value) : undefined;
}

/** What attribute values mean within one unit: its root tells where its tables start. */
export class UnitValues {
  private readonly strBase: number;
  private readonly addrBase: number;
  private readonly listBase: number;
  /** Start of the unit's location lists in .debug_loclists. */
  readonly locationListBase: number;
  /** Lowest address of the unit; ranges and locations may count from it. */
  readonly lowPc: bigint;

  constructor(
    private readonly sections: DwarfSections,
    private readonly lists: RangeLists,
    private readonly encoding: Encoding,
    root: EntryValues,
  ) {
    const { offsetSize } = encoding;
    // Without a base attribute the tables start behind the header of their section (split DWARF, DWARF 5 7.26–7.28).
    const headerSize = offsetSize === 8 ? 16 : 8;
    this.strBase = numberOf(root.get(At.strOffsetsBase)) ?? headerSize;
    this.addrBase = numberOf(root.get(At.addrBase)) ?? headerSize;
    this.listBase = numberOf(root.get(At.rnglistsBase)) ?? headerSize + 4;
    this.locationListBase = numberOf(root.get(At.loclistsBase)) ?? headerSize + 4;
    this.lowPc = this.address(root.get(At.lowPc)) ?? 0n;
  }

  text(value: FormValue | undefined): string | undefined {
    if (value?.kind === 'string') return pathAt(value.table, value.value);
    if (value?.kind !== 'string-index') return undefined;
    const { offsetSize } = this.encoding;
    const cursor = new Cursor(this.sections.strOffsets, this.strBase + value.value * offsetSize);
    return pathAt(this.sections.str, sectionOffset(cursor, offsetSize));
  }

  /** The address of that index in .debug_addr. @throws CursorError */
  addressAt(index: number): bigint {
    const { addressSize } = this.encoding;
    return targetAddress(new Cursor(this.sections.addr, this.addrBase + index * addressSize), addressSize);
  }

  /** The link-time address that a value stands for. @throws CursorError */
  address(value: FormValue | undefined): bigint | undefined {
    if (value?.kind === 'address') return value.value;
    return value?.kind === 'address-index' ? this.addressAt(value.value) : undefined;
  }

  /** Link-time addresses of an entry's code (DWARF 5, 2.17). @throws CursorError if its range list is broken. */
  ranges(entry: EntryValues): AddressRange[] {
    const { offsetSize } = this.encoding;
    const list = entry.get(At.ranges);
    if (list?.kind === 'offset') return this.list(list.value);
    if (list?.kind === 'list-index') {
      const cursor = new Cursor(this.sections.rnglists, this.listBase + list.value * offsetSize);
      return this.list(this.listBase + sectionOffset(cursor, offsetSize));
    }
    const start = this.address(entry.get(At.lowPc));
    if (start === undefined) return [];
    // An address, or (since DWARF 4) a length.
    const high = entry.get(At.highPc);
    const end = this.address(high) ?? wrap64(start + BigInt(numberOf(high) ?? 0));
    return start < end ? [{ start, end }] : [];
  }

  private list(offset: number): AddressRange[] {
    return this.lists.read(this.encoding, offset, this.lowPc, (index) => this.addressAt(index));
  }
}
