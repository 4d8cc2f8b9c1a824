/** Memory as the debugger sees it: also pages that are mapped but not yet touched, which the machine does not have. */

import { wrap64 } from '../base/address.ts';
import type { ProcessView } from '../kernel/api.ts';
import { handle_mm_fault, pageProtection } from '../kernel/mm/fault.ts';
import type { Mm } from '../kernel/mm/mm.ts';
import { Task } from '../kernel/task.ts';
import { type GuestMemory, PAGE_SIZE } from '../machine/api.ts';
import { bigintOf, bytesOf } from './format.ts';

/** The part of guest memory that the debugger uses. */
export type Memory = Pick<GuestMemory, 'read' | 'write' | 'readUint' | 'writeUint' | 'presentPages' | 'protection'>;

const PAGE = BigInt(PAGE_SIZE);

export class ProcessMemory implements Memory {
  private readonly present: GuestMemory;

  constructor(private readonly process: ProcessView) {
    this.present = process.machine.memory;
  }

  /** Reading changes nothing: an untouched page is shown as it would come in, from its file or zero. */
  read(address: bigint, length: number): Uint8Array {
    const first = this.present.read(address, length);
    if (first.length === length) return first;
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const at = wrap64(address + BigInt(done));
      const inPage = Number(at & (PAGE - 1n));
      const part = Math.min(length - done, PAGE_SIZE - inPage);
      const here = this.present.protection(at) === undefined ? this.untouched(at, part) : this.present.read(at, part);
      if (!here) break;
      bytes.set(here, done);
      done += here.length;
      if (here.length < part) break;
    }
    return bytes.subarray(0, done);
  }

  /** Brings untouched pages in and writes, whatever the protection. → bytes written */
  write(address: bigint, bytes: Uint8Array): number {
    const { mm } = this;
    const end = address + BigInt(bytes.length);
    for (let page = address & ~(PAGE - 1n); mm && page < end; page += PAGE) {
      if (this.present.protection(page) !== undefined) continue;
      const vma = mm.find_vma(page);
      if (!vma || vma.vm_start > page || handle_mm_fault(mm, vma, page) !== 'ok') break;
    }
    return this.present.write(address, bytes);
  }

  readUint(address: bigint, size: 1 | 2 | 4 | 8): bigint | undefined {
    const bytes = this.read(address, size);
    return bytes.length === size ? bigintOf(bytes) : undefined;
  }

  writeUint(address: bigint, size: 1 | 2 | 4 | 8, value: bigint): boolean {
    // All or nothing.
    if (this.read(address, size).length < size) return false;
    return this.write(address, bytesOf(value, size)) === size;
  }

  presentPages(start: bigint, end: bigint): bigint[] {
    return this.present.presentPages(start, end);
  }

  protection(address: bigint): number | undefined {
    const present = this.present.protection(address);
    if (present !== undefined) return present;
    const vma = this.mm?.find_vma(address);
    return vma && vma.vm_start <= address ? pageProtection(vma.vm_flags) : undefined;
  }

  private get mm(): Mm | undefined {
    const task = this.process.tasks[0];
    return task instanceof Task ? task.mm : undefined;
  }

  /** What an absent page would hold, `length` bytes within the page; undefined where nothing is mapped. */
  private untouched(address: bigint, length: number): Uint8Array | undefined {
    const vma = this.mm?.find_vma(address);
    if (!vma || vma.vm_start > address) return undefined;
    const bytes = new Uint8Array(length);
    if (!vma.file) return bytes;
    const offset = Number((vma.vm_pgoff << 12n) + (address - vma.vm_start));
    if (offset >= vma.file.size) return undefined;
    bytes.set(vma.file.read(offset, length).subarray(0, length));
    return bytes;
  }
}
