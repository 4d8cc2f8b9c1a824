import type { Cursor } from '../../base/cursor.ts';
import { readLeb } from './entries.ts';

/** The number that DW_OP `op` pushes if it is one of the const operations (DWARF 5, 2.5.1.1). @throws CursorError */
export function constantOperand(op: number, cursor: Cursor): bigint | undefined {
  switch (op) {
    case 0x08: // const1u
      return BigInt(cursor.u8());
    case 0x09: // const1s
      return BigInt(cursor.i8());
    case 0x0a: // const2u
      return BigInt(cursor.u16());
    case 0x0b: // const2s
      return BigInt((cursor.u16() << 16) >> 16);
    case 0x0c: // const4u
      return BigInt(cursor.u32());
    case 0x0d: // const4s
      return BigInt(cursor.i32());
    case 0x0e: // const8u
      return cursor.u64();
    case 0x0f: // const8s
      return cursor.i64();
    case 0x10: // constu
      return readLeb(cursor, false);
    case 0x11: // consts
      return readLeb(cursor, true);
    default:
      return undefined;
  }
}
