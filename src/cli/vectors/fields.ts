/** Reading a vector's input: every field must be understood, none may be left over. */
import { parseHexBytes } from '../../base/hex.ts';

/** The runner does not understand something in a vectors file; the message says what. Such a vector fails. */
export class NotUnderstood extends Error {}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** "0x…" or a decimal integer as an unsigned 64-bit value; undefined for anything else. */
export function wordOf(value: Json | undefined): bigint | undefined {
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt.asUintN(64, BigInt(value));
  if (typeof value === 'string' && /^0x[0-9a-f]{1,16}$/i.test(value)) return BigInt(value);
  return undefined;
}

/** An object whose fields are taken one by one. `finish` complains about those nobody asked for. */
export class Fields {
  private readonly taken = new Set<string>();

  constructor(
    private readonly object: JsonObject,
    private readonly what = 'input',
  ) {}

  has(key: string): boolean {
    return this.object[key] !== undefined;
  }

  /** The raw value; undefined if absent. */
  raw(key: string): Json | undefined {
    this.taken.add(key);
    return this.object[key];
  }

  private wrong(key: string, wanted: string): never {
    throw new NotUnderstood(`${this.what} '${key}' is ${JSON.stringify(this.object[key])}, not ${wanted}`);
  }

  /** An unsigned 64-bit value. */
  word(key: string, otherwise?: bigint): bigint {
    const value = this.raw(key);
    if (value === undefined && otherwise !== undefined) return otherwise;
    return wordOf(value) ?? this.wrong(key, 'a "0x…" number or an integer');
  }

  /** A word, or null where the vector says there is none. */
  wordOrNull(key: string): bigint | null {
    return this.raw(key) === null ? null : this.word(key);
  }

  integer(key: string, otherwise?: number): number {
    const value = this.raw(key);
    if (value === undefined && otherwise !== undefined) return otherwise;
    return typeof value === 'number' && Number.isInteger(value) ? value : this.wrong(key, 'an integer');
  }

  flag(key: string, otherwise?: boolean): boolean {
    const value = this.raw(key);
    if (value === undefined && otherwise !== undefined) return otherwise;
    return typeof value === 'boolean' ? value : this.wrong(key, 'true or false');
  }

  text(key: string, otherwise?: string): string {
    const value = this.raw(key);
    if (value === undefined && otherwise !== undefined) return otherwise;
    return typeof value === 'string' ? value : this.wrong(key, 'a text');
  }

  /** One of a few texts. */
  choice<T extends string>(key: string, choices: readonly T[], otherwise?: T): T {
    const value = this.text(key, otherwise);
    return choices.find((choice) => choice === value) ?? this.wrong(key, `one of ${choices.join(', ')}`);
  }

  bytes(key: string): Uint8Array {
    return parseHexBytes(this.text(key)) ?? this.wrong(key, 'hexadecimal bytes');
  }

  /** A list, with each item converted. */
  list<T>(key: string, convert: (item: Json) => T | undefined): T[] {
    const value = this.raw(key);
    if (!Array.isArray(value)) return this.wrong(key, 'a list');
    return value.map((item) => convert(item) ?? this.wrong(key, 'a list of what is expected there'));
  }

  /** An object, with each value converted. */
  entries<T>(key: string, convert: (value: Json) => T | undefined): [string, T][] {
    const value = this.raw(key);
    if (!isObject(value)) return this.wrong(key, 'an object');
    return Object.entries(value).map(([name, item]) => [
      name,
      convert(item) ?? this.wrong(key, 'an object of such values'),
    ]);
  }

  /** Complains about fields that nobody read. */
  finish(): void {
    const left = Object.keys(this.object).filter((key) => !this.taken.has(key));
    if (left.length > 0)
      throw new NotUnderstood(`${this.what} has ${left.map((key) => `'${key}'`).join(', ')}, which is not understood`);
  }
}
