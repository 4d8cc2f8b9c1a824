/** The scope “Registers”, and “Frame” of outer frames. */
import { hex } from '../base/hex.ts';
import type { UserFrame } from '../debugger/backtrace.ts';
import { bigintOf } from '../debugger/format.ts';
import { outerRegisterPlace } from '../debugger/outer-registers.ts';
import { FLAG_BITS, flagPlace, GPR32, GPR64, type Place, registerPlace, SEGMENTS } from '../debugger/registers.ts';
import type { Vcpu } from '../machine/api.ts';
import { type Item, type ItemContext, placeItem } from './items.ts';

function place(cpu: Vcpu, name: string): Place {
  const found = registerPlace(cpu, name);
  if (!found) throw new Error(`register ${name} is not known`);
  return found;
}

const cpuOf = (context: ItemContext): Vcpu => context.launched.debuggee.task.cpu;

/** What the registers are called in code of each width. */
const NAMES = {
  64: { general: GPR64, ip: 'rip', flags: 'rflags' },
  32: { general: GPR32, ip: 'eip', flags: 'eflags' },
} as const;

/** The segment that thread-local storage is reached through. */
const segmentBase = (cpu: Vcpu, bits: 32 | 64): string =>
  bits === 64 ? `fs base ${hex(cpu.fsBase)}` : `gs base ${hex(cpu.gsBase)}`;

/** `CF PF ZF` of those that are set. */
function flagsText(cpu: Vcpu): string {
  const set = Object.entries(FLAG_BITS).filter(([, bit]) => (cpu.rflags >> BigInt(bit)) & 1n);
  return `${hex(cpu.rflags)} [${set.map(([name]) => name.toUpperCase()).join(' ')}]`;
}

export function registerItems(context: ItemContext): Item[] {
  const cpu = cpuOf(context);
  const { symbols, process } = context.launched.debuggee;
  const names = NAMES[process.bits];
  const general = names.general.map((name) => placeItem(context, place(cpu, name), name, true));
  const rip = placeItem(context, place(cpu, names.ip), names.ip, true);
  const name = symbols.nameAt(cpu.rip);
  const rflags = placeItem(context, place(cpu, names.flags), names.flags);
  return [
    ...general,
    { ...rip, value: name ? `${rip.value} <${name}>` : rip.value },
    { ...rflags, value: flagsText(cpu), children: { kind: 'flags' } },
    {
      name: 'segments',
      value: `cs ${hex(cpu.selector('cs'))}, ${segmentBase(cpu, process.bits)}`,
      children: { kind: 'segments' },
    },
    { name: 'sse', value: `mxcsr ${hex(cpu.mxcsr)}`, children: { kind: 'sse' } },
    { name: 'x87', value: `fcw ${hex(cpu.fcw)}, fsw ${hex(cpu.fsw)}`, children: { kind: 'x87' } },
  ];
}

export function flagItems(context: ItemContext): Item[] {
  const cpu = cpuOf(context);
  return (Object.keys(FLAG_BITS) as (keyof typeof FLAG_BITS)[]).map((flag) => {
    const item = placeItem(context, flagPlace(cpu, flag), flag.toUpperCase());
    return { ...item, value: item.value === '0x0' ? '0' : '1', type: 'bit' };
  });
}

export function segmentItems(context: ItemContext): Item[] {
  const cpu = cpuOf(context);
  return [
    ...SEGMENTS.map((name) => placeItem(context, place(cpu, name))),
    ...['fs_base', 'gs_base'].map((name) => placeItem(context, place(cpu, name), name, true)),
  ];
}

export function sseItems(context: ItemContext): Item[] {
  const cpu = cpuOf(context);
  const { process } = context.launched.debuggee;
  const { model } = process.machine.features;
  const name = model === 'skylake' ? 'ymm' : 'xmm';
  const vectors = Array.from({ length: NAMES[process.bits].general.length }, (_, i) =>
    placeItem(context, place(cpu, `${name}${i}`)),
  );
  return [placeItem(context, place(cpu, 'mxcsr')), ...vectors];
}

export function x87Items(context: ItemContext): Item[] {
  const cpu = cpuOf(context);
  const words = ['fcw', 'fsw', 'ftw'].map((name) => placeItem(context, place(cpu, name)));
  const stack = Array.from({ length: 8 }, (_, i): Item => {
    const used = (cpu.ftw >> i) & 1;
    const item = placeItem(context, place(cpu, `st${i}`));
    return { ...item, value: used ? hex(bigintOf(cpu.st(i)), 20) : 'empty', type: 'x87 register (physical)' };
  });
  return [...words, ...stack];
}

/** The registers of an outer frame as far as they were saved. */
export function frameItems(context: ItemContext, frame: UserFrame): Item[] {
  const { symbols, task, process } = context.launched.debuggee;
  const names = NAMES[process.bits];
  const general = names.general.flatMap((name, index): Item[] => {
    const found = outerRegisterPlace(task.cpu, frame.registers, name);
    if (!found) return [];
    if (frame.registers.own(frame.registers.numbers.ofGpr[index]) === undefined)
      return [{ name, value: '<not saved>', type: process.bits === 64 ? 'u64' : 'u32', readOnly: true }];
    return [placeItem(context, found, name, true, frame)];
  });
  return [
    ...general,
    {
      name: names.ip,
      value: `${hex(frame.pc)} <${symbols.nameAt(frame.pc) ?? 'no symbol'}>`,
      memoryReference: hex(frame.pc),
      readOnly: true,
    },
    { name: 'found by', value: frame.origin, readOnly: true },
  ];
}
