/**
 * The page of code that the kernel gives 32-bit programs: where SYSENTER comes back, and what ends a signal handler that has no restorer.
 * Its symbols are not described (there is no ELF header); AT_SYSINFO tells __kernel_vsyscall.
 */

import type { Mm } from '../mm/mm.ts';
import { VM_EXEC, VM_MAYEXEC, VM_MAYREAD, VM_MAYWRITE, VM_READ, Vma } from '../mm/vma.ts';

/** push ecx, edx, ebp; mov ebp, esp; sysenter; int 80h; pop ebp, edx, ecx; ret */
const VSYSCALL = [0x51, 0x52, 0x55, 0x89, 0xe5, 0x0f, 0x34, 0xcd, 0x80, 0x5d, 0x5a, 0x59, 0xc3];
/** Behind the INT 80h of __kernel_vsyscall: SYSENTER has the kernel return here. */
export const LANDING_PAD = 9n;
/** pop eax; mov eax, __NR_sigreturn; int 80h */
export const SIGRETURN_CODE = [0x58, 0xb8, 0x77, 0, 0, 0, 0xcd, 0x80];
/** mov eax, __NR_rt_sigreturn; int 80h */
export const RT_SIGRETURN_CODE = [0xb8, 0xad, 0, 0, 0, 0xcd, 0x80, 0];

/** Offsets of __kernel_sigreturn and __kernel_rt_sigreturn. */
export const VDSO_SIGRETURN = 0x20n;
export const VDSO_RT_SIGRETURN = 0x30n;

const PAGE_SIZE = 4096;

function image(): Uint8Array {
  const bytes = new Uint8Array(PAGE_SIZE);
  bytes.set(VSYSCALL);
  bytes.set(SIGRETURN_CODE, Number(VDSO_SIGRETURN));
  bytes.set(RT_SIGRETURN_CODE, Number(VDSO_RT_SIGRETURN));
  return bytes;
}

/** Maps the page at `address`. */
export function mapVdso(mm: Mm, address: bigint): void {
  const bytes = image();
  const file = {
    name: '[vdso]',
    size: bytes.length,
    read: (offset: number, length: number) => bytes.subarray(offset, offset + length),
  };
  const vm_flags = VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
  mm.insert(new Vma({ vm_start: address, vm_end: address + BigInt(PAGE_SIZE), vm_flags, vm_pgoff: 0n, file }));
  mm.vdso = address;
}
