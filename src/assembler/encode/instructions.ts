/** Chooses the encoding of an instruction: the shortest that takes its operands; of equals, the first in Intel's tables. */
import { Register } from 'iced-x86';
import { SourceError } from '../source.ts';
import { type Encoded, InstructionEncoder, type Prefixes } from './encoder.ts';
import { fits, fitsDisplacement, hasSize, type Slot, slotsOf } from './fit.ts';
import { type Form, Forms } from './forms.ts';
import { attReadings, intelReadings, type Reading } from './mnemonics.ts';
import type { MemoryOperand, Operand } from './operands.ts';
import { generalSize, Registers } from './registers.ts';
import { immediateOperand, withUsualOperands } from './usual-operands.ts';

export type Syntax = 'att' | 'intel';

export interface InstructionText {
  mnemonic: string;
  /** Columns of the mnemonic. */
  start: number;
  end: number;
  /** In Intel's order. */
  operands: readonly Operand[];
  prefixes: Prefixes;
  syntax: Syntax;
}

export type Assembled = { warning?: string } & (
  | { kind: 'plain'; encoded: Encoded }
  /** A branch of which the distance decides. */
  | { kind: 'branch'; short: Encoded; near: Encoded }
);

interface Candidate {
  form: Form;
  slots: Slot[];
  encoded: Encoded;
}

/** Operations that go on the same whichever of two operands comes first. */
const SYMMETRIC = new Set(['xchg', 'test']);
/** Larger pieces of memory are areas (FXSAVE), whose size is not an operand's. */
const LARGEST_OPERAND = 10;

export class InstructionAssembler {
  readonly registers = new Registers();
  private readonly forms = new Forms();
  private readonly encoder = new InstructionEncoder();

  dispose(): void {
    this.encoder.dispose();
  }

  /** Whether it is an instruction's name, with or without a suffix. */
  knows(mnemonic: string, syntax: Syntax): boolean {
    return readings(mnemonic, syntax).some((reading) => this.forms.of(reading.mnemonic).length > 0);
  }

  /** @throws SourceError */
  assemble(text: InstructionText): Assembled {
    const all = readings(text.mnemonic, text.syntax);
    for (const reading of all) {
      const candidates = this.candidates(reading, text);
      if (candidates.length) return this.choose(candidates, reading, text);
    }
    throw this.misfit(all, text);
  }

  private candidates(reading: Reading, text: InstructionText): Candidate[] {
    const att = text.syntax === 'att';
    const given =
      reading.immediate === undefined ? text.operands : [...text.operands, immediateOperand(reading.immediate)];
    const { mnemonic, operands } = withUsualOperands(reading.mnemonic, given, att);
    const found = this.fitting(mnemonic, operands, reading, text);
    if (!SYMMETRIC.has(mnemonic) || operands.length !== 2) return found;
    return [...found, ...this.fitting(mnemonic, [operands[1], operands[0]], reading, text)];
  }

  private fitting(
    mnemonic: string,
    operands: readonly Operand[],
    reading: Reading,
    text: InstructionText,
  ): Candidate[] {
    return this.forms.of(mnemonic).flatMap((form) => {
      if (!this.isMeant(form, operands, reading, text.syntax)) return [];
      const slots = slotsOf(form, operands, this.registers);
      if (!slots || !this.hasRightSize(form, slots, reading)) return [];
      const encoded = this.encoder.encode(form, slots, text.prefixes);
      return encoded ? [{ form, slots, encoded }] : [];
    });
  }

  /** Leaves out encodings that only a special name, or need, chooses. */
  private isMeant(form: Form, operands: readonly Operand[], reading: Reading, syntax: Syntax): boolean {
    const memory = operands.find((one): one is MemoryOperand => one.kind === 'memory');
    const whole = form.operands.some(({ absolute, immediate }) => absolute || immediate?.field === 64);
    if (reading.movabs) return whole;
    if (form.operands.some(({ absolute }) => absolute))
      return memory !== undefined && !fitsDisplacement(memory, this.registers);
    if (memory && !fitsDisplacement(memory, this.registers)) return false;
    // In AT&T syntax far branches have a name of their own; in Intel's the size of the memory tells.
    if (form.far) return syntax === 'att' ? reading.far === true : memory?.size === form.memorySize;
    if (reading.far) return false;
    // XCHG EAX, EAX as 90 would not clear the upper half, as XCHG does.
    const zeroed = operands.every((one) => one.kind === 'register' && one.register === Register.EAX);
    return !(
      zeroed &&
      form.operands.some(({ fixed }) => fixed === Register.EAX) &&
      operands.length === 2 &&
      reading.mnemonic === 'xchg'
    );
  }

  private hasRightSize(form: Form, slots: readonly Slot[], { size, source }: Reading): boolean {
    const last = slots.at(-1)?.operand;
    if (source !== undefined) {
      if (
        last?.kind === 'memory'
          ? form.memorySize !== source
          : last?.kind !== 'register' || generalSize(last.class) !== source
      )
        return false;
      const first = slots[0].operand;
      return size === undefined || (first?.kind === 'register' && generalSize(first.class) === size);
    }
    if (size !== undefined && !hasSize(form, slots, size)) return false;
    const memory = slots.find(({ operand }) => operand?.kind === 'memory')?.operand;
    const said = memory?.kind === 'memory' ? memory.size : undefined;
    const { memorySize } = form;
    // LGDT's 10 bytes are still called an fword.
    return (
      said === undefined ||
      memorySize === 0 ||
      memorySize === said ||
      memorySize > 32 ||
      (said === 6 && memorySize === 10)
    );
  }

  private choose(candidates: readonly Candidate[], reading: Reading, text: InstructionText): Assembled {
    const branches = candidates.filter(({ form }) => form.operands.some(({ branch }) => branch));
    if (branches.length) {
      const of = (size: number) =>
        branches.find(({ form }) => form.operands.some(({ branch }) => branch === size))?.encoded;
      const [short, near] = [of(1), of(4)];
      if (short && near) return { kind: 'branch', short, near };
    }
    const { candidates: sized, warning } = this.ofOneSize(candidates, reading, text);
    const shortest = sized.reduce((best, one) => (isBetter(one, best) ? one : best));
    return { kind: 'plain', encoded: shortest.encoded, warning };
  }

  /** Where nothing says how many bytes of memory are meant: the usual number, with a warning. */
  private ofOneSize(
    candidates: readonly Candidate[],
    { size }: Reading,
    text: InstructionText,
  ): { candidates: readonly Candidate[]; warning?: string } {
    const memory = candidates[0].slots.find(({ operand }) => operand?.kind === 'memory')?.operand;
    if (size === undefined && candidates[0].slots.every(({ operand }) => operand?.kind === 'immediate')) {
      // PUSH of 16 bits is only meant where that is said.
      const whole = candidates.filter(({ form }) => form.operandSize !== 2);
      return { candidates: whole.length ? whole : candidates };
    }
    if (size !== undefined || memory?.kind !== 'memory' || memory.size !== undefined) return { candidates };
    const sizes = [...new Set(candidates.map(({ form }) => form.memorySize))];
    if (sizes.length < 2 || Math.max(...sizes) > LARGEST_OPERAND || sizes.includes(6)) return { candidates };
    const of = (bytes: number) => candidates.filter(({ form }) => form.memorySize === bytes);
    // Only PUSH, POP and branches have no form of 4 bytes: theirs are 8.
    if (!sizes.includes(4)) return { candidates: of(8) };
    const { mnemonic, syntax } = text;
    if (syntax === 'intel')
      throw new SourceError(
        `It is not said how many bytes of memory “${mnemonic}” is for: write byte, word, dword or qword ptr before the address.`,
        memory.start,
        memory.end,
      );
    const usual = mnemonic.startsWith('fi') ? 2 : 4;
    const letter = mnemonic.startsWith('f') ? 's' : 'l';
    return {
      candidates: of(usual),
      warning: `It is not said how many bytes of memory “${mnemonic}” is for: ${usual} are taken, as “${mnemonic}${letter}” says.`,
    };
  }

  /** What is wrong with an instruction that no encoding fits. */
  private misfit(all: readonly Reading[], { mnemonic, start, end, operands }: InstructionText): SourceError {
    const known = all.filter((reading) => this.forms.of(reading.mnemonic).length > 0);
    if (known.length === 0) {
      const elsewhere = all.some((reading) => this.forms.exists(reading.mnemonic));
      return new SourceError(
        elsewhere
          ? `“${mnemonic}” belongs to an extension that this CPU does not have, or to 32-bit code.`
          : `“${mnemonic}” is not an instruction.`,
        start,
        end,
      );
    }
    for (const operand of operands)
      if (operand.kind === 'memory' && !fitsDisplacement(operand, this.registers))
        return new SourceError('The displacement does not fit into 32 bits.', operand.start, operand.end);
    // An immediate that alone is in the way?
    for (const operand of operands) {
      if (operand.kind !== 'immediate' || operand.value === undefined) continue;
      const small = operands.map((one) => (one === operand ? { ...operand, value: 0n } : one));
      const would = known.some((reading) =>
        this.forms
          .of(reading.mnemonic)
          .some((form) => slotsOf(form, withUsualOperands(reading.mnemonic, small, false).operands, this.registers)),
      );
      if (would) return new SourceError(`${operand.value} is too large here.`, operand.start, operand.end);
    }
    for (const [i, operand] of operands.entries()) {
      const anywhere = known.some((reading) =>
        this.forms
          .of(reading.mnemonic)
          .some(({ operands: kinds }) => kinds[i] && fits(kinds[i], operand, this.registers)),
      );
      if (!anywhere && operands.length > 1)
        return new SourceError(`“${mnemonic}” does not take ${described(operand)} here.`, operand.start, operand.end);
    }
    return new SourceError(
      operands.length
        ? `“${mnemonic}” does not take these operands together: ${operands.map(described).join(', ')}.`
        : `“${mnemonic}” needs operands.`,
      start,
      operands.length ? Math.max(...operands.map((one) => one.end)) : end,
    );
  }
}

/** Shorter, or as short with an immediate that is extended with its sign. */
function isBetter(one: Candidate, best: Candidate): boolean {
  const apart = one.encoded.bytes.length - best.encoded.bytes.length;
  const extended = ({ form }: Candidate) =>
    form.operands.some(({ immediate }) => immediate && immediate.field < immediate.bits);
  return apart < 0 || (apart === 0 && extended(one) && !extended(best));
}

function readings(mnemonic: string, syntax: Syntax): Reading[] {
  return syntax === 'att' ? attReadings(mnemonic) : intelReadings(mnemonic);
}

const CLASS_NAMES: Record<string, string> = {
  r8: 'an 8-bit register',
  r16: 'a 16-bit register',
  r32: 'a 32-bit register',
  r64: 'a 64-bit register',
  ip: 'the instruction pointer',
  segment: 'a segment register',
  mm: 'an MMX register',
  xmm: 'an XMM register',
  ymm: 'a YMM register',
  mask: 'a mask register',
  control: 'a control register',
  debug: 'a debug register',
  bound: 'a bounds register',
  st: 'an x87 register',
};

function described(operand: Operand): string {
  switch (operand.kind) {
    case 'register':
      return CLASS_NAMES[operand.class];
    case 'immediate':
      return 'a number';
    case 'memory':
      return operand.size === undefined ? 'memory' : `${operand.size} bytes of memory`;
    case 'target':
      return 'a place in the code';
  }
}
