/**
 * The VEX forms of SSE instructions. Each is made of the semantics of its legacy form, half by half: the first source is an operand of its own,
 * memory need not be aligned, and what lies above the result becomes zero (SDM Vol. 1, 14.1; Vol. 2, 2.3).
 */
import type { Emit } from '../emit/emit.ts';
import type { V128 } from '../emit/value.ts';
import type { Insn, Size, XmmOperand } from '../insn.ts';
import { zero128 } from './sse-move.ts';
import type { Definition, Semantics } from './table.ts';

/** How a VEX form differs from its legacy form. */
interface Shape {
  /** There is a 256-bit form. */
  wide: boolean;
  /** The first source is an operand of its own. */
  first: boolean;
  /** The legacy form's first operand is read only. */
  readsOnly?: boolean;
  /** Bytes of the last source for each half of the result. */
  stride?: 0 | 2 | 4 | 8 | 16;
  /** Bits of the immediate that are the lower half's alone; the upper half has those behind them. */
  immediateBits?: number;
  /** Each half of the source gives eight bytes of the result. */
  narrows?: boolean;
}

const IN_LANES: Shape = { wide: true, first: true };
const ONE_SOURCE: Shape = { wide: true, first: false };
const LOW_ONLY: Shape = { wide: false, first: true };
const LOW_ONE_SOURCE: Shape = { wide: false, first: false };

/** Legacy names by shape; behind `=` the VEX form's name without its `v`, where that is another one. */
const SHAPES: readonly (readonly [Shape, string])[] = [
  [
    IN_LANES,
    `addps addpd subps subpd mulps mulpd divps divpd minps minpd maxps maxpd cmpps cmppd addsubps addsubpd haddps haddpd hsubps hsubpd
     pand por pxor pandn paddb paddw paddd paddq paddsb paddsw paddusb paddusw psubb psubw psubd psubq psubsb psubsw psubusb psubusw
     pavgb pavgw pminub pmaxub pminsw pmaxsw pcmpeqb pcmpeqw pcmpeqd pcmpgtb pcmpgtw pcmpgtd pmullw pmulhw pmulhuw pmaddwd pmuludq psadbw
     packsswb packuswb packssdw punpcklbw punpcklwd punpckldq punpcklqdq punpckhbw punpckhwd punpckhdq punpckhqdq
     shufps pslldq psrldq
     pminsb pmaxsb pminuw pmaxuw pminsd pmaxsd pminud pmaxud pcmpeqq pcmpgtq pmulld pmuldq packusdw
     phaddw phaddd phaddsw phsubw phsubd phsubsw psignb psignw psignd pshufb pmulhrsw pmaddubsw palignr pblendw`,
  ],
  [{ ...IN_LANES, immediateBits: 2 }, 'shufpd blendpd'],
  [{ ...IN_LANES, immediateBits: 4 }, 'blendps'],
  [{ ...IN_LANES, stride: 0 }, 'psllw pslld psllq psrlw psrld psrlq psraw psrad'],
  [
    ONE_SOURCE,
    'sqrtps sqrtpd pshufd pshufd=permilps pshuflw pshufhw cvtdq2ps cvtps2dq cvttps2dq pabsb pabsw pabsd movsldup movshdup',
  ],
  [{ ...ONE_SOURCE, stride: 8 }, 'cvtps2pd cvtdq2pd pmovsxbw pmovsxwd pmovsxdq pmovzxbw pmovzxwd pmovzxdq'],
  [{ ...ONE_SOURCE, stride: 4 }, 'pmovsxbd pmovsxwq pmovzxbd pmovzxwq'],
  [{ ...ONE_SOURCE, stride: 2 }, 'pmovsxbq pmovzxbq'],
  [{ ...ONE_SOURCE, narrows: true }, 'cvtpd2ps cvtpd2dq cvttpd2dq'],
  [
    LOW_ONLY,
    `addss addsd subss subsd mulss mulsd divss divsd minss minsd maxss maxsd sqrtss sqrtsd cmpss cmpsd
     cvtss2sd cvtsd2ss cvtsi2ss cvtsi2sd movss movsd movlpd movhpd movhlps movlhps pinsrw pinsrb pinsrd pinsrq insertps`,
  ],
  [
    LOW_ONE_SOURCE,
    'movd movq movddup pextrb pextrw pextrd pextrq extractps phminposuw movmskps movmskpd pmovmskb cvtss2si cvttss2si cvtsd2si cvttsd2si',
  ],
  [{ ...LOW_ONE_SOURCE, readsOnly: true }, 'comiss comisd ucomiss ucomisd'],
];

/** MOVSS and MOVSD have a further source between registers only. */
const LOADS_ALONE = new Set(['movss', 'movsd']);

function vexForm(op: string, form: string, { first }: Shape): string {
  if (!first || !form.startsWith('x,') || (form === 'x,m' && LOADS_ALONE.has(op))) return form;
  return `x,w,${form.slice(2)}`;
}

function vexSizes({ sizes }: Definition, { wide }: Shape): readonly Size[] {
  return wide ? sizes.flatMap((size): Size[] => (size === 16 ? [16, 32] : [size])) : sizes;
}

/** The vector register that a form writes. */
function destinationOf(u: Insn, { readsOnly }: Shape): XmmOperand | undefined {
  return u.a?.kind === 'xmm' && !readsOnly ? u.a : undefined;
}

/** Writes a whole result; a missing upper half is zero. */
export function setWhole(e: Emit, o: XmmOperand, low: V128, high?: V128): void {
  e.setVector(o, 0, low);
  e.setVector(o, 1, high ?? zero128(e));
}

/** The low halves of both. */
const LOW_QUADWORDS = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];

function vexSemantics(legacy: Definition, shape: Shape): Semantics {
  return (e, decoded) => {
    // Equal registers may be one object; the destination must be told from a source.
    const shared = decoded.a !== undefined && (decoded.a === decoded.b || decoded.a === decoded.c);
    const u = shared && decoded.a ? { ...decoded, a: { ...decoded.a } } : decoded;
    const destination = destinationOf(u, shape);
    const { stride = 16, immediateBits = 0 } = shape;
    const half = (n: 0 | 1) =>
      e.inLane({ half: n, destination, first: u.v, stride, immediateBits }, () => legacy.emit(e, u, legacy.op));
    const low = half(0);
    if (!destination) return;
    const high = u.size === 32 ? half(1) : undefined;
    if (!low) throw new Error(`v${legacy.op} has no result`);
    if (shape.narrows && high) setWhole(e, destination, e.shuffle(LOW_QUADWORDS, low, high));
    else setWhole(e, destination, low, high);
  };
}

/** The VEX forms of `legacy`, the definitions of all legacy instructions. */
export function vexForms(legacy: readonly Definition[]): Definition[] {
  return SHAPES.flatMap(([shape, names]) =>
    names.split(/\s+/).flatMap((entry) => {
      const [op, name = op] = entry.split('=');
      const definitions = legacy.filter((d) => d.op === op);
      if (!definitions.length) throw new Error(`there is no ${op} to make v${name} of`);
      return definitions.map((definition) => ({
        ...definition,
        op: `v${name}`,
        forms: definition.forms.map((form) => vexForm(op, form, shape)),
        sizes: vexSizes(definition, shape),
        emit: vexSemantics(definition, shape),
        memory: [],
      }));
    }),
  );
}
