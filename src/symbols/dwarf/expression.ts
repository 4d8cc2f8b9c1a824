import { signed64, wrap64 } from '../../base/address.ts';
import { Cursor, CursorError } from '../../base/cursor.ts';
import { binary, isBinary, type Operand, type OperandType } from './arithmetic.ts';
import { constantOperand } from './constants.ts';
import { readLeb } from './entries.ts';
import { type Encoding, sectionOffset, targetAddress } from './forms.ts';

/** Why a value cannot be told; `message` is a plain text such as “optimised out”. */
export class Unavailable extends Error {}

/** What every expression needs of the machine: registers by DWARF number, memory. All addresses are run-time addresses. */
export interface MachineContext {
  /** A general register, the return address for 16; undefined if it is not known in this frame. */
  register(number: number): bigint | undefined;
  read(address: bigint, size: number): Uint8Array | undefined;
}

/** What expressions of the debug information need beyond that. Each member throws `Unavailable` if it cannot tell. */
export interface ExpressionContext extends MachineContext {
  encoding: Encoding;
  /** Run-time minus link-time address. */
  bias: bigint;
  frameBase?(): bigint;
  cfa?(): bigint;
  /** Value that the expression had when the function was entered. */
  entryValue?(expression: Uint8Array): bigint;
  /** Address of an offset in the thread's storage. */
  threadStorage?(offset: bigint): bigint;
  /** Expression of another entry, by its offset in .debug_info (DW_OP_call*). */
  procedure?(offset: number): Uint8Array;
  /** Offset of the unit: references count from it. */
  unitOffset?: number;
  /** Size, sign and kind of a base type by its offset in .debug_info. */
  baseType?(offset: number): OperandType;
  /** .debug_addr by index. */
  addressAt?(index: number): bigint;
  object?(): bigint;
}

/** Where (a part of) an object is. */
export type Place =
  | { kind: 'memory'; address: bigint }
  | { kind: 'register'; number: number }
  | { kind: 'value'; value: bigint }
  | { kind: 'bytes'; bytes: Uint8Array }
  /** A pointer that was optimised away; what it pointed to is another entry. */
  | { kind: 'implicit-pointer'; entry: number; offset: bigint }
  | { kind: 'nowhere' };

/** `size` in bits; undefined: all of the object. `offset`: bits to skip in the place. */
export interface Piece {
  place: Place;
  size: number | undefined;
  offset: number;
}

const MOST_STEPS = 10_000;
const MOST_STACK = 1000;

/** Evaluates an expression to the pieces of a location (DWARF 5, 2.5 and 2.6). @throws Unavailable, CursorError */
export function evaluateLocation(expression: Uint8Array, context: ExpressionContext): Piece[] {
  if (expression.length === 0) return [{ place: { kind: 'nowhere' }, size: undefined, offset: 0 }];
  const run = new Evaluation(context, []);
  run.run(expression, 0);
  return run.result();
}

/** Evaluates an expression whose result is the value on top of the stack (CFI, bounds, sizes). @throws Unavailable, CursorError */
export function evaluateValue(expression: Uint8Array, context: ExpressionContext, initial: bigint[] = []): bigint {
  const run = new Evaluation(context, initial);
  run.run(expression, 0);
  return run.value();
}

class Evaluation {
  private readonly stack: Operand[];
  private readonly pieces: Piece[] = [];
  private place: Place | undefined;
  private steps = 0;

  constructor(
    private readonly context: ExpressionContext,
    initial: bigint[],
  ) {
    this.stack = initial.map((value) => ({ value }));
  }

  value(): bigint {
    if (this.place?.kind === 'register') return this.register(this.place.number);
    if (this.place?.kind === 'value') return this.place.value;
    if (this.place) throw new Unavailable('not a number');
    return this.pop();
  }

  result(): Piece[] {
    if (this.pieces.length) return this.pieces;
    return [{ place: this.place ?? { kind: 'memory', address: this.pop() }, size: undefined, offset: 0 }];
  }

  private push(value: bigint, type?: Operand['type']): void {
    if (this.stack.length >= MOST_STACK) throw new CursorError('an expression fills its stack');
    this.stack.push({ value: type ? value : wrap64(value), type });
  }

  private popOperand(): Operand {
    const top = this.stack.pop();
    if (!top) throw new CursorError('an expression takes from an empty stack');
    return top;
  }

  private pop(): bigint {
    return wrap64(this.popOperand().value);
  }

  private register(number: number): bigint {
    const value = this.context.register(number);
    if (value === undefined) throw new Unavailable('in a register that was not saved');
    return value;
  }

  private need<K extends keyof ExpressionContext>(name: K): NonNullable<ExpressionContext[K]> {
    const member = this.context[name];
    if (member === undefined) throw new Unavailable('not computable here');
    return member as NonNullable<ExpressionContext[K]>;
  }

  private load(address: bigint, size: number): bigint {
    if (size < 1 || size > 16) throw new CursorError(`an expression reads ${size} bytes`);
    const bytes = this.context.read(wrap64(address), size);
    if (!bytes || bytes.length < size) throw new Unavailable('in memory that is not mapped');
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
    return value;
  }

  run(expression: Uint8Array, depth: number): void {
    if (depth > 20) throw new CursorError('expressions call each other without end');
    const cursor = new Cursor(expression);
    while (cursor.remaining > 0) {
      if (++this.steps > MOST_STEPS) throw new CursorError('an expression does not end');
      this.step(cursor, depth);
    }
  }

  private step(cursor: Cursor, depth: number): void {
    const op = cursor.u8();
    if (op >= 0x30 && op <= 0x4f) {
      this.push(BigInt(op - 0x30));
      return;
    } // lit
    if (op >= 0x50 && op <= 0x6f) {
      this.setPlace({ kind: 'register', number: op - 0x50 });
      return;
    }
    if (op >= 0x70 && op <= 0x8f) {
      this.push(this.register(op - 0x70) + readLeb(cursor, true));
      return;
    }
    const constant = constantOperand(op, cursor);
    if (constant !== undefined) {
      this.push(constant);
      return;
    }
    const { encoding } = this.context;
    switch (op) {
      case 0x03: // addr
        this.push(targetAddress(cursor, encoding.addressSize) + this.context.bias);
        return;
      case 0x90: // regx
        this.setPlace({ kind: 'register', number: cursor.uleb() });
        return;
      case 0x92: // bregx
        this.push(this.register(cursor.uleb()) + readLeb(cursor, true));
        return;
      case 0x91: // fbreg
        this.push(this.need('frameBase')() + readLeb(cursor, true));
        return;
      case 0x9c: // call_frame_cfa
        this.push(this.need('cfa')());
        return;
      case 0x97: // push_object_address
        this.push(this.need('object')());
        return;
      case 0x9b: // form_tls_address
      case 0xe0: // GNU_push_tls_address
        this.push(this.need('threadStorage')(this.pop()));
        return;
      case 0xa1: // addrx
      case 0xfb: // GNU_addr_index
        this.push(this.need('addressAt')(cursor.uleb()) + this.context.bias);
        return;
      case 0xa2: // constx
      case 0xfc: // GNU_const_index
        this.push(this.need('addressAt')(cursor.uleb()));
        return;
      case 0x06: // deref
        this.push(this.load(this.pop(), encoding.addressSize));
        return;
      case 0x94: // deref_size
        this.push(this.load(this.pop(), cursor.u8()));
        return;
      case 0x93: // piece
        this.endPiece(cursor.uleb() * 8, 0);
        return;
      case 0x9d: // bit_piece
        this.endPiece(cursor.uleb(), cursor.uleb());
        return;
      case 0x9e: // implicit_value
        this.setPlace({ kind: 'bytes', bytes: cursor.take(cursor.uleb()) });
        return;
      case 0x9f: // stack_value
        this.setPlace({ kind: 'value', value: this.popOperand().value });
        return;
      case 0xa0: // implicit_pointer
      case 0xf2: {
        const entry =
          encoding.version < 3
            ? Number(targetAddress(cursor, encoding.addressSize))
            : sectionOffset(cursor, encoding.offsetSize);
        this.setPlace({ kind: 'implicit-pointer', entry, offset: readLeb(cursor, true) });
        return;
      }
      case 0xa3: // entry_value
      case 0xf3:
        this.push(this.need('entryValue')(cursor.take(cursor.uleb())));
        return;
      case 0x98: // call2
        this.call(this.need('unitOffset') + cursor.u16(), depth);
        return;
      case 0x99: // call4
        this.call(this.need('unitOffset') + cursor.u32(), depth);
        return;
      case 0x9a: // call_ref
        this.call(sectionOffset(cursor, encoding.offsetSize), depth);
        return;
      case 0xfa: // GNU_parameter_ref: a parameter of the called function, which left no trace
        cursor.u32();
        throw new Unavailable('optimised out');
      case 0xf0: // GNU_uninit
      case 0x96: // nop
        return;
      default:
        if (!this.typed(op, cursor) && !this.stackOperation(op, cursor))
          throw new Unavailable(`at a place that takes DWARF operation 0x${op.toString(16)} to find`);
    }
  }

  private call(offset: number, depth: number): void {
    this.run(this.need('procedure')(offset), depth + 1);
  }

  private setPlace(place: Place): void {
    this.place = place;
  }

  private endPiece(size: number, offset: number): void {
    const address = this.place ? undefined : this.stack.pop();
    const place: Place = this.place ?? (address ? { kind: 'memory', address: address.value } : { kind: 'nowhere' });
    this.pieces.push({ place, size, offset });
    if (this.pieces.length > MOST_STACK) throw new CursorError('a location has too many pieces');
    this.place = undefined;
  }

  /** Operations with base types (DWARF 5, 2.5.1). */
  private typed(op: number, cursor: Cursor): boolean {
    const type = () => {
      const offset = cursor.uleb();
      return offset === 0 ? undefined : this.need('baseType')(this.need('unitOffset') + offset);
    };
    switch (op) {
      case 0xa4: // const_type
      case 0xf4: {
        const of = type();
        let value = 0n;
        for (const byte of [...cursor.take(cursor.u8())].reverse()) value = (value << 8n) | BigInt(byte);
        this.pushTyped(value, of);
        return true;
      }
      case 0xa5: // regval_type
      case 0xf5: {
        const value = this.register(cursor.uleb());
        this.pushTyped(value, type());
        return true;
      }
      case 0xa6: // deref_type
      case 0xf6: {
        const size = cursor.u8();
        const of = type();
        this.pushTyped(this.load(this.pop(), size), of);
        return true;
      }
      case 0xa8: // convert
      case 0xf7:
      case 0xa9: // reinterpret
      case 0xf9: {
        const from = this.popOperand();
        const to = type();
        const reinterpreted = op === 0xa9 || op === 0xf9;
        if (!reinterpreted && (from.type?.float ?? false) !== (to?.float ?? false))
          throw new Unavailable('the result of a conversion of floating-point numbers');
        this.pushTyped(from.value, to);
        return true;
      }
      default:
        return false;
    }
  }

  private pushTyped(value: bigint, type: Operand['type']): void {
    if (!type) {
      this.push(value);
      return;
    }
    const bits = type.size * 8;
    this.push(type.signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value), type);
  }

  private stackOperation(op: number, cursor: Cursor): boolean {
    switch (op) {
      case 0x12: {
        const top = this.popOperand();
        this.stack.push(top, top);
        return true;
      }
      case 0x13: // drop
        this.popOperand();
        return true;
      case 0x14: // over
        this.pick(1);
        return true;
      case 0x15: // pick
        this.pick(cursor.u8());
        return true;
      case 0x16: {
        const [b, a] = [this.popOperand(), this.popOperand()];
        this.stack.push(b, a);
        return true;
      }
      case 0x17: {
        const [c, b, a] = [this.popOperand(), this.popOperand(), this.popOperand()];
        this.stack.push(c, a, b);
        return true;
      }
      case 0x2f: // skip
        this.branch(cursor, true);
        return true;
      case 0x28: // bra
        this.branch(cursor, this.pop() !== 0n);
        return true;
      default:
        return this.arithmetic(op, cursor);
    }
  }

  private pick(index: number): void {
    const found = this.stack.at(-1 - index);
    if (!found) throw new CursorError('an expression picks from an empty stack');
    this.stack.push(found);
    if (this.stack.length > MOST_STACK) throw new CursorError('an expression fills its stack');
  }

  private branch(cursor: Cursor, taken: boolean): void {
    const distance = (cursor.u16() << 16) >> 16;
    if (taken) cursor.seek(cursor.position + distance);
  }

  private arithmetic(op: number, cursor: Cursor): boolean {
    if (op === 0x23) {
      this.push(this.pop() + readLeb(cursor, false)); // plus_uconst
      return true;
    }
    if (op === 0x19 || op === 0x1f || op === 0x20) {
      const { value, type } = this.popOperand();
      if (type?.float) throw new Unavailable('the result of floating-point arithmetic');
      const signed = type ? value : signed64(value);
      this.pushTyped(op === 0x19 ? (signed < 0n ? -signed : signed) : op === 0x1f ? -signed : ~signed, type);
      return true;
    }
    if (!isBinary(op)) return false;
    const right = this.popOperand();
    const left = this.popOperand();
    const result = binary(op, left, right);
    if (!result) throw new Unavailable('the result of arithmetic that is not done here');
    this.pushTyped(result.value, result.type);
    return true;
  }
}
