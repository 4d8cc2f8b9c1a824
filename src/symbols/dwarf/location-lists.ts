import { wrap64 } from '../../base/address.ts';
import { Cursor, CursorError } from '../../base/cursor.ts';
import { type FormValue, sectionOffset, targetAddress } from './forms.ts';
import type { CompilationUnit } from './units.ts';

/**
 * The expression that a location list gives for `pc` (link-time), or undefined if the object is nowhere then.
 * `value` is the attribute: an offset in .debug_loc or .debug_loclists, or an index of the unit's lists.
 * @throws CursorError if the list is broken.
 */
export function listedExpression(value: FormValue, unit: CompilationUnit, pc: bigint): Uint8Array | undefined {
  const { encoding, values } = unit.entries;
  const { sections } = unit.entries.section;
  if (value.kind === 'list-index') {
    const base = values.locationListBase;
    const cursor = new Cursor(sections.loclists, base + value.value * encoding.offsetSize);
    return fromList5(unit, new Cursor(sections.loclists, base + sectionOffset(cursor, encoding.offsetSize)), pc);
  }
  if (value.kind !== 'offset') return undefined;
  if (encoding.version >= 5) return fromList5(unit, new Cursor(sections.loclists, value.value), pc);
  return fromList4(new Cursor(sections.loc, value.value), encoding.addressSize, values.lowPc, pc);
}

/** A list of .debug_loc (DWARF 4, 2.6.2). */
function fromList4(cursor: Cursor, addressSize: number, lowPc: bigint, pc: bigint): Uint8Array | undefined {
  const selection = addressSize === 8 ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn;
  let base = lowPc;
  for (;;) {
    const start = targetAddress(cursor, addressSize);
    const end = targetAddress(cursor, addressSize);
    if (start === 0n && end === 0n) return undefined;
    if (start === selection) {
      base = end;
      continue;
    }
    const expression = cursor.take(cursor.u16());
    if (pc >= wrap64(base + start) && pc < wrap64(base + end)) return expression;
  }
}

/** A list of .debug_loclists (DWARF 5, 7.7.3). */
function fromList5(unit: CompilationUnit, cursor: Cursor, pc: bigint): Uint8Array | undefined {
  const { encoding, values } = unit.entries;
  const address = () => targetAddress(cursor, encoding.addressSize);
  const indexed = () => values.addressAt(cursor.uleb());
  const distance = () => BigInt(cursor.uleb());
  let base = values.lowPc;
  let fallback: Uint8Array | undefined;
  for (;;) {
    const kind = cursor.u8();
    let start: bigint;
    let end: bigint;
    switch (kind) {
      case 0: // end_of_list
        return fallback;
      case 1: // base_addressx
        base = indexed();
        continue;
      case 2: // startx_endx
        start = indexed();
        end = indexed();
        break;
      case 3: // startx_length
        start = indexed();
        end = wrap64(start + distance());
        break;
      case 4: // offset_pair
        start = wrap64(base + distance());
        end = wrap64(base + distance());
        break;
      case 5: // default_location
        fallback = cursor.take(cursor.uleb());
        continue;
      case 6: // base_address
        base = address();
        continue;
      case 7: // start_end
        start = address();
        end = address();
        break;
      case 8: // start_length
        start = address();
        end = wrap64(start + distance());
        break;
      case 9: // GNU_view_pair: view numbers do not matter here
        cursor.uleb();
        cursor.uleb();
        continue;
      default:
        throw new CursorError(`location list entry of kind ${kind} is unknown`);
    }
    const expression = cursor.take(cursor.uleb());
    if (pc >= start && pc < end) return expression;
  }
}
