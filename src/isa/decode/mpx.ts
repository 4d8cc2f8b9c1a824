import type { BndOperand, Insn, MemoryOperand, Operand, SegmentNumber } from '../insn.ts';
import { Segment } from '../insn.ts';

/** What the MPX opcodes 0F 1A and 0F 1B mean depends on these. */
export interface MpxView {
  bitness: 64 | 32;
  /** MPX enabled at CPL 3 (spec A.1). When it is not, all these opcodes are multi-byte NOPs. */
  enabled: boolean;
}

interface Prefixes {
  /** Bytes before the opcode. */
  length: number;
  lock: boolean;
  operandSize: boolean;
  addressSize: boolean;
  /** Last of F2 and F3, or 0. */
  mandatory: number;
  segment: SegmentNumber | -1;
  rex: number;
}

const SEGMENT_PREFIXES: Readonly<Record<number, SegmentNumber>> = {
  38: Segment.ES,
  46: Segment.CS,
  54: Segment.SS,
  62: Segment.DS,
  100: Segment.FS,
  101: Segment.GS,
};

function readPrefixes(bytes: Uint8Array, bitness: 64 | 32): Prefixes {
  const p: Prefixes = {
    length: 0,
    lock: false,
    operandSize: false,
    addressSize: false,
    mandatory: 0,
    segment: -1,
    rex: 0,
  };
  for (; p.length < bytes.length; p.length++) {
    const byte = bytes[p.length];
    if (bitness === 64 && (byte & 0xf0) === 0x40) {
      p.rex = byte;
      continue;
    }
    if (byte === 0xf0) p.lock = true;
    else if (byte === 0x66) p.operandSize = true;
    else if (byte === 0x67) p.addressSize = true;
    else if (byte === 0xf2 || byte === 0xf3) p.mandatory = byte;
    else if (byte in SEGMENT_PREFIXES) {
      // In 64-bit mode only FS and GS have an effect, and the last of them counts.
      if (bitness === 32 || byte >= 0x64) p.segment = SEGMENT_PREFIXES[byte];
    } else break;
    p.rex = 0; // REX counts only right before the opcode.
  }
  return p;
}

/** Whether `bytes` is 0F 1A or 0F 1B behind any prefixes. */
export function isMpxOpcode(bytes: Uint8Array, bitness: 64 | 32): boolean {
  const at = readPrefixes(bytes, bitness).length;
  return bytes[at] === 0x0f && (bytes[at + 1] & 0xfe) === 0x1a;
}

const signed8 = (byte: number): bigint => BigInt((byte << 24) >> 24);

interface ModRm {
  mod: number;
  reg: number;
  rm: number;
  memory: MemoryOperand | undefined;
  ripRelative: boolean;
  end: number;
}

/** Reads ModRM, SIB and displacement at `at`; undefined if the bytes end inside. */
function readModRm(bytes: Uint8Array, at: number, p: Prefixes, ip: bigint, bitness: 64 | 32): ModRm | undefined {
  if (at >= bytes.length) return undefined;
  const modrm = bytes[at++];
  const mod = modrm >> 6;
  const reg = ((modrm >> 3) & 7) | ((p.rex & 4) << 1);
  const rm = (modrm & 7) | ((p.rex & 1) << 3);
  if (mod === 3) return { mod, reg, rm, memory: undefined, ripRelative: false, end: at };

  let base = rm;
  let index = -1;
  let scale: 1 | 2 | 4 | 8 = 1;
  if ((modrm & 7) === 4) {
    if (at >= bytes.length) return undefined;
    const sib = bytes[at++];
    scale = (1 << (sib >> 6)) as 1 | 2 | 4 | 8;
    index = ((sib >> 3) & 7) | ((p.rex & 2) << 2);
    if (index === 4) index = -1;
    base = (sib & 7) | ((p.rex & 1) << 3);
  }
  const noBase = mod === 0 && (base & 7) === 5;
  const ripRelative = noBase && bitness === 64 && (modrm & 7) === 5;
  if (noBase) base = -1;
  const bytesOfDisp = noBase || mod === 2 ? 4 : mod;
  if (at + bytesOfDisp > bytes.length) return undefined;
  let disp = 0n;
  if (bytesOfDisp === 1) disp = signed8(bytes[at]);
  else if (bytesOfDisp === 4)
    disp = BigInt(bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24));
  const end = at + bytesOfDisp;
  if (ripRelative) disp = BigInt.asIntN(64, ip + BigInt(end) + disp);
  const segment: SegmentNumber =
    p.segment >= 0 ? (p.segment as SegmentNumber) : base === 4 || base === 5 ? Segment.SS : Segment.DS;
  // 64-bit code always computes 64-bit addresses here: 67h is ignored (spec A.4).
  const addressSize = bitness === 64 ? 8 : 4;
  return {
    mod,
    reg,
    rm,
    ripRelative,
    end,
    memory: { kind: 'mem', base, index, scale, disp, ripRelative, segment, addressSize, size: 0 },
  };
}

/**
 * Decodes an instruction of the MPX opcodes (spec A.4), applying its #UD conditions when MPX is on; `code` is passed on.
 * Done here rather than by the library because the view depends on a mode, and its rules for LOCK, REX and mod=3 differ.
 */
export function decodeMpx(bytes: Uint8Array, ip: bigint, view: MpxView, code: number): Insn {
  const p = readPrefixes(bytes, view.bitness);
  const isStoreOpcode = (bytes[p.length + 1] & 1) === 1;
  const m = readModRm(bytes, p.length + 2, p, ip, view.bitness);
  const size = view.bitness === 64 ? 8 : 4;
  const insn = (op: string, a?: Operand, b?: Operand): Insn => ({
    op,
    ip,
    length: m ? m.end : bytes.length,
    size,
    a,
    b,
    v: undefined,
    c: undefined,
    cc: -1,
    target: 0n,
    addressSize: size,
    segment: Segment.DS,
    bnd: false,
    lock: p.lock,
    rep: false,
    repne: false,
    initialisesBounds: false,
    code,
  });
  if (!m) return insn(bytes.length >= 15 ? 'toolong' : 'fetch');
  if (m.end > 15) return insn('toolong');
  const { memory } = m;
  const names =
    p.mandatory === 0xf3
      ? ['bndcl', 'bndmk']
      : p.mandatory === 0xf2
        ? ['bndcu', 'bndcn']
        : p.operandSize
          ? ['bndmov', 'bndmov']
          : ['bndldx', 'bndstx'];
  const op = names[isStoreOpcode ? 1 : 0];

  if (!view.enabled) return insn(p.lock ? 'ud' : 'nop');
  const needsMemory = op === 'bndmk' || op === 'bndldx' || op === 'bndstx';
  if (needsMemory && !memory) return insn(p.lock ? 'ud' : 'nop');
  // LOCK BNDMOV m, bnd is not among the #UD conditions (spec G).
  if (p.lock && !(op === 'bndmov' && isStoreOpcode && memory)) return insn('ud');
  if (m.reg > 3 || (op === 'bndmov' && !memory && m.rm > 3)) return insn('ud');
  if (needsMemory && m.ripRelative) return insn('ud');
  if (memory && view.bitness === 32 && p.addressSize) return insn('ud');

  // A `mib` operand without a base has no displacement either (spec A.5).
  if (memory && memory.base < 0 && (op === 'bndldx' || op === 'bndstx')) memory.disp = 0n;
  const bnd: BndOperand = { kind: 'bnd', number: m.reg };
  if (op === 'bndmov') {
    const other: Operand = memory ? { ...memory, size: 2 * size } : { kind: 'bnd', number: m.rm };
    return isStoreOpcode ? insn(op, other, bnd) : insn(op, bnd, other);
  }
  if (op === 'bndstx') return insn(op, memory, bnd);
  return insn(op, bnd, memory ?? { kind: 'reg', number: m.rm, size, high: false });
}
