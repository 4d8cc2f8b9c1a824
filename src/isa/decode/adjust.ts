import type { Insn, Operand, Size } from '../insn.ts';

/** The size of an instruction whose encoding does not fix it: that of its first operand. */
export function operationSize({ a, b }: Insn): Size {
  if (a?.kind === 'reg') return a.size;
  if (a?.kind === 'xmm') return 16;
  if (a?.kind === 'mm') return 8;
  if (a?.kind === 'mem') {
    if (a.size === 1 || a.size === 2 || a.size === 4 || a.size === 8 || a.size === 16) return a.size;
    return b?.kind === 'reg' ? b.size : 8;
  }
  return a?.kind === 'seg' ? 2 : 8;
}

const isRegister = (o: Operand | undefined): o is Extract<Operand, { kind: 'reg' }> => o?.kind === 'reg';

/** The last normalisations, which depend on the operands. VEX forms take those of their legacy forms. */
export function adjust(insn: Insn): void {
  const { op } = insn;
  if (!/^v(mov[dq]$|cvtsi2|pextr)/.test(op)) {
    adjustLegacy(insn);
    return;
  }
  insn.op = op.slice(1);
  adjustLegacy(insn);
  insn.op = `v${insn.op}`;
}

function adjustLegacy(insn: Insn): void {
  const { a, b } = insn;
  switch (insn.op) {
    case 'imul':
      if (!b) insn.op = 'imul1';
      else if (insn.c) insn.op = 'imul3';
      break;
    case 'xor':
      if (isRegister(a) && isRegister(b) && a.number === b.number && insn.size >= 4) {
        insn.op = 'zero';
        insn.b = undefined;
      }
      break;
    case 'xchg':
      if (b?.kind === 'mem') {
        insn.a = b;
        insn.b = a;
      }
      break;
    case 'mov':
      if (a?.kind === 'seg' || b?.kind === 'seg') insn.op = 'movseg';
      break;
    case 'push':
      if (a?.kind === 'seg') insn.op = 'pushseg';
      break;
    case 'pop':
      if (a?.kind === 'seg') insn.op = 'popseg';
      // An address that uses RSP is computed with its value after the pop.
      else if (a?.kind === 'mem' && a.base === 4) a.disp += BigInt(insn.size);
      break;
    case 'pextrb':
    case 'pextrw':
    case 'vpextrb':
    case 'vpextrw':
      // A general register is written whole.
      if (isRegister(a)) insn.size = 4;
      else insn.size = insn.op.endsWith('b') ? 1 : 2;
      break;
    case 'cvtsi2ss':
    case 'cvtsi2sd':
      // The integer's size.
      if (isRegister(b)) insn.size = b.size;
      else if (b?.kind === 'mem') insn.size = b.size === 8 ? 8 : 4;
      break;
    case 'movd':
    case 'movq':
      // MOVD/MOVQ with a general register are one operation of size 4 or 8; MOVQ between XMM and memory is another.
      if (isRegister(a)) insn.op = 'movd';
      else if (isRegister(b)) {
        insn.op = 'movd';
        insn.size = b.size;
      } else if (insn.op === 'movd') insn.size = 4;
      else insn.size = 8;
      break;
  }
}
