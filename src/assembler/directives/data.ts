/** Directives that write data: numbers, texts, room, alignment. */
import { patch } from '../bytes.ts';
import { DOUBLE, EXTENDED, type FloatFormat, floatBits, HALF, SINGLE } from '../floats.ts';
import { number } from '../model.ts';
import { SourceError } from '../source.ts';
import type { Directive, Directives, DirectiveWords } from './directive.ts';

/** Sizes of `.fill`'s elements end here, as GNU as has it. */
const MAX_FILL = 8;
const MAX_ALIGNMENT_POWER = 30;

const integers =
  (size: number): Directive =>
  (words) =>
    words.list(() => {
      const from = words.reader.peek();
      words.state.writeValue(words.expression(), size, words.placeFrom(from));
    });

/** 128-bit numbers are not computed with, only written. */
const octa: Directive = (words) =>
  words.list(() => {
    const negative = words.reader.accept('-');
    const token = words.reader.next();
    if (token.kind !== 'number') throw words.reader.error('.octa takes numbers only.', token);
    const bytes = new Uint8Array(16);
    patch(bytes, 0, negative ? -token.value : token.value, 16);
    words.state.write(bytes);
  });

/** Texts; each character becomes `width` bytes. */
const texts =
  (width: number, terminated: boolean): Directive =>
  (words) =>
    words.list(() => {
      const { reader, state } = words;
      if (reader.peek().kind !== 'string') throw reader.error(`${words.name} takes texts in double quotes.`);
      let text = '';
      while (reader.peek().kind === 'string') text += reader.next().text;
      const bytes = new Uint8Array((text.length + (terminated ? 1 : 0)) * width);
      for (let i = 0; i < text.length; i++) bytes[i * width] = text.charCodeAt(i);
      state.write(bytes);
    });

const floats =
  (format: FloatFormat, bytes = format.bytes): Directive =>
  ({ state, text, column, name }) => {
    let at = 0;
    for (const word of text.split(',')) {
      const bits = floatBits(word, format);
      if (bits === undefined)
        throw new SourceError(
          `${name} takes numbers such as 1.5 or -2e10.`,
          column + at,
          column + at + Math.max(1, word.length),
        );
      const encoded = new Uint8Array(bytes);
      patch(encoded, 0, bits, format.bytes);
      state.write(encoded);
      at += word.length + 1;
    }
  };

/** `.skip SIZE, FILL` */
const skip: Directive = (words) => {
  const { reader, state } = words;
  const from = reader.peek();
  const size = words.expression();
  const place = words.placeFrom(from);
  const fill = reader.accept(',') ? Number(words.number('The fill') & 255n) : 0;
  reader.expectEnd();
  if (fill !== 0) state.refuseEmpty();
  const known = state.constant(size);
  if (known === undefined) state.section.add({ kind: 'skip', count: size, fill, size: 0, place });
  else if (known < 0n) throw new SourceError(`${known} bytes cannot be skipped.`, from.start, reader.peek(-1).end);
  else state.section.add({ kind: 'space', size: Number(known), fill });
};

/** `.fill COUNT, SIZE, VALUE` */
const fill: Directive = (words) => {
  const { reader, state } = words;
  const count = words.count('The count', 1 << 24);
  const size = reader.accept(',') ? Math.min(MAX_FILL, words.count('The size')) : 1;
  const value = reader.accept(',') ? words.number('The value') : 0n;
  reader.expectEnd();
  const one = new Uint8Array(size);
  // Of a longer element only the low four bytes are the value's.
  patch(one, 0, value, Math.min(size, 4));
  const all = new Uint8Array(count * size);
  for (let i = 0; i < count; i++) all.set(one, i * size);
  state.write(all);
};

function align(words: DirectiveWords, power: boolean, width: number): void {
  const { reader, state } = words;
  const given = reader.done ? 0 : words.count('The alignment', power ? MAX_ALIGNMENT_POWER : 2 ** MAX_ALIGNMENT_POWER);
  const alignment = power ? 2 ** given : given || 1;
  if (alignment & (alignment - 1)) throw new Error(`An alignment must be a power of two, and ${alignment} is none.`);
  let pattern: number[] | undefined;
  let most = alignment;
  if (reader.accept(',')) {
    if (!reader.isMark(',') && !reader.done) {
      const value = words.number('The fill');
      pattern = Array.from({ length: width }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
    }
    if (reader.accept(',') && !reader.done) most = words.count('The most bytes to skip') || most;
  }
  reader.expectEnd();
  const code = (state.section.attributes.flags & 4) !== 0;
  state.section.add({ kind: 'align', alignment, fill: pattern ?? (code ? undefined : [0]), most, size: 0 });
}

const leb =
  (signed: boolean): Directive =>
  (words) =>
    words.list(() => {
      const from = words.reader.peek();
      const value = words.expression();
      words.state.refuseEmpty();
      const known = words.state.constant(value);
      const place = words.placeFrom(from);
      if (known === undefined) words.state.section.add({ kind: 'leb', value, signed, size: 1, place });
      else words.state.section.data(0).bytes[signed ? 'sleb' : 'uleb'](known);
    });

const org: Directive = (words) => {
  const from = words.reader.peek();
  const target = words.expression();
  const place = words.placeFrom(from);
  const byte = words.reader.accept(',') ? Number(words.number('The fill') & 255n) : 0;
  words.reader.expectEnd();
  words.state.section.add({ kind: 'org', target, fill: byte, size: 0, place });
};

/** `.incbin "FILE", SKIP, COUNT` */
const incbin: Directive = (words) => {
  const { reader, state } = words;
  const name = reader.next();
  if (name.kind !== 'string') throw reader.error('.incbin takes the name of a file in double quotes.', name);
  const bytes = state.files.read(name.text);
  if (!bytes) throw reader.error(`There is no file ${name.text}.`, name);
  const from = reader.accept(',') ? words.count('The number of bytes to skip') : 0;
  const count = reader.accept(',') ? words.count('The number of bytes') : bytes.length;
  reader.expectEnd();
  state.write(bytes.subarray(from, from + count));
};

/** `.nops SIZE` */
const nops: Directive = (words) => {
  const size = words.count('The number of bytes', 1 << 20);
  words.state.section.add({ kind: 'skip', count: number(size), fill: 0x90, size: 0, place: words.state.place });
};

export const dataDirectives: Directives = {
  '.byte': integers(1),
  '.2byte': integers(2),
  '.short': integers(2),
  '.hword': integers(2),
  '.word': integers(2),
  '.value': integers(2),
  '.4byte': integers(4),
  '.long': integers(4),
  '.int': integers(4),
  '.8byte': integers(8),
  '.quad': integers(8),
  '.octa': octa,
  '.16byte': octa,
  '.ascii': texts(1, false),
  '.asciz': texts(1, true),
  '.string': texts(1, true),
  '.string8': texts(1, true),
  '.string16': texts(2, true),
  '.string32': texts(4, true),
  '.string64': texts(8, true),
  '.float': floats(SINGLE),
  '.single': floats(SINGLE),
  '.double': floats(DOUBLE),
  '.tfloat': floats(EXTENDED),
  '.ldouble': floats(EXTENDED, 16),
  '.float16': floats(HALF),
  '.hfloat': floats(HALF),
  '.skip': skip,
  '.space': skip,
  '.zero': skip,
  '.fill': fill,
  '.align': (words) => align(words, false, 1),
  '.balign': (words) => align(words, false, 1),
  '.balignw': (words) => align(words, false, 2),
  '.balignl': (words) => align(words, false, 4),
  '.p2align': (words) => align(words, true, 1),
  '.p2alignw': (words) => align(words, true, 2),
  '.p2alignl': (words) => align(words, true, 4),
  '.uleb128': leb(false),
  '.sleb128': leb(true),
  '.org': org,
  '.incbin': incbin,
  '.nops': nops,
};
