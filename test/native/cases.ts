/** Makes random cases of a form. */
import type { Case } from './case.ts';
import { Encoding } from './encoding.ts';
import { branchTarget, fillMemory } from './fill.ts';
import type { Facts, Form } from './forms/form.ts';
import { CODE_AT, freshX87, GS_BASE, MEM_BYTES, WINDOWS } from './protocol.ts';
import type { Random } from './random.ts';
import { littleEndian, loadUint, mask64, scratchAddress } from './scratch.ts';
import { fillX87Memory, randomX87 } from './x87-values.ts';

const RSP = 4;
const RSI = 6;
const RDI = 7;

const isSigned32 = (v: bigint): boolean => BigInt.asIntN(64, v) === BigInt.asIntN(32, v);

/** Often the usual one, with or without the precision flag; any flags, masks and modes. */
function randomMxcsr(random: Random): number {
  if (random.chance(3)) return 0x1fa0;
  if (random.chance(3)) return 0x1f80;
  return (random.chance(2) ? 0x1f80 : 0) | (random.u32() & (random.chance(2) ? 0xffff : 0xe07f));
}

class Builder {
  readonly gpr: bigint[];
  private readonly encoding = new Encoding();
  private readonly words: Set<string>;
  private bits = 32;
  private facts: Facts;

  constructor(
    private readonly random: Random,
    private readonly form: Form,
  ) {
    this.gpr = Array.from({ length: 16 }, () => random.value());
    this.words = new Set(form.text.split(' '));
    this.facts = { bits: 32, immediate: 0, rcx: 0n, rax: 0n, rm: undefined, reg: 0n };
  }

  private has(word: string): boolean {
    return this.words.has(word);
  }

  build(): Case {
    const { random, form } = this;
    const tokens = form.text.split(' ');
    this.implicitRegisters();
    this.chooseSize();
    for (const token of tokens) {
      if (token.startsWith('vex.')) this.vexPrefix(token);
      else if (/^[0-9a-f]{2}$/.test(token)) this.encoding.opcode.push(Number.parseInt(token, 16));
      else if (token === '+r') this.opcodeRegister();
      else if (token === '/r' || /^\/[0-7]$/.test(token)) {
        this.modRm(token === '/r' ? undefined : Number(token[1]));
      } else if (token === 'moffs') this.encoding.immediate.push(...littleEndian(scratchAddress(random, 8, false), 8));
      else if (/^(i[bwzv]|is4|rel8|rel32)$/.test(token)) this.addImmediate(token);
    }
    if (form.name === 'call' || form.name === 'jmp' || form.name === 'ret') this.branchTargets();
    if (this.has('rep')) {
      const prefix = random.pick([0, 0xf2, 0xf3]);
      if (prefix) this.encoding.prefixes.push(prefix);
    }
    if (this.has('lowcount')) this.gpr[1] = random.chance(4) && this.has('67') ? 1n << 32n : BigInt(random.below(6));
    if (form.name.startsWith('loop') && random.chance(3)) this.gpr[1] = random.value();
    const bytes = this.encoding.bytes();
    const mem = random.bytes(MEM_BYTES);
    const wide = this.encoding.opcode[0] === 0x48;
    fillMemory(form.name, { random, mem, gpr: this.gpr, rmAddress: this.rmAddress, wide });
    const close = form.close && random.chance(2);
    const floats = () => (close ? random.closeFloats() : random.floats());
    const number = () => (form.floating ? floats() : random.value());
    const vectors = (): Uint8Array => {
      const bytes = new Uint8Array(256);
      for (let i = 0; i < 256; i += 8) bytes.set(littleEndian(number(), 8), i);
      return bytes;
    };
    const xmm = vectors();
    const ymmHigh = vectors();
    for (const half of [xmm, ymmHigh]) this.indexVector(half);
    if (form.floating)
      for (let i = this.random.below(8); i + 8 <= MEM_BYTES; i += 8) mem.set(littleEndian(floats(), 8), i);
    if (form.contents === 'text') this.fillText(xmm, mem);
    if (form.x87) fillX87Memory(random, mem, this.rmAddress);
    const facts = { ...this.facts, bits: this.bits, rcx: this.gpr[1], rax: this.gpr[0] };
    if (this.encoding.ripRelativeTo !== undefined) facts.rm = loadUint(mem, this.encoding.ripRelativeTo, this.bits / 8);
    const { undefinedFlags = 0, undefinedResult } = form;
    return {
      name: `${form.name} ${bytes.map((b) => b.toString(16).padStart(2, '0')).join(' ')}`,
      model: form.model ?? 'x86-64-v2',
      code: Uint8Array.from(bytes),
      gpr: this.gpr,
      rflags: this.flags(),
      xmm,
      ymmHigh,
      mxcsr: form.anyMxcsr ? randomMxcsr(random) : 0x1f80,
      x87: form.x87 ? randomX87(random) : freshX87(),
      mem,
      x87Result: form.x87 ?? 'exact',
      floating: (form.floating ?? false) && !form.anyMxcsr,
      looseFaults: form.looseFaults ?? false,
      undefinedFlags: typeof undefinedFlags === 'number' ? undefinedFlags : undefinedFlags(facts),
      undefinedResult: undefinedResult?.({ ...facts, rm: this.rmValue(mem) }) ?? false,
    };
  }

  private fillText(xmm: Uint8Array, mem: Uint8Array): void {
    const { random, gpr } = this;
    const few = [0, 1, 0x41, 0x42, 0x43, 0x80, 0xff];
    for (const bytes of [xmm, mem]) {
      const common = random.pick(few);
      for (let i = 0; i < bytes.length; i++) bytes[i] = random.chance(2) ? common : random.pick(few);
    }
    for (const register of [0, 2]) if (random.chance(3)) gpr[register] = mask64(BigInt(random.below(40) - 20));
  }

  private flags(): bigint {
    let flags = BigInt(this.random.u32() & 0x8d5) | 0x202n;
    if (this.form.implicit === 'string' && this.random.chance(3)) flags |= 0x400n;
    return flags;
  }

  private implicitRegisters(): void {
    const { random, form, gpr } = this;
    const middle = () => {
      const window = random.pick(WINDOWS);
      return window.at + 48n + BigInt(random.below(window.length - (window === WINDOWS[2] ? 49 : 96)));
    };
    gpr[RSP] = middle();
    if (random.chance(2)) gpr[RSP] &= ~7n;
    if (form.implicit === 'stack') {
      gpr[5] = random.chance(2) ? gpr[RSP] : middle();
      if (random.chance(30)) gpr[RSP] = scratchAddress(random, 8, false);
    }
    if (form.implicit === 'string') {
      gpr[RSI] = this.has('65') ? mask64(middle() - GS_BASE) : middle();
      gpr[RDI] = middle();
      if (random.chance(30)) gpr[RDI] = scratchAddress(random, 8, false);
    }
    if (form.implicit === 'rbx') {
      const window = WINDOWS[1];
      gpr[3] = mask64(window.at - (gpr[0] & 0xffn) + BigInt(random.below(200)));
    }
  }

  /** Operand-size prefix and REX.W. */
  private chooseSize(): void {
    const { random } = this;
    if (this.has('8')) this.bits = 8;
    else if (this.has('s')) this.bits = random.pick([16, 32, 64]);
    else if (this.has('d')) this.bits = random.pick([32, 64]);
    else if (this.has('p')) this.bits = random.pick([16, 64, 64]);
    else this.bits = 32;
    if (this.bits === 16) this.encoding.prefixes.push(0x66);
    if (this.bits === 64 && !this.has('p')) this.encoding.rex |= 0x48;
    else if (random.chance(6) && !this.has('x')) this.encoding.rex |= 0x40;
  }

  private vexPrefix(token: string): void {
    const { random } = this;
    const [, length, prefix, map, w] = token.split('.');
    const wide = w === 'wig' ? random.chance(2) : w === 'wd' ? this.bits === 64 : w === 'w1';
    // A register where none is meant is #UD.
    const named = this.has('v') || random.chance(60);
    this.encoding.rex &= 7;
    this.encoding.shortVex = random.chance(2);
    this.encoding.vex = {
      map: ['', '0f', '0f38', '0f3a'].indexOf(map),
      prefix: ['np', '66', 'f3', 'f2'].indexOf(prefix),
      wide,
      long: length === 'lig' ? random.chance(2) : length === '256',
      register: named ? random.below(16) : 0,
    };
    // Often with fields in range, for BEXTR and BZHI.
    if (this.has('smallv') && random.chance(2))
      this.gpr[this.encoding.vex.register] = BigInt(random.below(70) | (random.below(70) << 8));
  }

  private opcodeRegister(): void {
    const n = this.random.below(16);
    if (n >= 8) this.encoding.rex |= 0x41;
    this.encoding.opcode[this.encoding.opcode.length - 1] |= n & 7;
    this.facts.rm = this.registerValue(n);
  }

  private registerValue(n: number): bigint {
    const bits = this.bits === 8 ? 8 : this.bits;
    return BigInt.asUintN(bits, this.gpr[n]);
  }

  private modRm(extension: number | undefined): void {
    const { random } = this;
    const reg = extension ?? random.below(16);
    if (extension === undefined && reg >= 8) this.encoding.rex |= 0x44;
    this.facts.reg = this.registerValue(reg);
    const register = this.has('reg') || (!this.has('mem') && random.chance(2));
    if (register) {
      const rm = random.below(16);
      if (rm >= 8) this.encoding.rex |= 0x41;
      this.encoding.modrm = [0xc0 | ((reg & 7) << 3) | (rm & 7)];
      this.facts.rm = this.registerValue(rm);
      this.rmRegister = rm;
      return;
    }
    this.memoryOperand(reg & 7, reg);
    if (this.has('lock') && random.chance(3)) this.encoding.prefixes.push(0xf0);
    if (this.has('lockmem') && random.chance(3)) this.encoding.prefixes.push(0xf0);
  }

  private rmRegister: number | undefined;
  private rmAddress: bigint | undefined;

  private rmValue(mem: Uint8Array): bigint | undefined {
    if (this.rmRegister !== undefined) return this.registerValue(this.rmRegister);
    return this.rmAddress === undefined ? undefined : loadUint(mem, this.rmAddress, this.bits / 8);
  }

  /** A memory operand that hits a chosen address, in a random addressing form. `regNumber`: general register operand, left alone where possible. */
  private memoryOperand(reg: number, regNumber: number): void {
    const { random } = this;
    if (this.has('vsib')) {
      this.vectorIndexed(reg);
      return;
    }
    const bytes = this.encoding.vex?.long ? 32 : 16;
    let target = scratchAddress(random, bytes, this.has('al16') || this.has('al32'));
    if (this.has('al32') && !random.chance(8)) target &= ~31n;
    if (this.has('bitbase')) {
      // The bit offset in the register moves the access: keep both near.
      target = WINDOWS[1].at + 120n;
      this.gpr[regNumber] = mask64(BigInt(random.below(800) - 400));
    }
    this.rmAddress = target;
    let address = target;
    if (random.chance(12)) {
      this.encoding.prefixes.push(0x65);
      address = mask64(target - GS_BASE);
    }
    const narrow = random.chance(16) && address < 1n << 32n;
    if (narrow) this.encoding.prefixes.push(0x67);
    const field = reg << 3;
    const kind = random.below(8);
    if (kind === 0 && !narrow && this.encoding.prefixes.every((p) => p !== 0x65) && isSigned32(target - CODE_AT)) {
      this.encoding.ripRelativeTo = target;
      this.encoding.modrm = [field | 5, 0, 0, 0, 0];
      return;
    }
    if (kind === 1 && isSigned32(address)) {
      this.encoding.modrm = [field | 4, 0x25, ...littleEndian(address, 4)];
      return;
    }
    const mod = random.below(3);
    const disp = mod === 0 ? 0 : mod === 1 ? random.below(256) - 128 : (random.u32() >> random.below(20)) | 0;
    const dispBytes = littleEndian(disp, mod === 0 ? 0 : mod === 1 ? 1 : 4);
    // Registers with a meaning of their own.
    const keep = this.has('bitbase') ? [regNumber] : this.form.contents === 'text' ? [0, 2] : [];
    const choose = (allowed: (n: number) => boolean): number => {
      for (;;) {
        const n = random.below(16);
        if (!keep.includes(n) && allowed(n)) return n;
      }
    };
    const upper = () => (narrow ? BigInt(random.u32() >>> 0) << 32n : 0n);
    if (kind < 5) {
      const base = choose((n) => mod !== 0 || (n & 7) !== 5);
      this.gpr[base] = mask64(address - BigInt(disp)) ^ upper();
      if (base >= 8) this.encoding.rex |= 0x41;
      this.encoding.modrm = [(mod << 6) | field | (base & 7), ...((base & 7) === 4 ? [0x24] : []), ...dispBytes];
      return;
    }
    const index = choose((n) => n !== RSP);
    const base = choose((n) => n !== index && (mod !== 0 || (n & 7) !== 5));
    const scale = random.below(4);
    this.gpr[index] = random.chance(2) ? mask64(BigInt(random.below(64) - 32)) : random.value();
    this.gpr[base] = mask64(address - BigInt(disp) - (this.gpr[index] << BigInt(scale))) ^ upper();
    if (base >= 8) this.encoding.rex |= 0x41;
    if (index >= 8) this.encoding.rex |= 0x42;
    this.encoding.modrm = [(mod << 6) | field | 4, (scale << 6) | ((index & 7) << 3) | (base & 7), ...dispBytes];
  }

  private indexRegister: number | undefined;

  /** Base, a vector of indexes and a displacement. */
  private vectorIndexed(reg: number): void {
    const { random } = this;
    const base = random.below(16);
    const index = random.below(16);
    this.gpr[base] = WINDOWS[1].at + 100n + BigInt(random.below(32));
    if (base >= 8) this.encoding.rex |= 0x41;
    if (index >= 8) this.encoding.rex |= 0x42;
    this.encoding.modrm = [
      0x44 | (reg << 3),
      (random.below(4) << 6) | ((index & 7) << 3) | (base & 7),
      random.below(32),
    ];
    this.indexRegister = index;
  }

  /** Small indexes, as dwords or quadwords. */
  private indexVector(half: Uint8Array): void {
    if (this.indexRegister === undefined) return;
    const size = this.has('qindex') ? 8 : 4;
    for (let i = 0; i < 16; i += size)
      half.set(littleEndian(BigInt(this.random.below(24) - 12), size), 16 * this.indexRegister + i);
  }

  private addImmediate(token: string): void {
    const { random } = this;
    const push = (length: number, value: bigint | number) => {
      this.encoding.immediate.push(...littleEndian(value, length));
      this.facts.immediate = Number(BigInt.asUintN(8 * Math.min(length, 4), BigInt(value)));
    };
    if (token === 'is4') push(1, random.below(256));
    else if (token === 'ib')
      push(1, this.has('zero') || random.chance(6) ? random.pick([0, 32, 64]) : random.below(random.pick([16, 256])));
    else if (token === 'iw') push(2, random.below(40));
    else if (token === 'iz') push(this.bits === 16 ? 2 : 4, random.value());
    else if (token === 'iv') push(this.bits / 8, random.value());
    else {
      // Behind the instruction and in front of it are INT3s; never into itself.
      const distance = 32 + random.below(90);
      const rel = random.chance(2) ? distance : -distance;
      if (token === 'rel8') push(1, rel);
      else push(4, random.chance(4) ? rel * 0x10000 : rel * 4);
    }
  }

  private branchTargets(): void {
    if (this.rmRegister !== undefined && this.rmRegister !== RSP) this.gpr[this.rmRegister] = branchTarget(this.random);
  }
}

/** Some hypervisors cannot return to user code with another RSP. */
const isCanonical = (v: bigint): boolean => BigInt.asIntN(64, v) === BigInt.asIntN(48, v);

/** A random case of `form`. */
export function makeCase(random: Random, form: Form): Case {
  for (;;) {
    const made = new Builder(random, form).build();
    if (made.code.length <= 15 && isCanonical(made.gpr[RSP])) return made;
  }
}
