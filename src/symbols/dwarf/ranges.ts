import { wrap64 } from '../../base/address.ts';
import { Cursor, CursorError } from '../../base/cursor.ts';
import { type Encoding, targetAddress } from './forms.ts';
import type { DwarfSections } from './sections.ts';

/** A half-open range of link-time addresses. */
export interface AddressRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** A list of .debug_ranges (DWARF 4, 2.17.3). `base` is the unit's low_pc. */
function readRanges4(cursor: Cursor, addressSize: number, base: bigint): AddressRange[] {
  const selection = addressSize === 8 ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn;
  const ranges: AddressRange[] = [];
  let from = base;
  for (;;) {
    const start = targetAddress(cursor, addressSize);
    const end = targetAddress(cursor, addressSize);
    if (start === 0n && end === 0n) return ranges;
    if (start === selection) from = end;
    else if (start < end) ranges.push({ start: wrap64(from + start), end: wrap64(from + end) });
  }
}

/** A list of .debug_rnglists (DWARF 5, 2.17.3 and 7.25). */
function readRanges5(
  cursor: Cursor,
  addressSize: number,
  base: bigint,
  addressAt: (index: number) => bigint,
): AddressRange[] {
  const address = () => targetAddress(cursor, addressSize);
  const indexed = () => addressAt(cursor.uleb());
  const distance = () => BigInt(cursor.uleb());
  const ranges: AddressRange[] = [];
  const add = (start: bigint, end: bigint) => {
    if (start < end) ranges.push({ start, end });
  };
  const addLength = (start: bigint) => add(start, wrap64(start + distance()));
  let from = base;
  for (;;) {
    const kind = cursor.u8();
    switch (kind) {
      case 0: // end_of_list
        return ranges;
      case 1: // base_addressx
        from = indexed();
        break;
      case 2: // startx_endx
        add(indexed(), indexed());
        break;
      case 3: // startx_length
        addLength(indexed());
        break;
      case 4: // offset_pair
        add(wrap64(from + distance()), wrap64(from + distance()));
        break;
      case 5: // base_address
        from = address();
        break;
      case 6: // start_end
        add(address(), address());
        break;
      case 7: // start_length
        addLength(address());
        break;
      default:
        throw new CursorError(`range list entry of kind ${kind} is unknown`);
    }
  }
}

/** Range lists of all units. Together they are read about once; units that make us read far more get an error. */
export class RangeLists {
  private budget: number;

  constructor(private readonly sections: DwarfSections) {
    this.budget = 4 * (sections.ranges.length + sections.rnglists.length);
  }

  /**
   * The list at `offset` in the section of the unit's DWARF version; `base` is the unit's low_pc.
   * @throws CursorError if it is broken.
   */
  read(encoding: Encoding, offset: number, base: bigint, addressAt: (index: number) => bigint): AddressRange[] {
    if (this.budget < 0) throw new CursorError('range lists overlap without end');
    const cursor = new Cursor(encoding.version >= 5 ? this.sections.rnglists : this.sections.ranges, offset);
    try {
      return encoding.version >= 5
        ? readRanges5(cursor, encoding.addressSize, base, addressAt)
        : readRanges4(cursor, encoding.addressSize, base);
    } finally {
      this.budget -= cursor.position - offset;
    }
  }
}
