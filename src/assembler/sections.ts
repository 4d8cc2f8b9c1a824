/** Sections while they are being written: runs of bytes, and fragments whose size is only known when all is read. */
import { ByteList } from './bytes.ts';
import type { Expression, Label, SectionPlace } from './model.ts';
import { Endless, type Place } from './source.ts';

/** What a field of an instruction or a datum is to hold once addresses are known. */
export interface Fixup {
  /** From the start of the fragment. */
  offset: number;
  size: number;
  expression: Expression;
  /** From where a relative field counts: the end of its instruction, in bytes behind the field's start. Undefined for absolute ones. */
  relativeTo?: number;
  /** The processor extends the field with its sign. */
  signed?: boolean;
  /** The field is the target of a branch. */
  branch?: boolean;
  /** The branch is one whose length was chosen by its distance. */
  jump?: boolean;
  /** The field is the displacement of an instruction that a linker may rewrite: with or without REX. */
  relaxable?: 'plain' | 'rex';
  place: Place;
}

/** One encoding of a branch; its displacement is its last `size` bytes. */
export interface BranchForm {
  bytes: Uint8Array;
  size: 1 | 4;
}

export type Fragment =
  | { kind: 'data'; bytes: ByteList; fixups: Fixup[] }
  /** `size` bytes `fill`: not held in memory while the section has none (`.bss`). */
  | { kind: 'space'; size: number; fill: number }
  /** Up to a multiple of `alignment`, unless more than `most` bytes were needed. Without `fill`: no-operations. */
  | { kind: 'align'; alignment: number; fill: readonly number[] | undefined; most: number; size: number }
  | { kind: 'skip'; count: Expression; fill: number; size: number; place: Place }
  | { kind: 'org'; target: Expression; fill: number; size: number; place: Place }
  | { kind: 'leb'; value: Expression; signed: boolean; size: number; place: Place }
  | { kind: 'branch'; short: BranchForm; near: BranchForm; target: Expression; size: number; place: Place };

export interface SectionAttributes {
  /** SHT_*. */
  type: number;
  /** SHF_*. */
  flags: number;
  entrySize: number;
}

/** A row of the line table. */
export interface LineMark {
  label: Label;
  file: number;
  line: number;
  column: number;
  statement: boolean;
  prologueEnd?: boolean;
  epilogueBegin?: boolean;
  basicBlock?: boolean;
}

const SHT_NOBITS = 8;
/** Bytes a section may grow to: a mistyped `.skip` shall not take all memory. */
export const MAX_SECTION = 1 << 28;

export class Section implements SectionPlace {
  readonly fragments: Fragment[] = [];
  readonly lines: LineMark[] = [];
  alignment = 1;
  /** Where each fragment starts; filled by the layout. */
  starts: number[] = [];
  /** Bytes that were written. */
  private held = 0;
  /** Bytes since the last fragment of unknown size, and how many of those there were. */
  private since = 0;
  private unknown = 0;

  constructor(
    readonly name: string,
    readonly attributes: SectionAttributes,
  ) {}

  get empty(): boolean {
    return this.attributes.type === SHT_NOBITS;
  }

  /** The current place. */
  here(): Label {
    const last = this.fragments.at(-1);
    const inside = last?.kind === 'data';
    return {
      section: this,
      fragment: inside ? this.fragments.length - 1 : this.fragments.length,
      offset: inside ? last.bytes.length : 0,
      stretch: this.unknown,
      within: this.since,
    };
  }

  /** Where bytes are written next. `count` is how many will be. */
  data(count: number): { bytes: ByteList; fixups: Fixup[] } {
    this.held += count;
    if (this.held > MAX_SECTION)
      throw new Endless(`The section ${this.name} would be larger than ${MAX_SECTION} bytes.`);
    let last = this.fragments.at(-1);
    if (last?.kind !== 'data') {
      last = { kind: 'data', bytes: new ByteList(), fixups: [] };
      this.fragments.push(last);
    }
    this.since += count;
    return last;
  }

  write(bytes: ArrayLike<number>): void {
    this.data(bytes.length).bytes.push(bytes);
  }

  add(fragment: Exclude<Fragment, { kind: 'data' }>): void {
    this.fragments.push(fragment);
    if (fragment.kind === 'space') this.since += fragment.size;
    else {
      this.since = 0;
      this.unknown++;
    }
    if (fragment.kind === 'align') this.alignment = Math.max(this.alignment, fragment.alignment);
  }

  /** After the layout. */
  get size(): number {
    return this.starts[this.fragments.length] ?? 0;
  }
}
