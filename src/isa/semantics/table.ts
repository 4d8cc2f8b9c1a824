/**
 * The semantics table: one entry per operation of the normalised instruction (src/isa/insn.ts), from which every back end is made.
 *
 * A form names the operand kinds, comma-separated in operand order:
 *   r  general register, destination        s  general register or immediate, source
 *   m  memory                               i  immediate, where a register means something else
 *   n  immediate shift count other than 0
 *   x  XMM register, destination            y  XMM register, source
 *   p  MMX register, destination            q  MMX register, source
 *   b  bound register, destination          c  bound register, source
 *   v  general register, first source       w  XMM register, first source (VEX.vvvv)
 *   z  XMM register, third source           l  register CL (third operands)
 *   '' no operands
 * The first form that fits an instruction's operands is its form; no fit means the instruction is not implemented.
 */
import type { Emit } from '../emit/emit.ts';
import { type AddressSize, type Insn, type Operand, operandsOf, type Size } from '../insn.ts';

/** Emits one instruction. `u` may be a pattern: only kinds, sizes, `cc` and flags of it are meant to be looked at. */
export type Semantics = (e: Emit, u: Insn, op: string) => void;

export interface Definition {
  op: string;
  forms: readonly string[];
  /** The sizes `Insn.size` may have. */
  sizes: readonly Size[];
  emit: Semantics;
  /** One variant for each condition code. */
  conditional: boolean;
  /** Sizes of the source operand, where they differ from `Insn.size` (MOVZX). */
  sourceSizes: readonly Size[] | undefined;
  /** Variants for `Insn.initialisesBounds`. */
  resetsBounds: boolean;
  /** Variants for `rep` and `repne`. */
  repeats: boolean;
  /** The widths that `Insn.addressSize` may have; undefined if it does not matter. */
  addressSizes: readonly AddressSize[] | undefined;
  /** The instruction ends a block: what follows it is not known to run next. */
  endsBlock: boolean;
  /** Memory forms that deserve a variant with base + displacement, and one with an index too; the general one is always there. */
  memory: readonly ('plain' | 'indexed')[];
}

export interface Options {
  conditional?: boolean;
  sourceSizes?: readonly Size[];
  resetsBounds?: boolean;
  repeats?: boolean;
  addressSizes?: readonly AddressSize[];
  endsBlock?: boolean;
  memory?: readonly ('plain' | 'indexed')[];
}

/** `define('add sub', 'r,s m,s r,m', ALL, (e, u, op) => …)`: names and forms are separated by blanks. */
export type Define = (ops: string, forms: string, sizes: readonly Size[], emit: Semantics, options?: Options) => void;

export const ALL_SIZES: readonly Size[] = [1, 2, 4, 8];
export const WORD_SIZES: readonly Size[] = [2, 4, 8];
/** Widths of the implicit operands: those of 64-bit and of 32-bit code. */
export const MODE_WIDTHS: readonly AddressSize[] = [8, 4];
export const ALU_FORMS = 'r,s m,s r,m';
/** For operations without operands, `forms` is this. */
export const NO_OPERANDS = '-';

/** Collects the definitions of one family. */
export function semantics(family: (define: Define) => void): Definition[] {
  const definitions: Definition[] = [];
  family((ops, forms, sizes, emit, options = {}) => {
    for (const op of ops.split(' ')) {
      definitions.push({
        op,
        forms: forms.split(' ').map((form) => (form === NO_OPERANDS ? '' : form)),
        sizes,
        emit,
        conditional: options.conditional ?? false,
        sourceSizes: options.sourceSizes,
        resetsBounds: options.resetsBounds ?? false,
        repeats: options.repeats ?? false,
        addressSizes: options.addressSizes,
        endsBlock: options.endsBlock ?? false,
        memory: options.memory ?? ['plain'],
      });
    }
  });
  return definitions;
}

/** The definition and form for an instruction, or undefined if there is none. */
export function formOf(definition: Definition, u: Insn): string | undefined {
  if (!definition.sizes.includes(u.size)) return undefined;
  const operands = operandsOf(u);
  return definition.forms.find((form) => {
    const letters = form === '' ? [] : form.split(',');
    return letters.length === operands.length && letters.every((letter, i) => fits(letter, operands[i], u.size));
  });
}

function fits(letter: string, o: Operand, size: Size): boolean {
  switch (letter) {
    case 'r':
    case 'v':
      return o.kind === 'reg';
    case 's':
      return o.kind === 'reg' || o.kind === 'imm';
    case 'l':
      return o.kind === 'reg' && o.number === 1 && o.size === 1 && !o.high;
    case 'm':
      return o.kind === 'mem';
    case 'i':
      return o.kind === 'imm';
    case 'n':
      return o.kind === 'imm' && (o.value & (size === 8 ? 63n : 31n)) !== 0n;
    case 'x':
    case 'y':
    case 'w':
    case 'z':
      return o.kind === 'xmm';
    case 'p':
    case 'q':
      return o.kind === 'mm';
    case 'b':
    case 'c':
      return o.kind === 'bnd';
    default:
      return false;
  }
}
