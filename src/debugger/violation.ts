/** A failed bounds check, explained: what was compared with what, by how much it missed, and what it means. */

import { wrap64 } from '../base/address.ts';
import { hex } from '../base/hex.ts';
import type { Insn } from '../isa/insn.ts';
import type { Bounds, Vcpu } from '../machine/api.ts';
import { boundsOf } from './bound-registers.ts';
import { type CodeReader, comparedAddress, isCheck } from './code.ts';
import { boundsText, count, interval, isNull, upperOf } from './format.ts';
import { operandExpression } from './operand-text.ts';
import { type CheckedAccess, checkedAccess, checkOperand } from './paired-check.ts';
import type { ProgramSymbols } from './symbols.ts';

/** What the failed check is about in the words of the C program, as far as that can be told. */
export interface ViolationPlace {
  /** `text[10]`. */
  expression: string | undefined;
  /** `A (int [100], in main)`, `10 bytes on the heap`. */
  object: string | undefined;
}

export type ViolationKind = 'lower' | 'upper' | 'inverted';

export interface Violation {
  pc: bigint;
  /** `fill+0x4c (heap-overflow.c:8)`. */
  location: string;
  insn: Insn;
  /** 0–3. */
  register: number;
  bounds: Bounds;
  kind: ViolationKind;
  /** The address that the CPU compared. */
  address: bigint;
  /** How the address is made: `rax + rdx*4`. */
  pointer: string;
  /** Bytes between the bound and the address: 1 is the first byte outside. 0 when no address is inside. */
  overshoot: bigint;
  access: CheckedAccess | undefined;
  /** One line: `Upper bound violation: 0x60201a is 1 byte past [0x602010, 0x602019] (BND0)`. */
  text: string;
}

/** Whether the check at `insn` fails with the registers as they are (spec A.4). */
export function checkFails(insn: Insn, cpu: Vcpu): boolean {
  const operand = checkOperand(insn);
  if (!isCheck(insn) || insn.a?.kind !== 'bnd' || !operand) return false;
  const address = comparedAddress(cpu, operand);
  const bounds = boundsOf(cpu, insn.a.number);
  if (insn.op === 'bndcl') return address < bounds.lower;
  return address > (insn.op === 'bndcu' ? upperOf(bounds) : bounds.upperRaw);
}

/** Explains the failing check at `pc`; undefined if there is no check there. */
export function describeViolation(
  pc: bigint,
  cpu: Vcpu,
  code: CodeReader,
  symbols: ProgramSymbols,
): Violation | undefined {
  const insn = code.at(pc);
  const operand = insn && checkOperand(insn);
  if (!insn || !isCheck(insn) || insn.a?.kind !== 'bnd' || !operand) return undefined;
  const register = insn.a.number;
  const held = boundsOf(cpu, register);
  // BNDCN takes the upper bound as it stands in the register: it is meant for bounds that were never complemented.
  const bounds = insn.op === 'bndcn' ? { lower: held.lower, upperRaw: ~held.upperRaw & 0xffff_ffff_ffff_ffffn } : held;
  const address = comparedAddress(cpu, operand);
  const upper = upperOf(bounds);
  const inverted = bounds.lower > upper;
  const kind: ViolationKind = inverted ? 'inverted' : insn.op === 'bndcl' ? 'lower' : 'upper';
  const overshoot = inverted ? 0n : kind === 'lower' ? bounds.lower - address : address - upper;
  const symbol = symbols.symbolAt(pc)?.symbol;
  return {
    pc,
    location: symbols.describe(pc),
    insn,
    register,
    bounds: held,
    kind,
    address,
    pointer: operandExpression(operand),
    overshoot,
    access: checkedAccess(code, insn, symbol?.address),
    text: violationText(kind, address, overshoot, bounds, register, insn.op === 'bndcn'),
  };
}

function violationText(
  kind: ViolationKind,
  address: bigint,
  overshoot: bigint,
  bounds: Bounds,
  register: number,
  raw: boolean,
): string {
  const name = `BND${register}`;
  if (isNull(bounds)) return `Bounds violation: ${hex(address)} with NULL bounds, which allow no address (${name})`;
  if (kind === 'inverted')
    return `Bounds violation: ${hex(address)} with inverted bounds ${interval(bounds)}, which allow no address (${name})`;
  const where = kind === 'lower' ? 'before' : 'past';
  const note = raw ? `${name}, upper bound taken as it stands` : name;
  const side = kind === 'lower' ? 'Lower' : 'Upper';
  return `${side} bound violation: ${hex(address)} is ${count(overshoot, 'byte')} ${where} ${interval(bounds)} (${note})`;
}

/** The access as a sentence, with how much of it lies outside. */
export function accessText(violation: Violation): string | undefined {
  const { access, address, bounds } = violation;
  if (!access) return undefined;
  const first = wrap64(address + access.offset);
  const last = wrap64(first + BigInt(access.size) - 1n);
  const words = { read: 'Read', write: 'Write', access: 'Access' }[access.kind];
  const range = access.size === 1 ? hex(first) : `${hex(first)}–${hex(last)}`;
  const outside = bytesOutside(first, access.size, bounds);
  const share = outside === access.size ? 'all of it' : count(outside, 'byte');
  return `${words} of ${count(access.size, 'byte')} at ${range}, ${share} outside the bounds`;
}

function bytesOutside(first: bigint, size: number, bounds: Bounds): number {
  const upper = upperOf(bounds);
  let outside = 0;
  for (let i = 0; i < size; i++) {
    const at = wrap64(first + BigInt(i));
    if (at < bounds.lower || at > upper) outside++;
  }
  return outside;
}

/** `Upper bound violation: text[10]: 0x60201a is 1 byte past [0x602010, 0x602019] (BND0), 10 bytes on the heap`. */
export function placedText({ text }: Violation, { expression, object }: ViolationPlace): string {
  const named = expression === undefined ? text : text.replace(': ', `: ${expression}: `);
  return object === undefined ? named : `${named}, ${object}`;
}

/** What is known of the violation, one line each: for exceptionInfo and the console. */
export function violationLines(violation: Violation, instructionText: string, place?: ViolationPlace): string[] {
  const { bounds, register, pointer, address, location } = violation;
  const access = accessText(violation);
  return [
    `Check: ${instructionText} at ${location}`,
    `Pointer: ${pointer} = ${hex(address)}`,
    `Bounds: BND${register} = ${boundsText(bounds)} (raw upper ${hex(bounds.upperRaw)})`,
    ...(access ? [access] : []),
    ...(place?.expression === undefined ? [] : [`Expression: ${place.expression}`]),
    ...(place?.object === undefined ? [] : [`Object: ${place.object}`]),
  ];
}
