import { type Insn, Segment } from '../../isa/insn.ts';
import { restore, restoreLegacy, restoreSize, saveCompacted, saveLegacy, saveStandard } from '../xsave/image.ts';
import { compactedLayout, Header, Legacy, standardLayout } from '../xsave/layout.ts';
import type { HostContext, HostFunction, HostResult } from './context.ts';
import { edxEax, generalProtection } from './registers.ts';

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The operand's address; #GP(0) unless it is a multiple of `alignment`. The REX.W forms have 64-bit x87 pointers. */
function area(cpu: HostContext, insn: Insn, alignment: bigint): { at: bigint; stack: boolean; wide: boolean } {
  if (insn.a?.kind !== 'mem') throw new TypeError(`${insn.op} without memory`);
  const at = cpu.address(insn.a);
  if (at % alignment !== 0n) throw generalProtection();
  return { at, stack: insn.a.segment === Segment.SS, wide: insn.op.endsWith('64') };
}

function save(cpu: HostContext, insn: Insn, form: 'xsave' | 'xsaveopt' | 'xsavec'): HostResult {
  const { at, stack, wide } = area(cpu, insn, 64n);
  const rfbm = cpu.xcr0 & edxEax(cpu);
  const { size } = form === 'xsavec' ? compactedLayout(rfbm) : standardLayout(rfbm);
  cpu.probeStore(at, size, stack);
  const image = cpu.load(at, size, stack).slice();
  if (form === 'xsavec') saveCompacted(cpu.registers, view(image), rfbm, { wide });
  else saveStandard(cpu.registers, view(image), rfbm, form === 'xsaveopt', { wide });
  cpu.store(at, image, stack);
  return 'next';
}

export const xsave: HostFunction = (cpu, insn) => save(cpu, insn, 'xsave');
export const xsaveopt: HostFunction = (cpu, insn) => save(cpu, insn, 'xsaveopt');
export const xsavec: HostFunction = (cpu, insn) => save(cpu, insn, 'xsavec');

export const xrstor: HostFunction = (cpu, insn) => {
  const { at, stack, wide } = area(cpu, insn, 64n);
  const rfbm = cpu.xcr0 & edxEax(cpu);
  const start = cpu.load(at, Header.END, stack).slice();
  const size = restoreSize(view(start), cpu.xcr0, rfbm);
  if (size === undefined) throw generalProtection();
  const image = size > Header.END ? cpu.load(at, size, stack).slice() : start;
  if (!restore(cpu.registers, view(image), rfbm, cpu.xcr0, { wide })) throw generalProtection();
  return 'next';
};

export const fxsave: HostFunction = (cpu, insn) => {
  const { at, stack, wide } = area(cpu, insn, 16n);
  cpu.probeStore(at, Legacy.SIZE, stack);
  const image = cpu.load(at, Legacy.SIZE, stack).slice();
  saveLegacy(cpu.registers, view(image), { wide });
  cpu.store(at, image, stack);
  return 'next';
};

export const fxrstor: HostFunction = (cpu, insn) => {
  const { at, stack, wide } = area(cpu, insn, 16n);
  const image = cpu.load(at, Legacy.SIZE, stack).slice();
  if (!restoreLegacy(cpu.registers, view(image), { wide })) throw generalProtection();
  return 'next';
};
