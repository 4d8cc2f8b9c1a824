/** The decoder library's tables of instructions, by mnemonic: every encoding that 64-bit code may use. */
import { Code, CodeExt, EncodingKind, Instruction, MemorySizeExt, Mnemonic, OpCodeOperandKind } from 'iced-x86';
import { OPERAND_KINDS, type OperandKind } from './operand-kinds.ts';

/** One encoding of an instruction. Operands are in Intel's order. */
export interface Form {
  code: Code;
  operands: readonly OperandKind[];
  /** Bytes in memory; 0 if that has no meaning (LEA). */
  memorySize: number;
  /** Bytes of the operation, where the encoding tells; else 0. */
  operandSize: number;
  /** Bytes of the addresses, where the encoding tells; else 0. */
  addressSize: number;
  /** WAIT is its first byte. */
  wait: boolean;
  /** A branch through memory that also loads CS. */
  far: boolean;
  vex: boolean;
}

const ENCODINGS = new Set([EncodingKind.Legacy, EncodingKind.VEX]);

export class Forms {
  private codes: Map<string, Code[]> | undefined;
  private readonly known = new Map<string, readonly Form[]>();

  /** The encodings of `mnemonic` (lower case, Intel's name), in the order of the library's tables; empty if there is none. */
  of(mnemonic: string): readonly Form[] {
    let forms = this.known.get(mnemonic);
    if (!forms) {
      forms = (this.codesOf(mnemonic) ?? []).flatMap((code) => this.form(code) ?? []);
      this.known.set(mnemonic, forms);
    }
    return forms;
  }

  /** Whether it is an instruction of x86, though perhaps of an extension that cannot be written here. */
  exists(mnemonic: string): boolean {
    return this.codesOf(mnemonic) !== undefined;
  }

  private codesOf(mnemonic: string): Code[] | undefined {
    if (!this.codes) {
      this.codes = new Map();
      const insn = new Instruction();
      for (const code of Object.values(Code)) {
        if (typeof code !== 'number') continue;
        insn.code = code;
        const name = Mnemonic[insn.mnemonic].toLowerCase();
        const list = this.codes.get(name);
        if (list) list.push(code);
        else this.codes.set(name, [code]);
      }
      insn.free();
    }
    return this.codes.get(mnemonic);
  }

  private form(code: Code): Form | undefined {
    const info = CodeExt.opCode(code);
    try {
      if (!info.mode64 || !ENCODINGS.has(info.encoding)) return undefined;
      const kinds = Array.from({ length: info.opCount }, (_, i) => info.opKind(i));
      const operands = kinds.flatMap((kind) => OPERAND_KINDS[kind] ?? []);
      if (operands.length < kinds.length) return undefined;
      return {
        code,
        operands,
        memorySize: MemorySizeExt.size(info.memorySize),
        operandSize: info.operandSize / 8,
        addressSize: info.addressSize / 8,
        wait: info.fwait,
        far: ['jmp', 'call'].includes(Mnemonic[info.mnemonic].toLowerCase()) && kinds[0] === OpCodeOperandKind.mem,
        vex: info.encoding === EncodingKind.VEX,
      };
    } finally {
      info.free();
    }
  }
}
