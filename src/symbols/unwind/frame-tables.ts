import { wrap64 } from '../../base/address.ts';
import { Cursor, CursorError } from '../../base/cursor.ts';
import { lastAtMost } from '../../base/search.ts';
import { readLeb } from '../dwarf/entries.ts';
import { initialLength, sectionOffset, targetAddress } from '../dwarf/forms.ts';

/** Common information of several frame descriptions (DWARF 5, 6.4.1; LSB, .eh_frame). */
export interface CommonInformation {
  readonly codeAlignment: number;
  readonly dataAlignment: number;
  readonly returnRegister: number;
  readonly addressSize: number;
  /** The frame is that of a signal trampoline (augmentation “S”): its pc is not behind a call. */
  readonly signalFrame: boolean;
  readonly instructions: Uint8Array;
}

/** How the frames of some code are unwound; link-time addresses. */
export interface FrameDescription {
  readonly start: bigint;
  readonly end: bigint;
  readonly common: CommonInformation;
  readonly instructions: Uint8Array;
}

/** A section of call frame information; `address` is where it is at link time. */
export interface FrameSection {
  readonly bytes: Uint8Array;
  readonly address: bigint;
  /** The format of .eh_frame, not of .debug_frame. */
  readonly isEhFrame: boolean;
  readonly addressSize: number;
}

interface Augmented extends CommonInformation {
  readonly pointerEncoding: number;
  readonly hasAugmentationData: boolean;
}

const POINTER_OMITTED = 0xff;

/** A pointer as .eh_frame encodes it (LSB 10.5.1, DW_EH_PE_*). */
function encodedPointer(cursor: Cursor, encoding: number, section: FrameSection): bigint {
  const place = section.address + BigInt(cursor.position);
  const read = (): bigint => {
    switch (encoding & 0x0f) {
      case 0x00:
        return targetAddress(cursor, section.addressSize);
      case 0x01:
        return readLeb(cursor, false);
      case 0x02:
        return BigInt(cursor.u16());
      case 0x03:
        return BigInt(cursor.u32());
      case 0x04:
        return cursor.u64();
      case 0x09:
        return readLeb(cursor, true);
      case 0x0a:
        return BigInt((cursor.u16() << 16) >> 16);
      case 0x0b:
        return BigInt(cursor.i32());
      case 0x0c:
        return cursor.i64();
      default:
        throw new CursorError(`pointer encoding 0x${encoding.toString(16)} is unknown`);
    }
  };
  const value = read();
  // Relative to its own place, or absolute; other bases are not used in executables' code pointers.
  if ((encoding & 0x70) === 0x10) return wrap64(place + value);
  if ((encoding & 0x70) === 0) return wrap64(value);
  throw new CursorError(`pointer encoding 0x${encoding.toString(16)} is unknown`);
}

function readCommon(body: Cursor, section: FrameSection, offsetSize: 4 | 8): Augmented {
  const version = body.u8();
  if (![1, 3, 4].includes(version)) throw new CursorError(`version ${version} of a CIE is unknown`);
  const augmentation = body.cstring();
  let { addressSize } = section;
  if (version >= 4) {
    addressSize = body.u8();
    body.skip(1); // segment selector size
  }
  if (augmentation.startsWith('eh')) body.skip(offsetSize);
  const codeAlignment = body.uleb();
  const dataAlignment = body.sleb();
  const returnRegister = version === 1 ? body.u8() : body.uleb();
  let pointerEncoding = 0;
  let signalFrame = false;
  let instructions: Cursor = body;
  if (augmentation.startsWith('z')) {
    const data = body.sub(body.uleb());
    instructions = body;
    for (const letter of augmentation.slice(1)) {
      if (letter === 'R') pointerEncoding = data.u8();
      else if (letter === 'L') data.skip(1);
      else if (letter === 'P') encodedPointer(data, data.u8(), section);
      else if (letter === 'S') signalFrame = true;
      else break;
    }
  } else if (augmentation !== '' && augmentation !== 'eh') {
    throw new CursorError(`augmentation “${augmentation}” is unknown`);
  }
  return {
    codeAlignment,
    dataAlignment,
    returnRegister,
    addressSize,
    signalFrame,
    pointerEncoding,
    hasAugmentationData: augmentation.startsWith('z'),
    instructions: instructions.take(instructions.remaining),
  };
}

/** All frame descriptions of a file, sorted by address; broken ones are left out with one remark. */
export class FrameTables {
  private readonly descriptions: FrameDescription[] = [];

  constructor(sections: readonly FrameSection[], remarks: string[]) {
    for (const section of sections) {
      try {
        this.read(section);
      } catch (error) {
        if (!(error instanceof CursorError)) throw error;
        const name = section.isEhFrame ? '.eh_frame' : '.debug_frame';
        remarks.push(`Unwind information of ${name} is known in part: ${error.message}.`);
      }
    }
    this.descriptions.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  }

  /** The description of the code at a link-time address. */
  at(address: bigint): FrameDescription | undefined {
    const found = this.descriptions[lastAtMost(this.descriptions, address, ({ start }) => start)];
    return found && address < found.end ? found : undefined;
  }

  private read(section: FrameSection): void {
    const cursor = new Cursor(section.bytes);
    const commons = new Map<number, Augmented | undefined>();
    while (cursor.remaining > 4) {
      const start = cursor.position;
      const { length, offsetSize } = initialLength(cursor);
      if (length === 0) {
        if (section.isEhFrame) return;
        continue;
      }
      const body = cursor.sub(length);
      const idPosition = body.position;
      const id = sectionOffset(body, section.isEhFrame ? 4 : offsetSize);
      const isCommon = section.isEhFrame ? id === 0 : id === (offsetSize === 4 ? 0xffff_ffff : Number.NaN);
      if (isCommon) {
        if (!commons.has(start)) commons.set(start, readCommon(body, section, offsetSize));
        continue;
      }
      // Counted from the field itself in .eh_frame, from the start of the section in .debug_frame.
      const commonAt = section.isEhFrame ? idPosition - id : id;
      if (!commons.has(commonAt)) commons.set(commonAt, this.commonAt(section, commonAt));
      const common = commons.get(commonAt);
      if (common) this.add(body, common, section);
    }
  }

  private commonAt(section: FrameSection, offset: number): Augmented | undefined {
    const cursor = new Cursor(section.bytes, offset);
    const { length, offsetSize } = initialLength(cursor);
    const body = cursor.sub(length);
    sectionOffset(body, section.isEhFrame ? 4 : offsetSize);
    return readCommon(body, section, offsetSize);
  }

  private add(body: Cursor, common: Augmented, section: FrameSection): void {
    if (common.pointerEncoding === POINTER_OMITTED) return;
    const encoding = section.isEhFrame ? common.pointerEncoding : 0;
    const start = encodedPointer(body, encoding, section);
    const size = encodedPointer(body, encoding & 0x0f, section);
    if (common.hasAugmentationData) body.skip(body.uleb());
    if (size === 0n) return;
    this.descriptions.push({ start, end: start + size, common, instructions: body.take(body.remaining) });
  }
}
