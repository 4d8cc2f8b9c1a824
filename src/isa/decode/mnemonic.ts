import { Code, CodeExt, type EncodingKind, Mnemonic } from 'iced-x86';
import type { Insn } from '../insn.ts';

/** Mnemonic (lower case) and kind of encoding of a decoder library's code. */
export function codeInfo(code: Code): { mnemonic: string; encoding: EncodingKind } {
  const info = CodeExt.opCode(code);
  const result = { mnemonic: Mnemonic[info.mnemonic].toLowerCase(), encoding: info.encoding };
  info.free();
  return result;
}

/** The mnemonic of the encoding that was decoded, in lower case, for reports: `fld`, `vpaddd`; `(bad)` for an invalid one. */
export function mnemonicOf(insn: Pick<Insn, 'code'>): string {
  return insn.code === Code.INVALID ? '(bad)' : codeInfo(insn.code).mnemonic;
}
