import {
  Decoder,
  DecoderError,
  DecoderOptions,
  FlowControl,
  Formatter,
  FormatterSyntax,
  Instruction,
  MemorySizeOptions,
  Mnemonic,
  OpKind,
  Register,
} from 'iced-x86';
import { hex } from '../../base/hex.ts';
import { prefixesOf } from './prefixes.ts';

export type Flavor = 'att' | 'intel';

/** A place by name: `name` itself, or `offset` bytes behind it. */
export interface SymbolPlace {
  name: string;
  offset: bigint;
}

export interface TextOptions {
  flavor: Flavor;
  /** Names for branch targets and fixed addresses. */
  symbolAt?(address: bigint): SymbolPlace | undefined;
  /** False shows what a CPU without MPX sees: its opcodes are NOPs, and F2 before a branch means nothing. Default true. */
  mpx?: boolean;
  /** Width of the code; it may change from one call to the next. 64 by default. */
  bits?(): 32 | 64;
}

/** One instruction as text. */
export interface InstructionText {
  /** Bytes of the instruction; 0 if the bytes end within it. */
  length: number;
  /** Mnemonic and operands, a target with its symbol; `(bad)` if it is no instruction. */
  text: string;
  /** Where a direct near branch goes, or the fixed address (absolute or RIP-relative) that an operand names. */
  target?: bigint;
}

const MPX_MNEMONICS = new Set<Mnemonic>([
  Mnemonic.Bndcl,
  Mnemonic.Bndcn,
  Mnemonic.Bndcu,
  Mnemonic.Bndldx,
  Mnemonic.Bndmk,
  Mnemonic.Bndmov,
  Mnemonic.Bndstx,
]);

/** `main`, `main+0x1c`. */
export function placeText({ name, offset }: SymbolPlace): string {
  return offset === 0n ? name : `${name}+${hex(offset)}`;
}

function makeFormatter(flavor: Flavor): Formatter {
  const intel = flavor === 'intel';
  const formatter = new Formatter(intel ? FormatterSyntax.Intel : FormatterSyntax.Gas);
  formatter.hexPrefix = '0x';
  formatter.hexSuffix = '';
  formatter.uppercaseHex = false;
  formatter.smallHexNumbersInDecimal = false;
  formatter.spaceAfterOperandSeparator = false;
  formatter.branchLeadingZeros = false;
  formatter.displacementLeadingZeros = false;
  formatter.ripRelativeAddresses = true;
  formatter.showBranchSize = false;
  if (intel) {
    formatter.alwaysShowScale = true;
    formatter.memorySizeOptions = MemorySizeOptions.Always;
    formatter.uppercaseKeywords = true;
  }
  return formatter;
}

/** Turns instruction bytes into text in the manner of binutils. `dispose` when done: the decoder library has its own memory. */
export class InstructionFormatter {
  private madeFormatter: Formatter | undefined;
  private readonly instruction = new Instruction();
  private readonly decoderOptions: DecoderOptions;
  private readonly mpx: boolean;

  constructor(private readonly options: TextOptions) {
    this.mpx = options.mpx ?? true;
    this.decoderOptions = this.mpx ? DecoderOptions.MPX : DecoderOptions.None;
  }

  /** Made when the first instruction is shown: the library then makes tables of all mnemonics, which a run may never need. */
  private get formatter(): Formatter {
    this.madeFormatter ??= makeFormatter(this.options.flavor);
    return this.madeFormatter;
  }

  dispose(): void {
    this.madeFormatter?.free();
    this.instruction.free();
  }

  private get bits(): 32 | 64 {
    return this.options.bits?.() ?? 64;
  }

  /** The instruction at the start of `bytes`, which lies at `address`. */
  format(bytes: Uint8Array, address: bigint): InstructionText {
    return this.formatAll(bytes, address, 1)[0] ?? { length: 0, text: '(bad)' };
  }

  /** Up to `limit` instructions one after another; stops where the bytes end. */
  formatAll(bytes: Uint8Array, address: bigint, limit: number): InstructionText[] {
    const decoder = new Decoder(this.bits, bytes, this.decoderOptions);
    decoder.ip = address;
    const texts: InstructionText[] = [];
    while (texts.length < limit && decoder.canDecode) {
      const from = decoder.position;
      decoder.decodeOut(this.instruction);
      const own = bytes.subarray(from, decoder.position);
      if (!this.instruction.isInvalid) texts.push({ length: own.length, ...this.describe(own) });
      else {
        const length = this.invalidLength(bytes.subarray(from), decoder);
        texts.push({ length, text: '(bad)' });
        if (length === 0) break;
        decoder.position = from + length;
        decoder.ip = address + BigInt(from + length);
      }
    }
    decoder.free();
    return texts;
  }

  /**
   * Length of what does not decode: 0 if the bytes end within it; that of the instruction where it is an MPX form that only
   * raises #UD (BND4–15, spec A.4), so that the listing stays in step; else one byte.
   */
  private invalidLength(bytes: Uint8Array, decoder: Decoder): number {
    if (decoder.lastError === DecoderError.NoMoreBytes && this.decodesTo(bytes, this.decoderOptions)) return 0;
    // MPX forms are NOPs for a decoder that does not know MPX.
    const plain = this.mpx ? this.decodesTo(bytes, DecoderOptions.None) : undefined;
    if (plain?.mnemonic !== Mnemonic.Reservednop) return 1;
    return plain.length <= bytes.length ? plain.length : 0;
  }

  /** What `bytes`, followed by zeros, decode to; undefined if to nothing. */
  private decodesTo(bytes: Uint8Array, options: DecoderOptions): { mnemonic: Mnemonic; length: number } | undefined {
    const padded = new Uint8Array(15);
    padded.set(bytes.subarray(0, 15));
    const decoder = new Decoder(this.bits, padded, options);
    decoder.decodeOut(this.instruction);
    decoder.free();
    const { isInvalid, mnemonic, length } = this.instruction;
    return isInvalid ? undefined : { mnemonic, length };
  }

  private describe(bytes: Uint8Array): Omit<InstructionText, 'length'> {
    const { instruction } = this;
    if (!this.mpx) this.dropBndPrefix();
    const text = this.mend(this.formatter.format(instruction), bytes);
    if (this.isNearBranch()) {
      const target = instruction.nearBranchTarget;
      const place = this.options.symbolAt?.(target);
      return { text: place ? `${text} <${placeText(place)}>` : text, target };
    }
    const target = this.fixedAddress();
    const place = target !== undefined ? this.options.symbolAt?.(target) : undefined;
    if (target === undefined) return { text };
    if (instruction.isIpRelMemoryOperand || place) {
      return { text: `${text}  # ${hex(target)}${place ? ` <${placeText(place)}>` : ''}`, target };
    }
    return { text, target };
  }

  /** On a CPU without MPX the prefix of BND branches and the mandatory prefixes of its opcodes have no effect. */
  private dropBndPrefix(): void {
    const { instruction } = this;
    const isBranch = instruction.flowControl !== FlowControl.Next;
    if (isBranch || instruction.mnemonic === Mnemonic.Reservednop) {
      instruction.hasRepnePrefix = false;
      if (!isBranch) instruction.hasRepePrefix = false;
    }
  }

  private isNearBranch(): boolean {
    const kind = this.instruction.opCount > 0 ? this.instruction.op0Kind : OpKind.Register;
    return kind === OpKind.NearBranch64 || kind === OpKind.NearBranch32 || kind === OpKind.NearBranch16;
  }

  /** The address a memory operand names without any register. */
  private fixedAddress(): bigint | undefined {
    const { instruction } = this;
    if (instruction.isIpRelMemoryOperand) return instruction.ipRelMemoryAddress;
    const isMemory = [instruction.op0Kind, instruction.op1Kind, instruction.op2Kind].includes(OpKind.Memory);
    const plain =
      instruction.memoryBase === Register.None &&
      instruction.memoryIndex === Register.None &&
      instruction.segmentPrefix === Register.None;
    return isMemory && plain ? instruction.memoryDisplacement : undefined;
  }

  /** Where the library's text differs from what binutils and the manuals call an instruction. */
  private mend(text: string, bytes: Uint8Array): string {
    const { instruction } = this;
    const { flavor } = this.options;
    let mended = text;
    if (flavor === 'att') {
      // As binutils does: base and index look alike without the scale.
      mended = mended.replace(/\((%[a-z0-9]+)?,(%[a-z0-9]+)\)/, '($1,$2,1)');
      // The width of the code is the size these have.
      mended = mended.replace(/^((?:bnd|notrack) )?(call|jmp|push|pop)[ql] /, '$1$2 ');
    } else {
      // Base and index look alike without the scale, and in these two they mean different things (spec A.5).
      const { mnemonic } = instruction;
      if (mnemonic === Mnemonic.Bndldx || mnemonic === Mnemonic.Bndstx) {
        mended =
          instruction.memoryBase === Register.None
            ? mended.replace(/\[(r\w+)(?=[\]+-])/, '[$1*1')
            : mended.replace(/\[(\w+)\+(r\w+)(?=[\]+-])/, '[$1+$2*1');
      }
      // Bounds are two pointers (BNDMOV), or nothing is read at all.
      if (MPX_MNEMONICS.has(mnemonic)) mended = mended.replace(/[A-Z]+ PTR /, '');
    }
    if (instruction.mnemonic === Mnemonic.Reservednop) return this.reservedNop(mended);
    if (this.mpx && instruction.mnemonic === Mnemonic.Jmp && !mended.startsWith('bnd ') && prefixesOf(bytes).repne) {
      // The library does not know BND before a short JMP, although assemblers write it there (spec A.6).
      return `bnd ${mended}`;
    }
    return mended;
  }

  /** `nopl MEMORY`, as binutils writes the NOPs that have an operand. */
  private reservedNop(text: string): string {
    const { instruction } = this;
    const intel = this.options.flavor === 'intel';
    // The library shows both ModRM operands; only the second one (r/m) says what the bytes are.
    const operands = text.replace(/^\S+ /, '');
    const own = intel ? operands.replace(/,[^,\]]*$/, '') : operands.replace(/^[^,(]*,/, '');
    if (intel || instruction.op0Kind !== OpKind.Memory) return `nop ${own}`;
    const suffix = { 2: 'w', 8: 'q' }[this.operandSize()] ?? 'l';
    return `nop${suffix} ${own}`;
  }

  private operandSize(): number {
    const register = this.instruction.op1Register;
    if (register >= Register.AX && register <= Register.R15W) return 2;
    if (register >= Register.RAX && register <= Register.R15) return 8;
    return 4;
  }
}
