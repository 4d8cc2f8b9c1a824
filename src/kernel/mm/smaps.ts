/** /proc/PID/smaps: the memory map with what is resident of each area, and its flags (spec H: VmFlags of a bounds table). */

import { mapLines } from './maps.ts';
import type { Mm } from './mm.ts';
import { VM_MAYSHARE, type Vma } from './vma.ts';

/** VM_ bits → the two letters, in the order of the bits. */
const FLAG_NAMES: readonly (readonly [bit: bigint, name: string])[] = [
  [0x1n, 'rd'],
  [0x2n, 'wr'],
  [0x4n, 'ex'],
  [0x8n, 'sh'],
  [0x10n, 'mr'],
  [0x20n, 'mw'],
  [0x40n, 'me'],
  [0x80n, 'ms'],
  [0x100n, 'gd'],
  [0x2000n, 'lo'],
  [0x40000n, 'de'],
  [0x100000n, 'ac'],
  [0x200000n, 'nr'],
];

function vmFlags(mm: Mm, vma: Vma): string {
  const names = FLAG_NAMES.filter(([bit]) => vma.vm_flags & bit).map(([, name]) => name);
  if (vma.vm_flags & mm.vm_mpx) names.push('mp');
  return names.map((name) => `${name} `).join('');
}

const kib = (name: string, bytes: bigint) => `${`${name}:`.padEnd(16)}${(bytes / 1024n).toString().padStart(8)} kB\n`;

function details(mm: Mm, vma: Vma): string {
  const resident = BigInt([...mm.memory.presentPages(vma.vm_start, vma.vm_end)].length) * 4096n;
  const clean = vma.file && !(vma.vm_flags & 2n) ? resident : 0n;
  const shared = (vma.vm_flags & VM_MAYSHARE) !== 0n;
  return [
    kib('Size', vma.vm_end - vma.vm_start),
    kib('Rss', resident),
    kib('Pss', resident),
    kib('Shared_Clean', 0n),
    kib('Shared_Dirty', 0n),
    kib('Private_Clean', clean),
    kib('Private_Dirty', resident - clean),
    kib('Referenced', resident),
    kib('Anonymous', shared || clean > 0n ? 0n : resident),
    kib('AnonHugePages', 0n),
    kib('Swap', 0n),
    kib('KernelPageSize', 4096n),
    kib('MMUPageSize', 4096n),
    kib('Locked', vma.vm_flags & 0x2000n ? resident : 0n),
    `VmFlags: ${vmFlags(mm, vma)}\n`,
  ].join('');
}

export function smapsText(mm: Mm): string {
  const lines = mapLines(mm);
  return mm.vmas.map((vma, i) => lines[i] + details(mm, vma)).join('');
}
