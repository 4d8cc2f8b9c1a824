/** Register names of the assembly language. */
import { Register } from 'iced-x86';

export type RegisterClass =
  | 'r8'
  | 'r16'
  | 'r32'
  | 'r64'
  | 'ip'
  | 'segment'
  | 'mm'
  | 'xmm'
  | 'ymm'
  | 'mask'
  | 'control'
  | 'debug'
  | 'bound'
  | 'st';

const CLASSES: readonly (readonly [RegExp, RegisterClass])[] = [
  [/^(?:[abcd][lh]|[sd]il|[sb]pl|r(?:8|9|1[0-5])l)$/, 'r8'],
  [/^(?:[abcd]x|[sd]i|[sb]p|r(?:8|9|1[0-5])w)$/, 'r16'],
  [/^(?:e[abcd]x|e[sd]i|e[sb]p|r(?:8|9|1[0-5])d)$/, 'r32'],
  [/^(?:r[abcd]x|r[sd]i|r[sb]p|r(?:8|9|1[0-5]))$/, 'r64'],
  [/^[re]ip$/, 'ip'],
  [/^[cdefgs]s$/, 'segment'],
  [/^mm[0-7]$/, 'mm'],
  [/^xmm(?:\d|1[0-5])$/, 'xmm'],
  [/^ymm(?:\d|1[0-5])$/, 'ymm'],
  [/^k[0-7]$/, 'mask'],
  [/^cr(?:\d|1[0-5])$/, 'control'],
  [/^dr(?:\d|1[0-5])$/, 'debug'],
  [/^bnd[0-3]$/, 'bound'],
  [/^st[0-7]$/, 'st'],
];

export interface RegisterName {
  register: Register;
  class: RegisterClass;
}

/** Bytes of a general register of that class; undefined for others. */
export function generalSize(kind: RegisterClass): number | undefined {
  return { r8: 1, r16: 2, r32: 4, r64: 8 }[kind as 'r8'];
}

/** All registers by their names: those of Intel, and `r8b` for `r8l`, `db0` for `dr0`. */
export class Registers {
  private readonly byName = new Map<string, RegisterName>();
  private readonly byRegister = new Map<Register, RegisterName>();

  constructor() {
    for (const [name, register] of Object.entries(Register)) {
      if (typeof register !== 'number') continue;
      const lower = name.toLowerCase();
      const kind = CLASSES.find(([pattern]) => pattern.test(lower))?.[1];
      if (!kind) continue;
      const entry = { register, class: kind };
      this.byName.set(lower, entry);
      this.byRegister.set(register, entry);
      const other = /^r\d+l$/.test(lower) ? `${lower.slice(0, -1)}b` : /^dr\d/.test(lower) ? `db${lower.slice(2)}` : '';
      if (other) this.byName.set(other, entry);
    }
    const top = this.byName.get('st0');
    if (top) this.byName.set('st', top);
  }

  /** The register called `name` (`st(3)` is `st3` here), in any case of letters. */
  named(name: string): RegisterName | undefined {
    return this.byName.get(name.toLowerCase());
  }

  class(register: Register): RegisterClass | undefined {
    return this.byRegister.get(register)?.class;
  }
}
