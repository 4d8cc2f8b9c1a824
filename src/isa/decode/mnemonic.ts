import { Code, EncodingKind, Instruction, Mnemonic } from 'iced-x86';
import type { Insn } from '../insn.ts';

/** How the names of codes that are not legacy encodings begin. */
const ENCODINGS: readonly (readonly [prefix: string, kind: EncodingKind])[] = [
  ['VEX_', EncodingKind.VEX],
  ['EVEX_', EncodingKind.EVEX],
  ['XOP_', EncodingKind.XOP],
  ['D3NOW_', EncodingKind.D3NOW],
  ['MVEX_', EncodingKind.MVEX],
];

/** Mnemonic (lower case) and kind of encoding of a decoder library's code. */
export function codeInfo(code: Code): { mnemonic: string; encoding: EncodingKind } {
  // The library's `CodeExt.opCode` knows both, but first makes its table of all codes: a tenth of a second at the start.
  const insn = new Instruction();
  insn.code = code;
  const mnemonic = Mnemonic[insn.mnemonic].toLowerCase();
  insn.free();
  const name = Code[code];
  return { mnemonic, encoding: ENCODINGS.find(([prefix]) => name.startsWith(prefix))?.[1] ?? EncodingKind.Legacy };
}

/** The mnemonic of the encoding that was decoded, in lower case, for reports: `fld`, `vpaddd`; `(bad)` for an invalid one. */
export function mnemonicOf(insn: Pick<Insn, 'code'>): string {
  return insn.code === Code.INVALID ? '(bad)' : codeInfo(insn.code).mnemonic;
}
