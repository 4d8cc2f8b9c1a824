/** Directives about symbols. */
import type { AsmSymbol } from '../model.ts';
import type { Directive, Directives, DirectiveWords } from './directive.ts';

const forEach =
  (change: (symbol: AsmSymbol) => void): Directive =>
  (words) =>
    words.list(() => change(words.state.symbols.get(words.symbolName('The name of a symbol'))));

const visible = (visibility: AsmSymbol['visibility']): Directive =>
  forEach((symbol) => {
    symbol.visibility = visibility;
  });

const equate =
  (once: boolean): Directive =>
  (words) => {
    const name = words.symbolName('The name of a symbol');
    words.reader.expect(',');
    const value = words.expression();
    words.reader.expectEnd();
    words.state.equate(name, value, once);
  };

const TYPES: Record<string, AsmSymbol['type']> = {
  function: 'function',
  stt_func: 'function',
  object: 'object',
  stt_object: 'object',
  tls_object: 'tls',
  stt_tls: 'tls',
  gnu_indirect_function: 'ifunc',
  notype: 'none',
  stt_notype: 'none',
  common: 'object',
  gnu_unique_object: 'object',
};

/** `.type NAME, @function` */
const type: Directive = (words) => {
  const { reader, state } = words;
  const name = words.symbolName('The name of a symbol');
  reader.accept(',');
  if (!reader.accept('@')) reader.accept('%');
  const token = reader.next();
  const known = TYPES[token.text.toLowerCase()];
  if (!known) throw reader.error(`“${token.text}” is not a type of symbols: use @function or @object.`, token);
  reader.expectEnd();
  state.symbols.get(name).type = known;
};

/** `.size NAME, EXPRESSION` */
const size: Directive = (words) => {
  const symbol = words.state.symbols.get(words.symbolName('The name of a symbol'));
  words.reader.expect(',');
  symbol.size = words.expression();
  words.reader.expectEnd();
};

/** `.comm NAME, SIZE, ALIGNMENT` */
function common(words: DirectiveWords, local: boolean): void {
  const { reader, state } = words;
  const name = words.symbolName('The name of a symbol');
  reader.expect(',');
  const bytes = words.count('The size');
  // Without one, as large as the block, up to 16.
  const natural = Math.min(16, 2 ** Math.floor(Math.log2(Math.max(1, bytes))));
  const alignment = reader.accept(',') ? words.count('The alignment', 1 << 20) || 1 : local ? 1 : natural;
  reader.expectEnd();
  const symbol = state.symbols.get(name);
  if (symbol.label || symbol.value) throw new Error(`“${name}” is defined already.`);
  symbol.type = 'object';
  if (local || symbol.binding === 'local') {
    // `.local` before `.comm` makes it a block of this file; without, it is everybody's.
    if (local || state.localCommons.has(name)) {
      reserve(words, symbol, bytes, alignment);
      return;
    }
    symbol.binding = 'global';
  }
  symbol.common = { size: bytes, alignment };
}

/** A block in `.bss`. */
function reserve({ state }: DirectiveWords, symbol: AsmSymbol, bytes: number, alignment: number): void {
  const bss = state.sectionNamed('.bss');
  if (alignment > 1) bss.add({ kind: 'align', alignment, fill: [0], most: alignment, size: 0 });
  symbol.label = bss.here();
  symbol.size = { kind: 'number', value: BigInt(bytes) };
  bss.add({ kind: 'space', size: bytes, fill: 0 });
}

const unsupported =
  (why: string): Directive =>
  ({ name }) => {
    throw new Error(`${name} is not supported: ${why}`);
  };

export const symbolDirectives: Directives = {
  '.globl': forEach((symbol) => {
    if (symbol.binding === 'local') symbol.binding = 'global';
  }),
  '.global': forEach((symbol) => {
    if (symbol.binding === 'local') symbol.binding = 'global';
  }),
  '.weak': forEach((symbol) => {
    symbol.binding = 'weak';
  }),
  '.local': (words) =>
    words.list(() => {
      const name = words.symbolName('The name of a symbol');
      words.state.symbols.get(name).binding = 'local';
      words.state.localCommons.add(name);
    }),
  '.hidden': visible('hidden'),
  '.internal': visible('internal'),
  '.protected': visible('protected'),
  '.set': equate(false),
  '.equ': equate(false),
  '.equiv': equate(true),
  '.eqv': equate(true),
  '.type': type,
  '.size': size,
  '.comm': (words) => common(words, false),
  '.lcomm': (words) => common(words, true),
  '.extern': () => {},
  '.symver': unsupported(
    'versions of symbols matter in shared libraries only, and programs are linked statically here.',
  ),
  '.weakref': unsupported('use .weak.'),
};
