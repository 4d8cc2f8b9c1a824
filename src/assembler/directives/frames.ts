/** `.cfi_…` directives: where registers are kept while a function runs. */
import { lebBytes } from '../bytes.ts';
import { type FramePointer, NO_POINTER, type Procedure, pointerSize } from '../dwarf/frames.ts';
import { AsmSymbol } from '../model.ts';
import type { Directive, Directives, DirectiveWords } from './directive.ts';

/** Numbers of registers in DWARF (x86-64 psABI, 3.6.2). */
const REGISTERS = 'rax rdx rcx rbx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip'.split(' ');
const FIRST_XMM = 17;
const RETURN_ADDRESS = 16;
const WORD = 8;

const uleb = (value: number): number[] => lebBytes(BigInt(value), false);
const sleb = (value: number): number[] => lebBytes(BigInt(value), true);

/** The frames of a source; one procedure is open at a time. */
export class Frames {
  readonly procedures: Procedure[] = [];
  private open: Procedure | undefined;
  /** Distance of the CFA from its register, for directives that are relative. */
  private offset = WORD;
  private readonly saved: number[] = [];

  directives(): Directives {
    const step = this.step.bind(this);
    return {
      '.cfi_sections': () => {},
      '.cfi_startproc': (words) => this.start(words),
      '.cfi_endproc': (words) => this.end(words),
      '.cfi_def_cfa': step((words) => {
        const register = registerOf(words);
        words.reader.expect(',');
        this.offset = integer(words);
        return [0x0c, ...uleb(register), ...uleb(this.offset)];
      }),
      '.cfi_def_cfa_register': step((words) => [0x0d, ...uleb(registerOf(words))]),
      '.cfi_def_cfa_offset': step((words) => this.setOffset(integer(words))),
      '.cfi_adjust_cfa_offset': step((words) => this.setOffset(this.offset + integer(words))),
      '.cfi_offset': step((words) => savedAt(registerAnd(words))),
      '.cfi_rel_offset': step((words) => {
        const { register, value } = registerAnd(words);
        return savedAt({ register, value: value - this.offset });
      }),
      '.cfi_val_offset': step((words) => {
        const { register, value } = registerAnd(words);
        return [0x15, ...uleb(register), ...sleb(value / -WORD)];
      }),
      '.cfi_register': step((words) => {
        const register = registerOf(words);
        words.reader.expect(',');
        return [0x09, ...uleb(register), ...uleb(registerOf(words))];
      }),
      '.cfi_restore': this.each((register) => (register < 0x40 ? [0xc0 | register] : [0x06, ...uleb(register)])),
      '.cfi_undefined': this.each((register) => [0x07, ...uleb(register)]),
      '.cfi_same_value': this.each((register) => [0x08, ...uleb(register)]),
      '.cfi_remember_state': step(() => {
        this.saved.push(this.offset);
        return [0x0a];
      }, true),
      '.cfi_restore_state': step(() => {
        this.offset = this.saved.pop() ?? this.offset;
        return [0x0b];
      }),
      '.cfi_escape': step((words) => {
        const bytes: number[] = [];
        words.list(() => bytes.push(Number(words.number('The byte') & 255n)));
        return bytes;
      }, true),
      '.cfi_return_column': (words) => {
        this.procedure(words).returnColumn = registerOf(words);
      },
      '.cfi_signal_frame': (words) => {
        this.procedure(words).signal = true;
      },
      '.cfi_personality': (words) => {
        this.procedure(words).personality = pointer(words);
      },
      '.cfi_lsda': (words) => {
        this.procedure(words).lsda = pointer(words);
      },
    };
  }

  /** The procedure that was not ended, if there is one. */
  get unfinished(): Procedure | undefined {
    return this.open;
  }

  private procedure({ name }: DirectiveWords): Procedure {
    if (!this.open) throw new Error(`${name} belongs between .cfi_startproc and .cfi_endproc.`);
    return this.open;
  }

  private start({ state, name }: DirectiveWords): void {
    if (this.open) throw new Error(`${name} comes before the .cfi_endproc of the procedure before it.`);
    const start = new AsmSymbol('');
    start.label = state.section.here();
    this.offset = WORD;
    this.saved.length = 0;
    this.open = {
      section: state.section,
      start,
      end: undefined,
      steps: [],
      signal: false,
      personality: undefined,
      lsda: undefined,
      returnColumn: RETURN_ADDRESS,
      place: state.place,
    };
    this.procedures.push(this.open);
  }

  private end(words: DirectiveWords): void {
    this.procedure(words).end = words.state.section.here();
    this.open = undefined;
  }

  /** A directive that is one instruction of DWARF. `own`: never one that functions have in common. */
  private step(read: (words: DirectiveWords) => number[], own = false): Directive {
    return (words) => {
      const procedure = this.procedure(words);
      const bytes = read(words);
      words.reader.expectEnd();
      procedure.steps.push({ at: words.state.section.here(), bytes, own });
    };
  }

  /** The same for each register of a list. */
  private each(bytesOf: (register: number) => number[]): Directive {
    return (words) => {
      const procedure = this.procedure(words);
      words.list(() => procedure.steps.push({ at: words.state.section.here(), bytes: bytesOf(registerOf(words)) }));
    };
  }

  private setOffset(offset: number): number[] {
    this.offset = offset;
    return [0x0e, ...uleb(offset)];
  }
}

function integer(words: DirectiveWords): number {
  return Number(words.number('The offset'));
}

/** A register by name or by DWARF's number. */
function registerOf(words: DirectiveWords): number {
  const { reader } = words;
  reader.accept('%');
  const token = reader.peek();
  if (token.kind === 'number') return words.count('The number of a register', 200);
  const name = token.text.toLowerCase();
  const number = REGISTERS.indexOf(name);
  const vector = /^xmm(\d+)$/.exec(name);
  if (number < 0 && !vector) throw reader.error(`“${token.text}” is not a register that can be saved.`, token);
  reader.next();
  return vector ? FIRST_XMM + Number(vector[1]) : number;
}

function registerAnd(words: DirectiveWords): { register: number; value: number } {
  const register = registerOf(words);
  words.reader.expect(',');
  return { register, value: integer(words) };
}

/** The register is saved `value` bytes from the CFA. */
function savedAt({ register, value }: { register: number; value: number }): number[] {
  const factored = value / -WORD;
  if (!Number.isInteger(factored)) throw new Error('Registers are saved at multiples of 8 bytes.');
  if (factored < 0) return [0x11, ...uleb(register), ...sleb(factored)];
  return register < 0x40 ? [0x80 | register, ...uleb(factored)] : [0x05, ...uleb(register), ...uleb(factored)];
}

/** `ENCODING, SYMBOL` */
function pointer(words: DirectiveWords): FramePointer | undefined {
  const encoding = words.count('The encoding', 255);
  if (encoding === NO_POINTER) return undefined;
  if (pointerSize(encoding) === undefined) throw new Error(`Pointers of the encoding ${encoding} are not supported.`);
  words.reader.expect(',');
  return { encoding, target: words.expression() };
}
