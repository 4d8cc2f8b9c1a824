/** Reads the arguments of a request, which may be anything: what does not fit is refused with a sentence. */
import { parseAddress } from '../base/hex.ts';
import { UserError } from '../debugger/errors.ts';

export class Arguments {
  private readonly values: Record<string, unknown>;

  constructor(
    value: unknown,
    /** For messages: the request, or the path to a nested object. */
    private readonly of: string,
  ) {
    if (value !== undefined && value !== null && (typeof value !== 'object' || Array.isArray(value)))
      throw new UserError(`The arguments of “${of}” must be an object.`);
    this.values = (value ?? {}) as Record<string, unknown>;
  }

  has(name: string): boolean {
    return this.values[name] !== undefined && this.values[name] !== null;
  }

  string(name: string): string {
    const value = this.optionalString(name);
    if (value === undefined) throw this.wrong(name, 'is missing');
    return value;
  }

  optionalString(name: string): string | undefined {
    if (!this.has(name)) return undefined;
    const value = this.values[name];
    if (typeof value !== 'string') throw this.wrong(name, 'must be a string');
    return value;
  }

  /** A whole number that a double holds exactly. */
  integer(name: string): number {
    const value = this.optionalInteger(name);
    if (value === undefined) throw this.wrong(name, 'is missing');
    return value;
  }

  optionalInteger(name: string): number | undefined {
    if (!this.has(name)) return undefined;
    const value = this.values[name];
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw this.wrong(name, 'must be a whole number');
    return value;
  }

  /** A whole number of at least 0. */
  optionalCount(name: string): number | undefined {
    const value = this.optionalInteger(name);
    if (value !== undefined && value < 0) throw this.wrong(name, 'must not be negative');
    return value;
  }

  boolean(name: string): boolean {
    if (!this.has(name)) return false;
    const value = this.values[name];
    if (typeof value !== 'boolean') throw this.wrong(name, 'must be true or false');
    return value;
  }

  /** An address as text: `0x…` or decimal. */
  address(name: string): bigint {
    const text = this.string(name);
    const value = parseAddress(text);
    if (value === undefined) throw new UserError(`“${text}” is not an address.`);
    return value;
  }

  /** The nested object, empty if absent. */
  object(name: string): Arguments {
    return new Arguments(this.values[name], `${this.of}.${name}`);
  }

  /** An array of objects, empty if absent. */
  objects(name: string): Arguments[] {
    return this.array(name).map((value, i) => new Arguments(value, `${this.of}.${name}[${i}]`));
  }

  strings(name: string): string[] {
    return this.array(name).map((value) => {
      if (typeof value !== 'string') throw this.wrong(name, 'must be a list of strings');
      return value;
    });
  }

  /** Pairs of an object's own properties. */
  entries(): [string, unknown][] {
    return Object.entries(this.values);
  }

  raw(name: string): unknown {
    return this.values[name];
  }

  private array(name: string): unknown[] {
    if (!this.has(name)) return [];
    const value = this.values[name];
    if (!Array.isArray(value)) throw this.wrong(name, 'must be a list');
    return value;
  }

  private wrong(name: string, what: string): UserError {
    return new UserError(`“${name}” of “${this.of}” ${what}.`);
  }
}
