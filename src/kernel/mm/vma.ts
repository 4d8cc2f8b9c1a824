/** A virtual memory area: one line of /proc/PID/maps. Field and flag names are Linux's. */
import type { KernelVersion } from '../api.ts';
import type { SharedMemory } from './shared.ts';

export const VM_READ = 0x1n;
export const VM_WRITE = 0x2n;
export const VM_EXEC = 0x4n;
export const VM_SHARED = 0x8n;
export const VM_MAYREAD = 0x10n;
export const VM_MAYWRITE = 0x20n;
export const VM_MAYEXEC = 0x40n;
export const VM_MAYSHARE = 0x80n;
export const VM_GROWSDOWN = 0x100n;
export const VM_LOCKED = 0x2000n;
export const VM_DONTEXPAND = 0x40000n;
export const VM_ACCOUNT = 0x100000n;
export const VM_NORESERVE = 0x200000n;

/** The VM_MPX bit: VM_ARCH_2 until 4.13, VM_HIGH_ARCH_4 from 4.14 (spec B.1). */
export const vmMpxBit = (version: KernelVersion): bigint => (version === 'v4.1' ? 0x02000000n : 1n << 36n);

/** Whether an area of these flags is charged for its memory (Linux: accountable_mapping): private, writable, not MAP_NORESERVE. */
export const accounts = (flags: bigint): boolean => (flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) === VM_WRITE;

/** What is mapped there: bytes of an opened file. Pages past its end raise SIGBUS. */
export interface MappedFile {
  readonly name: string;
  /** Size in bytes. */
  readonly size: number;
  /** Reads up to `length` bytes at `offset`; shorter at the end of the file. */
  read(offset: number, length: number): Uint8Array;
}

export interface VmaFields {
  /** First address. */
  vm_start: bigint;
  /** First address behind the area. */
  vm_end: bigint;
  vm_flags: bigint;
  /** Offset of vm_start in pages: into the file, or the page number of an anonymous area when it was made. */
  vm_pgoff: bigint;
  /** The operations object; only the MPX one of v4.1 exists here. */
  vm_ops?: 'mpx';
  file?: MappedFile;
  /** Anonymous memory mapped shared: children map the same. */
  shared?: SharedMemory;
  /** `[heap]`, `[stack]` … of special areas; ordinary names come from the file or the MPX marks. */
  name?: string;
}

export class Vma implements VmaFields {
  vm_start: bigint;
  vm_end: bigint;
  vm_flags: bigint;
  vm_pgoff: bigint;
  vm_ops: 'mpx' | undefined;
  file: MappedFile | undefined;
  shared: SharedMemory | undefined;
  name: string | undefined;
  /** Neighbours in the list of areas by address, or in the list of areas detached by a munmap. */
  vm_next: Vma | undefined;
  vm_prev: Vma | undefined;
  /** Identity of the anonymous pages: set when a page is first touched. Areas with different ones do not merge (spec B.12.10). */
  anon_vma: number | undefined;
  /** Its anonymous pages were touched before a fork: they belong to two processes, so the area merges with no untouched one. */
  inherited = false;

  constructor(fields: VmaFields) {
    this.vm_start = fields.vm_start;
    this.vm_end = fields.vm_end;
    this.vm_flags = fields.vm_flags;
    this.vm_pgoff = fields.vm_pgoff;
    this.vm_ops = fields.vm_ops;
    this.file = fields.file;
    this.shared = fields.shared;
    this.name = fields.name;
  }

  /** A copy that covers [start, end) of this area, not linked anywhere. */
  slice(start: bigint, end: bigint): Vma {
    const part = new Vma(this);
    part.vm_start = start;
    part.vm_end = end;
    part.vm_pgoff = this.vm_pgoff + (start - this.vm_start) / 4096n;
    part.anon_vma = this.anon_vma;
    part.inherited = this.inherited;
    return part;
  }
}
