/** The memory map as text (/proc/PID/maps) and for the debugger. */
import type { VmaView } from '../api.ts';
import type { Mm } from './mm.ts';
import { VM_EXEC, VM_MAYSHARE, VM_READ, VM_WRITE, type Vma } from './vma.ts';

/** Whether the area is a bounds table by its flag or its operations object, whichever this kernel uses. */
const isMpx = (mm: Mm, vma: Vma): boolean => vma.vm_ops === 'mpx' || (vma.vm_flags & mm.vm_mpx) !== 0n;

/** Linux's rule: the file's path, `[mpx]`, or what the area is by its place. */
export function vmaName(mm: Mm, vma: Vma): string {
  if (vma.file) return vma.file.name;
  if (isMpx(mm, vma)) return '[mpx]';
  if (vma.name !== undefined) return vma.name;
  if (vma.vm_start <= mm.brk && vma.vm_end >= mm.start_brk && mm.brk > mm.start_brk) return '[heap]';
  return vma.vm_start <= mm.start_stack && vma.vm_end >= mm.start_stack && mm.start_stack > 0n ? '[stack]' : '';
}

const protection = (flags: bigint): string =>
  `${flags & VM_READ ? 'r' : '-'}${flags & VM_WRITE ? 'w' : '-'}${flags & VM_EXEC ? 'x' : '-'}${flags & VM_MAYSHARE ? 's' : 'p'}`;

export function vmaViews(mm: Mm): VmaView[] {
  return mm.vmas.map((vma) => ({
    start: vma.vm_start,
    end: vma.vm_end,
    protection: protection(vma.vm_flags),
    offset: vma.file ? vma.vm_pgoff << 12n : 0n,
    name: vmaName(mm, vma),
    mpx: isMpx(mm, vma),
  }));
}

/** Column at which names start. */
const NAME_COLUMN = 73;
const hex8 = (value: bigint) => value.toString(16).padStart(8, '0');

/** The line of each area. */
export function mapLines(mm: Mm): string[] {
  return vmaViews(mm).map(({ start, end, protection: prot, offset, name }) => {
    const line = `${hex8(start)}-${hex8(end)} ${prot} ${hex8(offset)} 00:00 0 `;
    return `${name ? line.padEnd(NAME_COLUMN) + name : line}\n`;
  });
}

/** Text of /proc/PID/maps (spec B.12.13). */
export const mapsText = (mm: Mm): string => mapLines(mm).join('');
