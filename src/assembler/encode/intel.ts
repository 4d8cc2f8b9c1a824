/** Operands in Intel syntax: `5`, `rax`, `dword ptr fs:[rax+rbx*4+8]`, `offset label`, `label[rip]`. */
import { Register } from 'iced-x86';
import { readExpression } from '../expression.ts';
import { type Expression, sum } from '../model.ts';
import type { TokenReader } from '../tokens.ts';
import { type OperandContext, readRegister } from './att.ts';
import type { MemoryOperand, Operand } from './operands.ts';
import type { RegisterName } from './registers.ts';

const SIZES: Record<string, number> = {
  byte: 1,
  word: 2,
  dword: 4,
  fword: 6,
  qword: 8,
  mmword: 8,
  tbyte: 10,
  oword: 16,
  xmmword: 16,
  ymmword: 32,
};
/** Rank of products: what stands between the signs of a sum. */
const PRODUCT = 3;

/** The operands up to the end of the statement. @throws SourceError */
export function readIntelOperands(reader: TokenReader, context: OperandContext): Operand[] {
  const operands: Operand[] = [];
  if (reader.done) return operands;
  do operands.push(new IntelOperand(reader, context).read());
  while (reader.accept(','));
  reader.expectEnd();
  return operands;
}

class IntelOperand {
  private base: Register | undefined;
  private index: Register | undefined;
  private scale = 1;
  private displacement: Expression | undefined;
  private brackets = false;

  constructor(
    private readonly reader: TokenReader,
    private readonly context: OperandContext,
  ) {}

  read(): Operand {
    const { reader, context } = this;
    const { start } = reader.peek();
    const end = () => reader.peek(-1).end;
    const size = this.readSize();
    const offset = this.acceptWord('offset');
    if (offset && this.acceptWord('flat')) reader.expect(':');
    let segment: Register | undefined;
    const first = this.registerAhead();
    if (first && !reader.isMark('[', this.registerLength())) {
      if (first.class === 'segment' && reader.isMark(':', this.registerLength())) {
        this.takeRegister();
        reader.expect(':');
        segment = first.register;
      } else if (!this.inSum()) {
        this.takeRegister();
        return { kind: 'register', ...first, start, end: end() };
      }
    }
    this.readSum();
    const { base, index, scale, displacement } = this;
    const value = displacement && context.constant(displacement);
    const addressed = this.brackets || base !== undefined || index !== undefined || segment !== undefined;
    if (!addressed && displacement) {
      if (context.branch && size === undefined) return { kind: 'target', expression: displacement, start, end: end() };
      if (offset || value !== undefined)
        return { kind: 'immediate', expression: displacement, value, start, end: end() };
    }
    const memory: MemoryOperand = {
      kind: 'memory',
      segment,
      base,
      index,
      scale,
      displacement,
      value,
      size,
      start,
      end: end(),
    };
    return value === 0n && base !== Register.RIP && (base ?? index) !== undefined
      ? { ...memory, displacement: undefined }
      : memory;
  }

  private word(ahead = 0): string {
    const token = this.reader.peek(ahead);
    return token.kind === 'name' ? token.text.toLowerCase() : '';
  }

  private acceptWord(word: string): boolean {
    if (this.word() !== word) return false;
    this.reader.next();
    return true;
  }

  /** `dword ptr`, or without `ptr` before a bracket; `short`, `near` and `far` are for the assembler to choose. */
  private readSize(): number | undefined {
    if (['short', 'near', 'far'].includes(this.word())) this.reader.next();
    const size = SIZES[this.word()];
    if (size === undefined || !(this.word(1) === 'ptr' || this.reader.isMark('[', 1))) return undefined;
    this.reader.next();
    this.acceptWord('ptr');
    return size;
  }

  private registerAhead(): RegisterName | undefined {
    const { reader, context } = this;
    const at = reader.isMark('%') ? 1 : 0;
    const word = this.word(at);
    if (word === 'st' && reader.isMark('(', at + 1)) return context.registers.named(`st${reader.peek(at + 2).text}`);
    return word === '' ? undefined : context.registers.named(word);
  }

  private registerLength(): number {
    const at = this.reader.isMark('%') ? 1 : 0;
    return this.word(at) === 'st' && this.reader.isMark('(', at + 1) ? at + 4 : at + 1;
  }

  private takeRegister(): RegisterName {
    const register = this.registerAhead();
    if (!register) return readRegister(this.reader, this.context.registers);
    for (let left = this.registerLength(); left > 0; left--) this.reader.next();
    return register;
  }

  /** Whether the register ahead begins an address without brackets, which no register alone does. */
  private inSum(): boolean {
    const after = this.registerLength();
    return ['+', '-', '*'].some((mark) => this.reader.isMark(mark, after));
  }

  private add(expression: Expression, negative: boolean): void {
    const term: Expression = negative ? { kind: 'unary', operator: '-', operand: expression } : expression;
    if (!this.displacement) this.displacement = term;
    else if (negative)
      this.displacement = { kind: 'binary', operator: '-', left: this.displacement, right: expression };
    else this.displacement = sum(this.displacement, term);
  }

  private readSum(): void {
    const { reader } = this;
    let negative = reader.accept('-');
    if (!negative) reader.accept('+');
    for (;;) {
      this.readTerm(negative);
      if (reader.accept('+')) negative = false;
      else if (reader.accept('-')) negative = true;
      else if (reader.isMark('[')) negative = false;
      else return;
    }
  }

  private readTerm(negative: boolean): void {
    const { reader, context } = this;
    if (reader.accept('[')) {
      this.brackets = true;
      if (!reader.isMark(']')) this.readSum();
      reader.expect(']');
      return;
    }
    if (this.registerAhead()) {
      const token = reader.peek();
      const register = this.takeRegister();
      if (negative) throw reader.error('A register cannot be subtracted in an address.', token);
      const scale = reader.accept('*') ? this.readScale() : undefined;
      this.addRegister(register.register, scale, token.start);
      return;
    }
    if (reader.peek().kind === 'number' && reader.isMark('*', 1)) {
      const position = reader.position;
      const token = reader.peek();
      reader.seek(position + 2);
      if (this.registerAhead()) {
        const { register } = this.takeRegister();
        this.addRegister(register, Number(token.value), token.start);
        return;
      }
      reader.seek(position);
    }
    this.add(readExpression(reader, context.options, PRODUCT), negative);
  }

  private readScale(): number {
    const token = this.reader.peek();
    const value = this.context.constant(readExpression(this.reader, this.context.options, PRODUCT + 1));
    if (value !== 1n && value !== 2n && value !== 4n && value !== 8n)
      throw this.reader.error('The scale of an address is 1, 2, 4 or 8.', token);
    return Number(value);
  }

  private addRegister(register: Register, scale: number | undefined, start: number): void {
    const vector = ['xmm', 'ymm'].includes(this.context.registers.class(register) ?? '');
    if (scale === undefined && !vector && this.base === undefined) this.base = register;
    else if (this.index === undefined) {
      this.index = register;
      this.scale = scale ?? 1;
    } else if (scale === undefined && this.base === undefined) this.base = register;
    else
      throw this.reader.error('An address has at most a base and an index register.', {
        ...this.reader.peek(-1),
        start,
      });
    // RSP cannot be the index, but without a scale it does not matter which one is which.
    const { RSP, ESP } = Register;
    if (this.scale === 1 && (this.index === RSP || this.index === ESP))
      [this.base, this.index] = [this.index, this.base];
  }
}
