import {
  type Code,
  ConditionCode,
  CpuidFeature,
  Decoder,
  DecoderError,
  DecoderOptions,
  Instruction,
  MemorySizeExt,
  OpKind,
  Register,
} from 'iced-x86';
import type { AddressSize, Insn, MemoryOperand, Operand, SegmentNumber } from '../insn.ts';
import { Segment } from '../insn.ts';
import { type CpuModel, hasFeature } from '../model.ts';
import { adjust, operationSize } from './adjust.ts';
import { decodeMpx, isMpxOpcode } from './mpx.ts';
import { describe, type Encoding } from './operations.ts';
import { addressRegister, REGISTER_OPERANDS } from './registers.ts';

/** The longest instruction; a longer one is #GP(0). */
export const MAX_INSN_LENGTH = 15;

export interface DecodeMode {
  bitness: 64 | 32;
  /** Whether MPX is enabled at CPL 3 (spec A.1): otherwise its opcodes are NOPs. */
  mpx: boolean;
  /** `x86-64-v2` if none is given. */
  model?: CpuModel;
}

/** Without BMI1 and LZCNT, F3 0F BC/BD are BSF/BSR with an ignored prefix. */
const WITHOUT_COUNTS = DecoderOptions.NoMPFX_0FBC | DecoderOptions.NoMPFX_0FBD;

/** Their first operand is the implicit memory. */
const MASKED_STORES: ReadonlySet<string> = new Set(['maskmovq', 'maskmovdqu', 'vmaskmovdqu']);

/** Opcodes of one byte that 64-bit mode has dropped: they are #UD even where nothing follows. */
const INVALID_BYTES = new Set([
  0x06, 0x07, 0x0e, 0x16, 0x17, 0x1e, 0x1f, 0x27, 0x2f, 0x37, 0x3f, 0x60, 0x61, 0x82, 0x9a, 0xce, 0xd4, 0xd5, 0xd6,
  0xea,
]);

/** Turns bytes into `Insn`. Never throws: what cannot be executed comes out as `ud`, `toolong` or `fetch`. `dispose` when done. */
export class InsnDecoder {
  private readonly raw = new Instruction();
  private readonly encodings: Encoding[] = [];
  private readonly memorySizes: number[] = [];

  private readonly model: CpuModel;
  private readonly options: DecoderOptions;
  /** Width of addresses, and of the stack pointer, in this mode. */
  private readonly wordSize: 4 | 8;

  constructor(readonly mode: DecodeMode) {
    this.model = mode.model ?? 'x86-64-v2';
    this.options = hasFeature(this.model, 'LZCNT') ? DecoderOptions.None : WITHOUT_COUNTS;
    this.wordSize = mode.bitness === 64 ? 8 : 4;
  }

  /** Frees the decoder library's memory. */
  dispose(): void {
    this.raw.free();
  }

  /** Decodes the instruction at the start of `bytes`, which lies at `ip`. */
  decode(bytes: Uint8Array, ip: bigint): Insn {
    return this.decodeBlock(
      bytes.length > MAX_INSN_LENGTH ? bytes.subarray(0, MAX_INSN_LENGTH) : bytes,
      ip,
      1,
      () => false,
    )[0];
  }

  /**
   * Decodes from `ip` until `max` instructions are done, `endsBlock` says so for the last one, the bytes end, or one cannot be decoded.
   * A `fetch` instruction is only returned as the first.
   */
  decodeBlock(bytes: Uint8Array, ip: bigint, max: number, endsBlock: (insn: Insn) => boolean): Insn[] {
    const decoder = new Decoder(this.mode.bitness, bytes, this.options);
    decoder.ip = ip;
    const insns: Insn[] = [];
    let at = 0;
    while (insns.length < max) {
      decoder.decodeOut(this.raw);
      const insn = this.normalise(bytes, at, ip + BigInt(at), decoder.lastError);
      if (insn.op === 'fetch' && insns.length) break;
      insns.push(insn);
      if (insn.op === 'fetch' || insn.op === 'toolong' || insn.op === 'ud' || endsBlock(insn)) break;
      at += insn.length;
      if (at >= bytes.length) break;
      if (decoder.position !== at) decoder.position = at;
    }
    decoder.free();
    return insns;
  }

  private encodingOf(code: Code): Encoding {
    let found = this.encodings[code];
    if (!found) {
      found = describe(code);
      const features = [...this.raw.cpuidFeatures()].map((feature) => CpuidFeature[feature]);
      // #UD on this model, and reported by name.
      if (!features.every((feature) => hasFeature(this.model, feature))) {
        found = { ...found, op: 'unimplemented', shape: 'unimplemented' };
      }
      this.encodings[code] = found;
    }
    return found;
  }

  /** Decodes `this.raw`, which lies at offset `at` of `bytes`. */
  private normalise(bytes: Uint8Array, at: number, ip: bigint, error: DecoderError): Insn {
    const x = this.raw;
    const code = x.code;
    const form = this.encodingOf(code);
    if (form.shape === 'mpx' || form.shape === 'invalid') {
      const window = bytes.subarray(at, at + MAX_INSN_LENGTH);
      if (isMpxOpcode(window, this.mode.bitness))
        return decodeMpx(window, ip, { bitness: this.mode.bitness, enabled: this.mode.mpx }, code);
      const op = error === DecoderError.NoMoreBytes ? 'fetch' : x.length >= MAX_INSN_LENGTH ? 'toolong' : 'ud';
      return this.insn(
        op === 'fetch' && this.mode.bitness === 64 && INVALID_BYTES.has(window[0]) ? 'ud' : op,
        form,
        ip,
        x.length,
        code,
      );
    }
    const insn = this.insn(form.op, form, ip, x.length, code);
    insn.lock = x.hasLockPrefix;
    if (form.usesStack) insn.addressSize = this.wordSize;
    switch (form.shape) {
      case 'branch':
        insn.target = x.nearBranchTarget;
        insn.cc = form.op === 'jcc' ? x.conditionCode - ConditionCode.o : -1;
        break;
      case 'string':
        this.fillString(insn);
        return insn;
      case 'none':
      case 'unimplemented':
        return insn;
      default:
        this.fillOperands(insn, form);
    }
    insn.rep = x.hasRepPrefix;
    insn.repne = x.hasRepnePrefix;
    if (form.initialisesBounds || form.shape === 'branch') {
      insn.bnd = insn.repne;
      insn.initialisesBounds = form.initialisesBounds && !insn.bnd;
    }
    return insn;
  }

  private insn(op: string, form: Encoding, ip: bigint, length: number, code: number): Insn {
    return {
      op,
      ip,
      length,
      size: form.size === 0 ? 8 : form.size,
      a: undefined,
      v: undefined,
      b: undefined,
      c: undefined,
      cc: -1,
      target: 0n,
      addressSize: form.addressSize,
      segment: Segment.DS,
      bnd: false,
      lock: false,
      rep: false,
      repne: false,
      initialisesBounds: false,
      code,
    };
  }

  private fillString(insn: Insn): void {
    const x = this.raw;
    insn.rep = x.hasRepPrefix;
    insn.repne = x.hasRepnePrefix;
    for (let i = 0; i < x.opCount; i++) {
      const kind = x.opKind(i);
      if (kind === OpKind.MemorySegESI || kind === OpKind.MemoryESEDI) insn.addressSize = 4;
      if (kind === OpKind.MemorySegSI || kind === OpKind.MemoryESDI) insn.addressSize = 2;
      if (kind === OpKind.MemorySegRSI || kind === OpKind.MemorySegESI || kind === OpKind.MemorySegSI)
        insn.segment = this.segment(-1);
    }
    if (insn.lock) insn.op = 'ud';
    // Unusual addressing is left to the host, so that the common forms stay simple.
    else if (insn.addressSize !== this.wordSize || insn.segment !== Segment.DS) insn.op += '.rare';
  }

  private fillOperands(insn: Insn, form: Encoding): void {
    const x = this.raw;
    let first = 0;
    if (MASKED_STORES.has(form.op)) {
      first = 1;
      insn.addressSize = x.op0Kind === OpKind.MemorySegDI ? 2 : x.op0Kind === OpKind.MemorySegEDI ? 4 : 8;
      insn.segment = this.segment(-1);
    } else if (form.op === 'xlat') {
      insn.addressSize = addressSizeOf(addressRegister(x.memoryBase).size);
      insn.segment = this.segment(-1);
      return;
    }
    const operands: (Operand | undefined)[] = [];
    for (let i = first; i < x.opCount; i++) {
      const operand = this.operand(i);
      if (!operand || operands.length === 3) {
        insn.op = 'unimplemented';
        return;
      }
      if (i === form.first) insn.v = operand;
      else operands.push(operand);
    }
    if (x.op0Kind === OpKind.FarBranch16 || x.op0Kind === OpKind.FarBranch32)
      operands.push({ kind: 'imm', value: BigInt(x.farBranchSelector), size: 2 });
    [insn.a, insn.b, insn.c] = operands;
    // A vector of indexes is an operand of its own.
    const index = REGISTER_OPERANDS[x.memoryIndex];
    if (index?.kind === 'xmm') insn.c = index;
    if (form.size === 0) insn.size = operationSize(insn);
    if (form.op === 'setcc' || form.op === 'cmov') insn.cc = x.conditionCode - ConditionCode.o;
    adjust(insn);
  }

  /** An explicit operand; undefined if it is of a kind the machine does not have (registers of other extensions). */
  private operand(index: number): Operand | undefined {
    const x = this.raw;
    const kind = x.opKind(index);
    if (kind === OpKind.Register) return REGISTER_OPERANDS[x.opRegister(index)];
    if (kind === OpKind.Memory) return this.memory();
    switch (kind) {
      case OpKind.Immediate8:
        return { kind: 'imm', value: BigInt(x.immediate8), size: 1 };
      case OpKind.FarBranch16:
        return { kind: 'imm', value: BigInt(x.farBranch16), size: 2 };
      case OpKind.FarBranch32:
        return { kind: 'imm', value: BigInt(x.farBranch32), size: 4 };
      case OpKind.Immediate8_2nd:
        return { kind: 'imm', value: BigInt.asUintN(8, x.immediate(index)), size: 1 };
      case OpKind.Immediate16:
        return { kind: 'imm', value: BigInt(x.immediate16), size: 2 };
      case OpKind.Immediate32:
        return { kind: 'imm', value: BigInt(x.immediate32), size: 4 };
      case OpKind.Immediate64:
        return { kind: 'imm', value: BigInt.asIntN(64, x.immediate64), size: 8 };
      case OpKind.Immediate8to16:
      case OpKind.Immediate8to32:
      case OpKind.Immediate8to64:
      case OpKind.Immediate32to64:
        return { kind: 'imm', value: BigInt.asIntN(64, x.immediate(index)), size: 8 };
      default:
        return undefined;
    }
  }

  private memory(): MemoryOperand {
    const x = this.raw;
    const size = this.memorySize(x.memorySize);
    const base = x.memoryBase;
    if (base === Register.RIP || base === Register.EIP) {
      const disp = BigInt.asIntN(64, x.ipRelMemoryAddress);
      const addressSize = base === Register.RIP ? 8 : 4;
      return {
        kind: 'mem',
        base: -1,
        index: -1,
        scale: 1,
        disp,
        ripRelative: true,
        segment: this.segment(-1),
        addressSize,
        size,
      };
    }
    const b = addressRegister(base);
    const i = addressRegister(x.memoryIndex);
    const width = b.size || i.size || x.memoryDisplSize;
    const addressSize = addressSizeOf(width);
    const scale = x.memoryIndexScale as 1 | 2 | 4 | 8;
    const disp = BigInt.asIntN(addressSize * 8, x.memoryDisplacement);
    return {
      kind: 'mem',
      base: b.number,
      index: i.number,
      scale,
      disp,
      ripRelative: false,
      segment: this.segment(b.number),
      addressSize,
      size,
    };
  }

  /** Effective segment. In 64-bit mode only FS and GS overrides count. */
  private segment(base: number): SegmentNumber {
    const prefix = this.raw.segmentPrefix;
    if (prefix === Register.FS) return Segment.FS;
    if (prefix === Register.GS) return Segment.GS;
    if (this.mode.bitness === 32 && prefix !== Register.None) {
      const operand = REGISTER_OPERANDS[prefix];
      if (operand?.kind === 'seg') return operand.number;
    }
    return base === 4 || base === 5 ? Segment.SS : Segment.DS;
  }

  private memorySize(size: number): number {
    let bytes = this.memorySizes[size];
    if (bytes === undefined) {
      bytes = MemorySizeExt.size(size);
      this.memorySizes[size] = bytes;
    }
    return bytes;
  }
}

const addressSizeOf = (bytes: number): AddressSize => (bytes === 8 ? 8 : bytes === 2 ? 2 : 4);
