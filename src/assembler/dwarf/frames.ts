/** Call frame information (`.cfi_…`) as `.eh_frame` (DWARF 5, 6.4; Linux Standard Base, Exception Frames). */
import { ByteList } from '../bytes.ts';
import { type AsmSymbol, type Expression, type Label, offsetOf, symbolic } from '../model.ts';
import type { Fixup, Section } from '../sections.ts';
import type { Place } from '../source.ts';

/** Pointers relative to their own place, 4 bytes with sign. */
const PC_RELATIVE = 0x1b;
export const NO_POINTER = 0xff;
const RETURN_ADDRESS = 16;
/** At a function's start the CFA is RSP + 8, and the return address lies just below. */
const INITIAL = [0x0c, 7, 8, 0x80 | RETURN_ADDRESS, 1];
const NOP = 0;

export interface FrameStep {
  /** Where it takes effect. */
  at: Label;
  bytes: readonly number[];
  /** A step that cannot stand in what functions have in common. */
  own?: boolean;
}

/** A pointer in the frame information, with its encoding (DW_EH_PE_*). */
export interface FramePointer {
  encoding: number;
  target: Expression;
}

/** One `.cfi_startproc` … `.cfi_endproc`. */
export interface Procedure {
  section: Section;
  start: AsmSymbol;
  end: Label | undefined;
  steps: FrameStep[];
  signal: boolean;
  personality: FramePointer | undefined;
  lsda: FramePointer | undefined;
  returnColumn: number;
  place: Place;
}

/** Whether pointers of that encoding can be written: absolute or relative ones of 4 or 8 bytes. */
export function pointerSize(encoding: number): 4 | 8 | undefined {
  const format = encoding & 0x0f;
  return format === 0x03 || format === 0x0b ? 4 : format === 0x00 || format === 0x04 || format === 0x0c ? 8 : undefined;
}

class FrameWriter {
  readonly bytes = new ByteList();
  readonly fixups: Fixup[] = [];

  constructor(private readonly place: Place) {}

  pointer({ encoding, target }: FramePointer): void {
    const size = pointerSize(encoding) ?? 8;
    const relative = (encoding & 0x70) === 0x10;
    this.fixups.push({
      offset: this.bytes.length,
      size,
      expression: target,
      relativeTo: relative ? 0 : undefined,
      place: this.place,
    });
    this.bytes.reserve(size);
  }

  /** Fills a record that began at `start` with no-operations, and its length in. */
  end(start: number, alignment: number): void {
    while (this.bytes.length % alignment) this.bytes.u8(NOP);
    new DataView(this.bytes.bytes.buffer).setUint32(start, this.bytes.length - start - 4, true);
  }
}

/** What the functions of one kind have in common, and where it is written. */
interface Common {
  kind: string;
  steps: readonly string[];
  at: number;
}

/** The steps before anything has been done. */
function initialSteps({ steps, start }: Procedure): FrameStep[] {
  const begin = start.label ? offsetOf(start.label) : 0;
  const first = steps.findIndex(({ at, own }) => own || offsetOf(at) !== begin);
  return first < 0 ? steps : steps.slice(0, first);
}

function advance(bytes: ByteList, delta: number): void {
  if (delta === 0) return;
  if (delta < 0x40) bytes.u8(0x40 | delta);
  else if (delta < 0x100) bytes.u8(0x02).u8(delta);
  else if (delta < 0x1_0000) bytes.u8(0x03).u16(delta);
  else bytes.u8(0x04).u32(delta);
}

/** Writes the frames of all procedures into `section` (`.eh_frame`). Call it after the layout of the code. */
export function writeFrames(section: Section, procedures: readonly Procedure[]): void {
  if (!procedures.length) return;
  const writer = new FrameWriter(procedures[0].place);
  const { bytes } = writer;
  const commons: Common[] = [];
  procedures.forEach((procedure, i) => {
    const { start, end, personality, lsda, signal, returnColumn } = procedure;
    if (!start.label || !end) return;
    const kind = JSON.stringify([
      personality?.encoding,
      personality && nameOf(personality.target),
      lsda?.encoding,
      signal,
      returnColumn,
    ]);
    const initial = initialSteps(procedure);
    const texts = initial.map((step) => step.bytes.join());
    // One that was written for fewer steps will do: the others are this function's own.
    let common = commons.find((one) => one.kind === kind && one.steps.every((text, k) => text === texts[k]));
    if (!common) {
      common = { kind, steps: texts, at: bytes.length };
      commons.push(common);
      writeCommon(writer, procedure, [...INITIAL, ...initial.flatMap((step) => step.bytes)]);
    }
    const { at } = common;
    const record = bytes.length;
    bytes.u32(0).u32(record + 4 - at);
    writer.pointer({ encoding: PC_RELATIVE, target: symbolic(start) });
    bytes.u32(offsetOf(end) - offsetOf(start.label));
    bytes.uleb(lsda ? (pointerSize(lsda.encoding) ?? 8) : 0);
    if (lsda) writer.pointer(lsda);
    let place = offsetOf(start.label);
    for (const step of procedure.steps.slice(common.steps.length)) {
      advance(bytes, offsetOf(step.at) - place);
      place = offsetOf(step.at);
      bytes.push(step.bytes);
    }
    // Only the last one is filled up to the section's own alignment.
    writer.end(record, i === procedures.length - 1 ? 8 : 4);
  });
  const data = section.data(bytes.length);
  const base = data.bytes.length;
  data.bytes.push(bytes.bytes);
  data.fixups.push(...writer.fixups.map((fixup) => ({ ...fixup, offset: base + fixup.offset })));
  section.alignment = Math.max(8, section.alignment);
}

const nameOf = (expression: Expression): unknown =>
  expression.kind === 'symbol' ? expression.symbol.name : expression.kind;

function writeCommon(writer: FrameWriter, procedure: Procedure, steps: readonly number[]): void {
  const { bytes } = writer;
  const { personality, lsda, signal, returnColumn } = procedure;
  const start = bytes.length;
  bytes.u32(0).u32(0).u8(1);
  bytes.cstring(`z${personality ? 'P' : ''}${lsda ? 'L' : ''}R${signal ? 'S' : ''}`);
  // Code is counted in bytes, places on the stack in words downwards.
  bytes.uleb(1).sleb(-8).uleb(returnColumn);
  const size = 1 + (personality ? 1 + (pointerSize(personality.encoding) ?? 8) : 0) + (lsda ? 1 : 0);
  bytes.uleb(size);
  if (personality) {
    bytes.u8(personality.encoding);
    writer.pointer(personality);
  }
  if (lsda) bytes.u8(lsda.encoding);
  bytes.u8(PC_RELATIVE).push(steps);
  writer.end(start, 4);
}
