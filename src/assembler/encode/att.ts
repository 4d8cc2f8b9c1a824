/** Operands in AT&T syntax: `$5`, `%rax`, `%fs:8(%rax,%rbx,4)`, `label`, `*%rax`. */
import { Register } from 'iced-x86';
import { type ReadOptions, readExpression } from '../expression.ts';
import type { Expression } from '../model.ts';
import type { TokenReader } from '../tokens.ts';
import type { MemoryOperand, Operand } from './operands.ts';
import type { RegisterName, Registers } from './registers.ts';

export interface OperandContext {
  registers: Registers;
  options: ReadOptions;
  /** The value, if it is known already. */
  constant(expression: Expression): bigint | undefined;
  /** Whether a bare expression is a place to go to: in branches. */
  branch: boolean;
}

/** The register behind `%`. @throws SourceError */
export function readRegister(reader: TokenReader, registers: Registers): RegisterName {
  const mark = reader.expect('%');
  const token = reader.next();
  const { text } = token;
  let name = text;
  if (text.toLowerCase() === 'st' && reader.isMark('(')) {
    reader.next();
    name = `st${reader.next().text}`;
    reader.expect(')');
  }
  const register = token.kind === 'name' ? registers.named(name) : undefined;
  if (register) return register;
  const wide = /^([xyz]mm(\d+)|k\d)$/i.exec(text);
  throw reader.error(
    wide ? `%${text} belongs to AVX-512, which this CPU does not have.` : `%${text} is not a register.`,
    { ...token, start: mark.start },
  );
}

/** The operands up to the end of the statement, in the order of the source. @throws SourceError */
export function readAttOperands(
  reader: TokenReader,
  context: OperandContext,
): { operands: Operand[]; indirect: boolean } {
  const operands: Operand[] = [];
  let indirect = false;
  if (reader.done) return { operands, indirect };
  do {
    if (reader.accept('*')) indirect = true;
    operands.push(readOperand(reader, context, indirect));
  } while (reader.accept(','));
  reader.expectEnd();
  return { operands, indirect };
}

function readOperand(reader: TokenReader, context: OperandContext, indirect: boolean): Operand {
  const { start } = reader.peek();
  const end = () => reader.peek(-1).end;
  if (reader.accept('$')) {
    const expression = readExpression(reader, context.options);
    return { kind: 'immediate', expression, value: context.constant(expression), start, end: end() };
  }
  let segment: Register | undefined;
  if (reader.isMark('%')) {
    const register = readRegister(reader, context.registers);
    if (register.class !== 'segment' || !reader.accept(':'))
      return { kind: 'register', ...register, start, end: end() };
    segment = register.register;
  }
  const displacement = startsAddress(reader) ? undefined : readExpression(reader, context.options);
  if (context.branch && !indirect && displacement && !reader.isMark('('))
    return { kind: 'target', expression: displacement, start, end: end() };
  const value = displacement && context.constant(displacement);
  const memory: MemoryOperand = {
    kind: 'memory',
    segment,
    base: undefined,
    index: undefined,
    scale: 1,
    displacement,
    value,
    size: undefined,
    start,
    end: 0,
  };
  if (reader.accept('(')) readAddress(reader, context, memory);
  return { ...memory, end: end() };
}

/** Whether `(` begins registers, not an expression in brackets. */
function startsAddress(reader: TokenReader): boolean {
  return reader.isMark('(') && (reader.isMark('%', 1) || reader.isMark(',', 1));
}

/** `base, index, scale)` */
function readAddress(reader: TokenReader, context: OperandContext, memory: MemoryOperand): void {
  const { registers } = context;
  const addressing = (): Register => {
    const token = reader.peek();
    const register = readRegister(reader, registers);
    if (!['r64', 'r32', 'ip', 'xmm', 'ymm'].includes(register.class) && register.register !== Register.DX)
      throw reader.error('Only 64-bit and 32-bit registers can be part of an address.', {
        ...token,
        end: reader.peek(-1).end,
      });
    return register.register;
  };
  if (reader.isMark('%')) memory.base = addressing();
  if (reader.accept(',')) {
    if (reader.isMark('%')) memory.index = addressing();
    if (reader.accept(',') && !reader.isMark(')')) memory.scale = readScale(reader, context);
  }
  reader.expect(')');
}

function readScale(reader: TokenReader, context: OperandContext): number {
  const token = reader.peek();
  const scale = context.constant(readExpression(reader, context.options));
  if (scale !== 1n && scale !== 2n && scale !== 4n && scale !== 8n)
    throw reader.error('The scale of an address is 1, 2, 4 or 8.', token);
  return Number(scale);
}
