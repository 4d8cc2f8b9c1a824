/** Encoder of a WebAssembly module: types, one imported memory, imported functions, functions, one table, exports. */
import { type ByteString, pushName, pushSigned, pushUnsigned } from './bytes.ts';
import { Op, VALUE_TYPE } from './opcodes.ts';
import type { Ty } from './value.ts';

export interface Signature {
  parameters: readonly Ty[];
  results: readonly Ty[];
}

export class ModuleEncoder {
  private readonly types: string[] = [];
  private readonly typeBytes: number[][] = [];
  private readonly imports: { name: string; type: number }[] = [];
  private readonly functions: { type: number; body: ByteString }[] = [];
  private readonly exports: { name: string; index: number }[] = [];
  private table: number[] = [];
  private tableSize = 0;
  private tableStart: number | undefined;

  /** Index of a signature in the type section. */
  type(signature: Signature): number {
    const key = `${signature.parameters.join()}>${signature.results.join()}`;
    let index = this.types.indexOf(key);
    if (index < 0) {
      index = this.types.push(key) - 1;
      const bytes = [0x60];
      for (const side of [signature.parameters, signature.results]) {
        pushUnsigned(bytes, side.length);
        for (const ty of side) bytes.push(VALUE_TYPE[ty]);
      }
      this.typeBytes.push(bytes);
    }
    return index;
  }

  /** Imports function `host.<name>`; all imports must come before the first `add`. */
  import(name: string, signature: Signature): number {
    if (this.functions.length) throw new Error('imports come first');
    return this.imports.push({ name, type: this.type(signature) }) - 1;
  }

  /** Number of the next function to be added. */
  get nextIndex(): number {
    return this.imports.length + this.functions.length;
  }

  add(signature: Signature, body: ByteString): number {
    this.functions.push({ type: this.type(signature), body });
    return this.nextIndex - 1;
  }

  export(name: string, index: number): void {
    this.exports.push({ name, index });
  }

  /** The functions `call_indirect` reaches, by table slot; the table is exported as `table` and has room for `size`. */
  setTable(functions: number[], size = functions.length): void {
    this.table = functions;
    this.tableSize = size;
  }

  /** Puts `functions` into the imported table `host.table`, which has at least `start + functions.length` slots, from `start` on. */
  extendTable(functions: number[], start: number): void {
    this.setTable(functions, start + functions.length);
    this.tableStart = start;
  }

  encode(): Uint8Array {
    // Kept in pieces until their sum is known: bodies are long, and copying them as arrays of numbers is slow.
    const pieces: ByteString[] = [[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]];
    const section = (id: number, count: number, items: readonly ByteString[]) => {
      const length = items.reduce((sum, item) => sum + item.length, unsigned(count).length);
      pieces.push([id, ...unsigned(length), ...unsigned(count)], ...items);
    };
    const { typeBytes, imports, functions, exports, table, tableStart } = this;
    const ownTable = this.tableSize > 0 && tableStart === undefined;
    const imported = [
      memoryImport(),
      ...(tableStart === undefined ? [] : [tableImport(this.tableSize)]),
      ...imports.map(functionImport),
    ];
    const exported = [...exports.map(exportEntry), ...(ownTable ? [tableExport()] : [])];
    section(1, typeBytes.length, typeBytes);
    section(2, imported.length, imported);
    section(
      3,
      functions.length,
      functions.map(({ type }) => unsigned(type)),
    );
    if (ownTable) section(4, 1, [[...TABLE_TYPE, ...unsigned(this.tableSize)]]);
    section(7, exported.length, exported);
    if (table.length) section(9, 1, [this.elements()]);
    section(
      10,
      functions.length,
      functions.flatMap(({ body }) => [unsigned(body.length), body]),
    );
    const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  private elements(): number[] {
    const bytes = [0x00, Op.i32Const];
    pushSigned(bytes, BigInt(this.tableStart ?? 0));
    bytes.push(Op.end, ...unsigned(this.table.length));
    for (const index of this.table) pushUnsigned(bytes, index);
    return bytes;
  }
}

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  pushUnsigned(bytes, value);
  return bytes;
}

/** `host.memory`, at least one page: the machine decides its size. */
function memoryImport(): number[] {
  const bytes: number[] = [];
  pushName(bytes, 'host');
  pushName(bytes, 'memory');
  bytes.push(0x02, 0x01, 0x01, ...unsigned(65536));
  return bytes;
}

/** Of function references, without a maximum. */
const TABLE_TYPE = [0x70, 0x00];

function tableImport(size: number): number[] {
  const bytes: number[] = [];
  pushName(bytes, 'host');
  pushName(bytes, 'table');
  bytes.push(0x01, ...TABLE_TYPE, ...unsigned(size));
  return bytes;
}

function tableExport(): number[] {
  const bytes: number[] = [];
  pushName(bytes, 'table');
  bytes.push(0x01, 0x00);
  return bytes;
}

function functionImport({ name, type }: { name: string; type: number }): number[] {
  const bytes: number[] = [];
  pushName(bytes, 'host');
  pushName(bytes, name);
  bytes.push(0x00, ...unsigned(type));
  return bytes;
}

function exportEntry({ name, index }: { name: string; index: number }): number[] {
  const bytes: number[] = [];
  pushName(bytes, name);
  bytes.push(0x00, ...unsigned(index));
  return bytes;
}
