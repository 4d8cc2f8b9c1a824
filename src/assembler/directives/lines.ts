/** Directives about source lines: `.file`, `.loc`. */
import type { Lines } from '../lines.ts';
import { AsmSymbol } from '../model.ts';
import type { Directive, Directives, DirectiveWords } from './directive.ts';

/** `.file "NAME"`, or `.file N "FOLDER" "NAME" md5 0x…` */
const file =
  (lines: Lines): Directive =>
  ({ reader, state }) => {
    const first = reader.next();
    if (first.kind === 'string') return;
    const name = reader.next();
    if (first.kind !== 'number' || name.kind !== 'string')
      throw reader.error('.file takes a name in double quotes, or a number and a name.', first);
    const second = reader.peek();
    if (second.kind === 'string') reader.next();
    const [directory, base] = second.kind === 'string' ? [name.text, second.text] : ['', name.text];
    if (!state.fileNumbersGiven) lines.files.clear();
    state.fileNumbersGiven = true;
    lines.files.set(Number(first.value), { directory, name: base });
  };

/** `.loc FILE LINE COLUMN OPTIONS` */
const loc =
  (lines: Lines): Directive =>
  (words) => {
    const { reader } = words;
    const numbers = [words.count('The number of the file', 1 << 30), words.count('The line', 2 ** 31), 0];
    if (reader.peek().kind === 'number') numbers[2] = words.count('The column', 1 << 30);
    const row = {
      file: numbers[0],
      line: numbers[1],
      column: numbers[2],
      statement: true,
      prologueEnd: false,
      epilogueBegin: false,
      basicBlock: false,
    };
    while (!reader.done) {
      const option = reader.next();
      switch (option.text) {
        case 'basic_block':
          row.basicBlock = true;
          break;
        case 'prologue_end':
          row.prologueEnd = true;
          break;
        case 'epilogue_begin':
          row.epilogueBegin = true;
          break;
        case 'is_stmt':
          row.statement = words.count('is_stmt', 1) === 1;
          break;
        case 'isa':
        case 'discriminator':
          words.count(option.text);
          break;
        case 'view':
          view(words);
          break;
        default:
          throw reader.error(`“${option.text}” is not an option of .loc.`, option);
      }
    }
    lines.set(row);
  };

/** Several views of one place are not told apart: every view's number is 0. */
function view({ reader, state }: DirectiveWords): void {
  reader.accept('-');
  const token = reader.next();
  if (token.kind !== 'name') return;
  const symbol = state.symbols.get(token.text);
  if (symbol instanceof AsmSymbol && !symbol.defined) symbol.value = { kind: 'number', value: 0n };
}

export const lineDirectives = (lines: Lines): Directives => ({ '.file': file(lines), '.loc': loc(lines) });
