/** From a chosen encoding and its operands to bytes. */
import { Code, Encoder, Instruction, OpKind, Register } from 'iced-x86';
import type { Expression } from '../model.ts';
import type { Slot } from './fit.ts';
import type { Form } from './forms.ts';
import type { ImmediateField } from './operand-kinds.ts';
import type { MemoryOperand } from './operands.ts';

/** Part of an instruction whose value is not known yet. */
export interface Field {
  offset: number;
  size: number;
  expression: Expression;
  role: 'immediate' | 'displacement' | 'relative' | 'branch';
  signed: boolean;
}

export interface Encoded {
  bytes: Uint8Array;
  fields: Field[];
}

/** Prefixes that were written as words. */
export interface Prefixes {
  /** Prefix bytes, each once. */
  bytes: readonly number[];
  /** Legacy REX byte that was asked for (`rex.W`), or 0. */
  rex: number;
}

/** GNU as writes legacy prefixes in this order, whatever the order in the source; the group of a prefix is its place. */
const PREFIX_ORDER: readonly (readonly number[])[] = [
  [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65],
  [0x67],
  [0x66],
  [0xf2, 0xf3],
  [0xf0],
];
const SEGMENT_PREFIX = new Map<number, Register>([
  [0x26, Register.ES],
  [0x2e, Register.CS],
  [0x36, Register.SS],
  [0x3e, Register.DS],
  [0x64, Register.FS],
  [0x65, Register.GS],
]);
const orderOf = (byte: number): number => PREFIX_ORDER.findIndex((group) => group.includes(byte));
const WAIT = 0x9b;

type Operands = 'op0' | 'op1' | 'op2' | 'op3' | 'op4';

export class InstructionEncoder {
  private readonly encoder = new Encoder(64);

  /** Frees the library's memory. */
  dispose(): void {
    this.encoder.free();
  }

  /** The bytes of the instruction; undefined if it cannot be encoded so (AH together with REX). */
  encode(form: Form, slots: readonly Slot[], prefixes: Prefixes): Encoded | undefined {
    const insn = new Instruction();
    try {
      insn.code = form.code;
      slots.forEach((slot, i) => {
        this.setOperand(insn, slot, i, prefixes);
      });
      this.setPrefixes(insn, prefixes);
      try {
        this.encoder.encode(insn, 0n);
      } catch {
        this.encoder.takeBuffer();
        return undefined;
      }
      const encoded = this.withFields(form, slots);
      return addPrefixes(encoded, form, prefixes);
    } finally {
      insn.free();
    }
  }

  private setOperand(insn: Instruction, { kind, operand }: Slot, i: number, prefixes: Prefixes): void {
    const name = `op${i}` as Operands;
    const setRegister = (register: Register) => {
      // The fifth operand is always an immediate.
      insn[`${name}Kind`] = OpKind.Register;
      insn[`${name}Register`] = register;
    };
    if (kind.implied) {
      const narrow = operand?.kind === 'memory' ? operand.base === kind.implied.base[1] : prefixes.bytes.includes(0x67);
      insn[`${name}Kind`] = narrow ? kind.implied.narrow : kind.implied.wide;
      if (kind.implied.wide === OpKind.Memory) {
        insn.memoryBase = kind.implied.base[narrow ? 1 : 0];
        insn.memoryIndex = Register.AL;
        insn.memoryIndexScale = 1;
      }
      if (operand?.kind === 'memory' && operand.segment !== undefined && operand.segment !== Register.ES)
        setSegment(insn, operand.segment, operand.base);
      return;
    }
    if (kind.fixed !== undefined) {
      setRegister(kind.fixed);
      return;
    }
    switch (operand?.kind) {
      case 'register':
        setRegister(operand.register);
        return;
      case 'memory':
        insn[`${name}Kind`] = OpKind.Memory;
        setMemory(insn, operand, kind.absolute === true);
        return;
      case 'target':
        insn[`${name}Kind`] = OpKind.NearBranch64;
        insn.nearBranch64 = 0n;
        return;
      case 'immediate':
        if (kind.one) {
          insn[`${name}Kind`] = OpKind.Immediate8;
          insn.immediate8 = 1;
        } else if (kind.immediate) setImmediate(insn, name, kind.immediate, operand.value ?? 0n);
    }
  }

  private setPrefixes(insn: Instruction, { bytes }: Prefixes): void {
    if (bytes.includes(0xf3)) insn.hasRepPrefix = true;
    if (bytes.includes(0xf2)) insn.hasRepnePrefix = true;
    if (bytes.includes(0xf0)) insn.hasLockPrefix = true;
    for (const byte of bytes) {
      const segment = SEGMENT_PREFIX.get(byte);
      if (segment !== undefined) insn.segmentPrefix = segment;
    }
  }

  /** The bytes just encoded, with the fields of what is not known yet. */
  private withFields({ wait }: Form, slots: readonly Slot[]): Encoded {
    const constants = this.encoder.getConstantOffsets();
    const bytes = this.encoder.takeBuffer();
    const fields: Field[] = [];
    for (const { kind, operand } of slots) {
      if (operand?.kind === 'target' && kind.branch) {
        fields.push({
          offset: bytes.length - kind.branch,
          size: kind.branch,
          expression: operand.expression,
          role: 'branch',
          signed: true,
        });
      } else if (operand?.kind === 'immediate' && operand.value === undefined && kind.immediate) {
        const { bits, field } = kind.immediate;
        const { immediateOffset: offset, immediateSize: size } = constants;
        fields.push({ offset, size, expression: operand.expression, role: 'immediate', signed: field < bits });
      } else if (operand?.kind === 'memory' && operand.displacement && !kind.implied) {
        const relative = operand.base === Register.RIP || operand.base === Register.EIP;
        if (operand.value !== undefined && !relative) continue;
        const { displacementOffset: offset, displacementSize: size } = constants;
        // RIP with a number means just that displacement.
        if (operand.value !== undefined) writeNumber(bytes, offset, operand.value);
        else {
          const role = relative ? 'relative' : 'displacement';
          fields.push({ offset, size, expression: operand.displacement, role, signed: size === 4 });
        }
      } else if (operand?.kind === 'memory' && operand.base === Register.RIP)
        writeNumber(bytes, constants.displacementOffset, 0n);
    }
    constants.free();
    for (const { offset, size } of fields) bytes.fill(0, offset, offset + size);
    // The library counts WAIT as part of the instruction, as we do.
    return wait && bytes[0] !== WAIT ? { bytes: Uint8Array.of(WAIT, ...bytes), fields } : { bytes, fields };
  }
}

function writeNumber(bytes: Uint8Array, at: number, value: bigint): void {
  new DataView(bytes.buffer, bytes.byteOffset).setInt32(at, Number(BigInt.asIntN(32, value)), true);
}

function setImmediate(insn: Instruction, name: Operands, { opKind, bits }: ImmediateField, value: bigint): void {
  const signed = BigInt.asIntN(bits, value);
  const unsigned = BigInt.asUintN(bits, value);
  // ENTER has two; the second one has a kind of its own.
  if (name === 'op1' && opKind === OpKind.Immediate8 && insn.code === Code.Enterq_imm16_imm8) {
    insn.op1Kind = OpKind.Immediate8_2nd;
    insn.immediate8_2nd = Number(unsigned);
    return;
  }
  insn[`${name}Kind`] = opKind;
  switch (opKind) {
    case OpKind.Immediate8:
      insn.immediate8 = Number(unsigned);
      break;
    case OpKind.Immediate8to16:
      insn.immediate8to16 = Number(signed);
      break;
    case OpKind.Immediate8to32:
      insn.immediate8to32 = Number(signed);
      break;
    case OpKind.Immediate8to64:
      insn.immediate8to64 = signed;
      break;
    case OpKind.Immediate16:
      insn.immediate16 = Number(unsigned);
      break;
    case OpKind.Immediate32:
      insn.immediate32 = Number(unsigned);
      break;
    case OpKind.Immediate32to64:
      insn.immediate32to64 = signed;
      break;
    default:
      insn.immediate64 = unsigned;
  }
}

function setSegment(insn: Instruction, segment: Register, base: Register | undefined): void {
  const usual =
    base === Register.RSP || base === Register.RBP || base === Register.ESP || base === Register.EBP
      ? Register.SS
      : Register.DS;
  if (segment !== usual) insn.segmentPrefix = segment;
}

function setMemory(insn: Instruction, operand: MemoryOperand, absolute: boolean): void {
  const { base, index, scale, displacement, value, segment } = operand;
  insn.memoryBase = base ?? Register.None;
  insn.memoryIndex = index ?? Register.None;
  insn.memoryIndexScale = scale;
  insn.memoryDisplacement = BigInt.asUintN(64, value ?? 0n);
  // 8 also means the usual 32 bits, extended with their sign to an address; 4 would be one of 32 bits.
  if (absolute || (base === undefined && index === undefined)) insn.memoryDisplSize = 8;
  else if (base === undefined || base === Register.RIP || base === Register.EIP) insn.memoryDisplSize = 4;
  else if (displacement && value === undefined) insn.memoryDisplSize = 4;
  else insn.memoryDisplSize = value ? 1 : 0;
  if (base === Register.RIP || base === Register.EIP) insn.memoryDisplacement = 0n;
  if (segment !== undefined) setSegment(insn, segment, base);
}

/** Adds prefixes that the library does not know at this instruction, and puts all in GNU as's order. */
function addPrefixes({ bytes, fields }: Encoded, { vex, wait }: Form, prefixes: Prefixes): Encoded {
  const start = wait ? 1 : 0;
  let end = start;
  while (end < bytes.length && orderOf(bytes[end]) >= 0) end++;
  const legacy = [...bytes.subarray(start, end)];
  for (const byte of prefixes.bytes) if (!legacy.includes(byte)) legacy.push(byte);
  legacy.sort((a, b) => orderOf(a) - orderOf(b));
  const head = [...bytes.subarray(0, start), ...legacy];
  let rest = [...bytes.subarray(end)];
  if (prefixes.rex && !vex) {
    if ((rest[0] & 0xf0) === 0x40) rest[0] |= prefixes.rex;
    else rest = [prefixes.rex, ...rest];
  }
  const added = head.length + rest.length - bytes.length;
  return {
    bytes: Uint8Array.from([...head, ...rest]),
    fields: fields.map((field) => ({ ...field, offset: field.offset + added })),
  };
}
