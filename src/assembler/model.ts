/** What a source says, as data: symbols, the places they stand for, and expressions of them. */
import type { Place } from './source.ts';

/** What of a section a place in it needs. */
export interface SectionPlace {
  readonly name: string;
  /** Where each fragment starts, after the layout. */
  starts: readonly number[];
}

/** A place in a section. */
export interface Label {
  section: SectionPlace;
  /** The fragment that starts at or before it, and how far it is in there. */
  fragment: number;
  offset: number;
  /** Labels of one stretch have a distance that is known while the source is still read: that of `within`. */
  stretch: number;
  within: number;
}

/** Bytes from the section's start, after the layout. */
export const offsetOf = ({ section, fragment, offset }: Label): number => section.starts[fragment] + offset;

/** Bytes from `b` to `a` if nothing of unknown size lies between. */
export function fixedDistance(a: Label, b: Label): bigint | undefined {
  return a.section === b.section && a.stretch === b.stretch ? BigInt(a.within - b.within) : undefined;
}

export type Expression =
  | { kind: 'number'; value: bigint }
  /** `modifier` is what follows an `@`: `PLT`, `GOTPCREL`. */
  | { kind: 'symbol'; symbol: AsmSymbol; modifier?: string }
  | { kind: 'unary'; operator: string; operand: Expression }
  | { kind: 'binary'; operator: string; left: Expression; right: Expression };

export const number = (value: bigint | number): Expression => ({ kind: 'number', value: BigInt(value) });
export const symbolic = (symbol: AsmSymbol): Expression => ({ kind: 'symbol', symbol });
export const sum = (left: Expression, right: Expression): Expression => ({
  kind: 'binary',
  operator: '+',
  left,
  right,
});
export const difference = (left: Expression, right: Expression): Expression => ({
  kind: 'binary',
  operator: '-',
  left,
  right,
});

export type Binding = 'local' | 'global' | 'weak';

export class AsmSymbol {
  /** Where it stands, if it is a label. */
  label: Label | undefined;
  /** What it is equal to, if it was set (`.set`, `=`). */
  value: Expression | undefined;
  /** Bytes and alignment, if it is a common block. */
  common: { size: number; alignment: number } | undefined;
  binding: Binding = 'local';
  type: 'none' | 'function' | 'object' | 'tls' | 'ifunc' = 'none';
  visibility: 'default' | 'internal' | 'hidden' | 'protected' = 'default';
  size: Expression | undefined;
  /** First use, for the message that it is not defined. */
  used: Place | undefined;

  constructor(readonly name: string) {}

  get defined(): boolean {
    return this.label !== undefined || this.value !== undefined || this.common !== undefined;
  }

  /** Names that begin with .L, and numbered labels, do not get into the symbol table. */
  get temporary(): boolean {
    return this.name.startsWith('.L') || this.name === '';
  }
}
