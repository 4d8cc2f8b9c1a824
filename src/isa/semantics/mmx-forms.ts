/** The MMX forms of SSE, SSE2 and SSSE3 instructions on integers: the semantics of the 128-bit form, on vectors made of MMX registers. */
import type { Emit } from '../emit/emit.ts';
import type { V128 } from '../emit/value.ts';
import type { Insn, XmmOperand } from '../insn.ts';
import { checkPending, enterMmx, RARE } from './mmx.ts';
import { vectorConstant } from './sse-constants.ts';
import { scalar, zero128 } from './sse-move.ts';
import { type Definition, semantics } from './table.ts';

/** What the 128-bit form is given for destination and source, and which half of its result counts. */
interface Shape {
  forms: string;
  operands(e: Emit, a: V128, b: V128): readonly [a: V128, b: V128];
  half: 0 | 1;
  /** Bytes of a source in memory. */
  bytes: 4 | 8;
}

const PAIR = 'p,q p,m';
/** `low` in the low half, the low half of `high` above. */
const joined = (e: Emit, low: V128, high: V128): V128 => e.let(e.replace('i64x2', 1, low, e.extract('i64x2', 0, high)));

/** Each lane of the result is made of the same lanes. */
const LANES: Shape = { forms: PAIR, operands: (_, a, b) => [a, b], half: 0, bytes: 8 };
const LOW_TO_HIGH: Shape = { ...LANES, half: 1 };
/** Neighbours of the destination give the lower half of the result, those of the source the upper. */
const NEIGHBOURS: Shape = {
  ...LANES,
  operands: (e, a, b) => {
    const both = joined(e, a, b);
    return [both, both];
  },
};
/** Three bits of an index count. */
const INDEXED: Shape = {
  ...LANES,
  operands: (e, a, b) => [
    a,
    e.let(
      e.simd(
        'v128.and',
        b,
        vectorConstant(e, () => 0x87),
      ),
    ),
  ],
};
const CONCATENATED: Shape = {
  ...LANES,
  forms: 'p,q,i p,m,i',
  operands: (e, a, b) => [zero128(e), joined(e, b, a)],
};

/** By shape: names, with that of the 128-bit form behind `=` where it is another one. */
const SHAPES: readonly (readonly [Shape, string])[] = [
  [
    LANES,
    `pand por pxor pandn paddb paddw paddd paddq paddsb paddsw paddusb paddusw psubb psubw psubd psubq psubsb psubsw psubusb psubusw
     pavgb pavgw pminub pmaxub pminsw pmaxsw pcmpeqb pcmpeqw pcmpeqd pcmpgtb pcmpgtw pcmpgtd pmullw pmulhw pmulhuw pmaddwd pmuludq psadbw
     pabsb pabsw pabsd psignb psignw psignd pmaddubsw pmulhrsw`,
  ],
  [{ ...LANES, bytes: 4 }, 'punpcklbw punpcklwd punpckldq'],
  [LOW_TO_HIGH, 'punpckhbw=punpcklbw punpckhwd=punpcklwd punpckhdq=punpckldq'],
  [NEIGHBOURS, 'packsswb packuswb packssdw phaddw phaddd phaddsw phsubw phsubd phsubsw'],
  [INDEXED, 'pshufb'],
  [{ ...LANES, forms: `${PAIR} p,i` }, 'psllw pslld psllq psrlw psrld psrlq psraw psrad'],
  [{ ...LANES, forms: 'p,q,i p,m,i' }, 'pshufw=pshuflw'],
  [CONCATENATED, 'palignr'],
];

const DESTINATION: XmmOperand = { kind: 'xmm', number: 0 };
const SOURCE: XmmOperand = { kind: 'xmm', number: 1 };

function emitForm(e: Emit, u: Insn, legacy: Definition, { operands, half, bytes }: Shape): void {
  checkPending(e, u);
  const immediate = u.b?.kind === 'imm';
  const size = u.b?.kind === 'mem' ? bytes : 8;
  const source = immediate ? zero128(e) : e.let(scalar(e, size, e.rd(u.b, size)));
  const [a, b] = operands(e, e.let(scalar(e, 8, e.rd(u.a, 8))), source);
  const values = new Map([
    [DESTINATION, a],
    [SOURCE, b],
  ]);
  const vectors: Insn = { ...u, size: 16, a: DESTINATION, b: immediate ? u.b : SOURCE };
  const result = e.onValues(values, DESTINATION, () => legacy.emit(e, vectors, legacy.op));
  enterMmx(e);
  e.wr(u.a, 8, e.let(e.extract('i64x2', half, result)));
}

/** The MMX forms of `legacy`, the definitions of SSE instructions. */
export function mmxForms(legacy: readonly Definition[]): Definition[] {
  return semantics((define) => {
    for (const [shape, names] of SHAPES)
      for (const entry of names.split(/\s+/)) {
        const [op, name = op] = entry.split('=');
        const definition = legacy.find((d) => d.op === name);
        if (!definition) throw new Error(`there is no ${name} to make the MMX form of ${op} of`);
        define(op, shape.forms, [8], (e, u) => emitForm(e, u, definition, shape), RARE);
      }
  });
}
