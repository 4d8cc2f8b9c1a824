import { type Machine, PROT_EXEC, PROT_READ, PROT_WRITE } from '../../src/machine/api.ts';
import type { Case } from './case.ts';
import { CODE_AT, CODE_BYTES, CODE_PAGE, DATA, GS_BASE, MEM_BYTES, type OutputState, WINDOWS } from './protocol.ts';
import { describeX87, setX87, vendorDifference, x87Difference, x87Of } from './x87-compare.ts';

/** CF PF AF ZF SF DF OF, and the bits POPF changes at CPL 3 (NT, AC, ID; TF is never set here). */
const COMPARED_FLAGS = 0x244cd5n;

/** Maps what helper.c maps. */
export function mapScratch(machine: Machine): void {
  machine.memory.populate(DATA - 0x1000n, PROT_READ);
  machine.memory.populate(DATA, PROT_READ | PROT_WRITE);
  machine.memory.populate(DATA + 0x1000n, PROT_READ | PROT_WRITE);
  machine.memory.populate(CODE_PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, new Uint8Array(4096).fill(0xcc));
}

/** As fresh as the helper's memory: some instructions store beyond the windows. */
export function clearScratch(machine: Machine): void {
  for (const page of [DATA - 0x1000n, DATA, DATA + 0x1000n]) machine.memory.write(page, new Uint8Array(4096));
}

/** More iterations than any case's REP count, so that a run ends at the INT3 behind the instruction. */
const BUDGET = 64;

/** Runs a case in the machine. */
export function runEmulated(machine: Machine, c: Case): OutputState {
  const cpu = machine.newVcpu();
  const code = new Uint8Array(CODE_BYTES).fill(0xcc);
  code.set(c.code);
  machine.memory.write(CODE_AT, code);
  for (const w of WINDOWS) machine.memory.write(w.at, c.mem.subarray(w.offset, w.offset + w.length));
  c.gpr.forEach((value, n) => {
    cpu.setGpr(n, value);
  });
  cpu.rip = CODE_AT;
  cpu.rflags = c.rflags;
  cpu.gsBase = GS_BASE;
  for (let n = 0; n < 16; n++) {
    const whole = new Uint8Array(32);
    whole.set(c.xmm.subarray(16 * n, 16 * n + 16));
    whole.set(c.ymmHigh.subarray(16 * n, 16 * n + 16), 16);
    cpu.setYmm(n, whole);
  }
  cpu.mxcsr = c.mxcsr;
  setX87(cpu, c.x87);
  const stop = machine.run(cpu, BUDGET);
  const xmm = new Uint8Array(256);
  const ymmHigh = new Uint8Array(256);
  for (let n = 0; n < 16; n++) {
    xmm.set(cpu.xmm(n), 16 * n);
    ymmHigh.set(cpu.ymm(n).subarray(16), 16 * n);
  }
  const mem = new Uint8Array(MEM_BYTES);
  for (const w of WINDOWS) mem.set(machine.memory.read(w.at, w.length), w.offset);
  const trap = stop.kind === 'trap' ? stop : undefined;
  return {
    gpr: Array.from({ length: 16 }, (_, n) => cpu.gpr(n)),
    rip: cpu.rip,
    rflags: cpu.rflags,
    xmm,
    ymmHigh,
    mxcsr: cpu.mxcsr,
    x87: x87Of(cpu),
    vector: trap?.vector ?? -1,
    errorCode: trap?.errorCode ?? 0,
    address: trap?.vector === 14 ? trap.address : 0n,
    mem,
  };
}

const hex = (value: bigint | number) => `0x${value.toString(16)}`;
const bytes = (data: Uint8Array) => [...data].map((b) => b.toString(16).padStart(2, '0')).join('');

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** Sixteen registers of 16 bytes. */
function vectorDifference(name: string, native: Uint8Array, emulated: Uint8Array): string[] {
  if (sameBytes(native, emulated)) return [];
  const lines: string[] = [];
  for (let n = 0; n < 16; n++) {
    const [a, b] = [native, emulated].map((x) => bytes(x.subarray(16 * n, 16 * n + 16)));
    if (a !== b) lines.push(`  ${name}${n}: native ${a}, machine ${b}`);
  }
  return lines;
}

/** What differs, or undefined. */
export function difference(c: Case, native: OutputState, emulated: OutputState): string | undefined {
  if (c.looseFaults && (native.vector === 12 || native.vector === 14)) return undefined;
  const lines: string[] = [];
  const same = (what: string, a: bigint | number, b: bigint | number) => {
    if (a !== b) lines.push(`  ${what}: native ${hex(a)}, machine ${hex(b)}`);
  };
  same('vector', native.vector, emulated.vector);
  // Whether the kernel has something at an address of its half is not the case's business.
  const kernelPage = native.vector === 14 && native.address >= 0xffff800000000000n;
  if (!kernelPage) same('error code', native.errorCode, emulated.errorCode);
  same('CR2', native.address, emulated.address);
  same('rip', native.rip, emulated.rip);
  const flags =
    COMPARED_FLAGS & ~vendorDifference(c, native.x87).flags & ~BigInt(native.vector === 3 ? c.undefinedFlags : 0);
  same('flags', native.rflags & flags, emulated.rflags & flags);
  if (!c.undefinedResult) {
    native.gpr.forEach((value, n) => {
      same(`gpr${n}`, value, emulated.gpr[n]);
    });
    if (!sameBytes(native.mem, emulated.mem))
      lines.push(`  memory:\n    native  ${bytes(native.mem)}\n    machine ${bytes(emulated.mem)}`);
  }
  lines.push(...vectorDifference('xmm', native.xmm, emulated.xmm));
  lines.push(...vectorDifference('ymm high', native.ymmHigh, emulated.ymmHigh));
  const sticky = c.floating ? 0x3f : 0;
  same('mxcsr', native.mxcsr & ~sticky, emulated.mxcsr & ~sticky);
  lines.push(...x87Difference(c, native.x87, emulated.x87));
  if (!lines.length) return undefined;
  const before = c.gpr.map((v, n) => `${n}:${v.toString(16)}`).join(' ');
  return `${c.name}\n${lines.join('\n')}\n  before: ${before} flags ${hex(c.rflags)}${c.x87.ftw ? `\n  ${describeX87(c.x87)}` : ''}`;
}
