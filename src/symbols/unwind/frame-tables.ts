import { wrap64 } from '../../base/address.ts';
import { Cursor, CursorError } from '../../base/cursor.ts';
import { hex } from '../../base/hex.ts';
import { readLeb } from '../dwarf/entries.ts';
import { initialLength, sectionOffset, targetAddress } from '../dwarf/forms.ts';
import { RangeIndex } from '../range-index.ts';

/** Common information of several frame descriptions (DWARF 5, 6.4.1; LSB, .eh_frame). */
export interface CommonInformation {
  readonly codeAlignment: number;
  readonly dataAlignment: number;
  readonly returnRegister: number;
  readonly addressSize: number;
  /** The frame is that of a signal trampoline (augmentation “S”): its pc is not behind a call. */
  readonly signalFrame: boolean;
  /** How addresses are written (DW_EH_PE_*); 0, absolute, in .debug_frame. */
  readonly pointerEncoding: number;
  readonly instructions: InstructionRange;
}

/** Where in a section call frame instructions are. */
export interface InstructionRange {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
}

/** How the frames of some code are unwound; link-time addresses. */
export interface FrameDescription {
  readonly start: bigint;
  readonly end: bigint;
  readonly common: CommonInformation;
  readonly section: FrameSection;
  readonly instructions: InstructionRange;
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
  readonly hasAugmentationData: boolean;
}

const POINTER_OMITTED = 0xff;

/** A pointer as .eh_frame encodes it (LSB 10.5.1, DW_EH_PE_*). @throws CursorError */
export function encodedPointer(cursor: Cursor, encoding: number, addressSize: number, section: FrameSection): bigint {
  const place = section.address + BigInt(cursor.position);
  const read = (): bigint => {
    switch (encoding & 0x0f) {
      case 0x00:
        return targetAddress(cursor, addressSize);
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
  if (augmentation.startsWith('z')) {
    const data = body.sub(body.uleb());
    for (const letter of augmentation.slice(1)) {
      if (letter === 'R') pointerEncoding = data.u8();
      else if (letter === 'L') data.skip(1);
      else if (letter === 'P') encodedPointer(data, data.u8(), addressSize, section);
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
    instructions: { bytes: section.bytes, from: body.position, to: body.end },
  };
}

/** Reads the records of one section. */
class FrameReader {
  private readonly commons = new Map<number, Augmented>();

  constructor(private readonly section: FrameSection) {}

  /** The frame description in the record at `start`, whose content is `body`; undefined if it is of another kind. @throws CursorError */
  description(start: number, body: Cursor, offsetSize: 4 | 8): FrameDescription | undefined {
    const { section } = this;
    const idPosition = body.position;
    const id = this.identity(body, offsetSize);
    if (id === undefined) {
      this.commonAt(start);
      return undefined;
    }
    // Counted from the field itself in .eh_frame, from the start of the section in .debug_frame.
    const common = this.commonAt(section.isEhFrame ? idPosition - id : id);
    if (common.pointerEncoding === POINTER_OMITTED) return undefined;
    const first = encodedPointer(body, common.pointerEncoding, common.addressSize, section);
    const size = encodedPointer(body, common.pointerEncoding & 0x0f, common.addressSize, section);
    if (common.hasAugmentationData) body.skip(body.uleb());
    if (size === 0n) return undefined;
    const instructions = { bytes: section.bytes, from: body.position, to: body.end };
    return { start: first, end: first + size, common, section, instructions };
  }

  /** Where the record's common information is; undefined if it is such information itself. */
  private identity(body: Cursor, offsetSize: 4 | 8): number | undefined {
    if (this.section.isEhFrame) return body.u32() || undefined;
    const wide = offsetSize === 8;
    const at = body.position;
    const isCommon = wide ? body.u64() === 0xffff_ffff_ffff_ffffn : body.u32() === 0xffff_ffff;
    if (isCommon) return undefined;
    body.seek(at);
    return sectionOffset(body, offsetSize);
  }

  private commonAt(offset: number): Augmented {
    let common = this.commons.get(offset);
    if (!common) {
      const cursor = new Cursor(this.section.bytes, offset);
      const { length, offsetSize } = initialLength(cursor);
      const body = cursor.sub(length);
      if (this.identity(body, offsetSize) !== undefined) throw new CursorError(`has no CIE at ${hex(offset)}`);
      common = readCommon(body, this.section, offsetSize);
      this.commons.set(offset, common);
    }
    return common;
  }
}

/** All frame descriptions of a file; a broken one is left out, with one remark for each section. */
export class FrameTables {
  private readonly descriptions: RangeIndex<FrameDescription>;

  /** Of sections that describe the same code the later one counts. */
  constructor(
    sections: readonly FrameSection[],
    private readonly remarks: string[],
  ) {
    this.descriptions = new RangeIndex(sections.flatMap((section) => this.read(section)));
  }

  /** The description of the code at a link-time address. */
  at(address: bigint): FrameDescription | undefined {
    return this.descriptions.at(address);
  }

  private read(section: FrameSection): FrameDescription[] {
    const found: FrameDescription[] = [];
    const reader = new FrameReader(section);
    const cursor = new Cursor(section.bytes);
    let problem: string | undefined;
    /** → undefined, remembering the reason, if the work meets damage */
    const guarded = <T>(work: () => T): T | undefined => {
      try {
        return work();
      } catch (error) {
        if (!(error instanceof CursorError)) throw error;
        problem ??= error.message;
        return undefined;
      }
    };
    while (cursor.remaining > 4) {
      const start = cursor.position;
      const record = guarded(() => {
        const { length, offsetSize } = initialLength(cursor);
        return { body: cursor.sub(length), offsetSize };
      });
      // Without a length that fits there is no next record.
      if (!record) break;
      if (record.body.remaining === 0) {
        if (section.isEhFrame) break;
        continue;
      }
      const description = guarded(() => reader.description(start, record.body, record.offsetSize));
      if (description) found.push(description);
    }
    const name = section.isEhFrame ? '.eh_frame' : '.debug_frame';
    if (problem) this.remarks.push(`Unwind information of ${name} is known in part: ${problem}.`);
    return found;
  }
}
