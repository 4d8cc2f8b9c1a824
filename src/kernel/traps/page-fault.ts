/** The page-fault handler: brings a page in, grows the stack, or raises a signal (spec B.12.4–5). */
import { PF_INSTR, PF_PRESENT, PF_USER, PF_WRITE } from '../../machine/api.ts';
import { allows, handle_mm_fault } from '../mm/fault.ts';
import { TASK_SIZE } from '../mm/mm.ts';
import { down_read, up_read } from '../mm/rwsem.ts';
import { VM_GROWSDOWN, type Vma } from '../mm/vma.ts';
import { force_sig_info } from '../signal/send.ts';
import { SEGV_ACCERR, SEGV_MAPERR, SIGBUS, SIGKILL, SIGSEGV, siginfo } from '../signal/types.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';

const RSP = 4;
const BUS_ADRERR = 2;
/** How far below the stack pointer an access may be and still grow the stack: the reach of ENTER, and 32 words. */
const STACK_REACH = 65536n + 256n;

/** The error code as the page tables of a real kernel give it: an inaccessible or untouched page is not present. */
function errorCode(task: Task, address: bigint, code: number): number {
  const present = (task.mm.memory.protection(address) ?? 0) !== 0 || address >= TASK_SIZE;
  return (code & ~PF_PRESENT) | PF_USER | (present ? PF_PRESENT : 0);
}

/** The area that holds `address` (grown if it is the stack's), or undefined. */
function areaOf(task: Task, address: bigint): Vma | undefined {
  const vma = task.mm.find_vma(address);
  if (!vma || vma.vm_start <= address) return vma;
  if (!(vma.vm_flags & VM_GROWSDOWN)) return undefined;
  if (task.process.profile.version !== 'v5.5' && address + STACK_REACH < task.cpu.gpr(RSP)) return undefined;
  return task.mm.expand_stack(vma, address) ? vma : undefined;
}

/** Whether the area forbids the access. An instruction fetch is only recognised once the page is present, as on x86. */
function access_error(vma: Vma, code: number): boolean {
  if (code & PF_WRITE) return !allows(vma, 'write');
  if (code & PF_PRESENT) return (code & PF_INSTR) === 0 || !allows(vma, 'execute');
  return !allows(vma, 'read');
}

function raise(task: Task, signo: number, code: number, address: bigint, error: number): void {
  Object.assign(task.thread, { trap_nr: 14, error_code: error, cr2: address });
  force_sig_info(task, siginfo(signo, code, address));
}

/** `code` is the machine's #PF error code. */
export const do_page_fault: (task: Task, address: bigint, code: number) => Steps<void> = kernelFunction(
  'do_page_fault',
  function* (frame, task: Task, address: bigint, code: number) {
    const { mm } = task;
    const error_code = errorCode(task, address, code);
    yield frame.at('do_page_fault: find the area', { address, error_code });
    if (address >= TASK_SIZE) return raise(task, SIGSEGV, SEGV_MAPERR, address, error_code);
    yield* down_read(task, mm.mmap_sem);
    const vma = areaOf(task, address);
    if (!vma || access_error(vma, error_code)) {
      up_read(task, mm.mmap_sem);
      yield frame.at('do_page_fault: bad access, raise SIGSEGV', { vm_start: vma?.vm_start, vm_end: vma?.vm_end });
      return raise(task, SIGSEGV, vma ? SEGV_ACCERR : SEGV_MAPERR, address, error_code);
    }
    yield frame.at('do_page_fault: bring the page in', { vm_start: vma.vm_start, vm_end: vma.vm_end });
    const result = handle_mm_fault(mm, vma, address);
    up_read(task, mm.mmap_sem);
    if (result === 'sigbus') return raise(task, SIGBUS, BUS_ADRERR, address, error_code);
    if (result === 'oom') {
      task.process.emit(task, { kind: 'memory-limit', what: 'page', address });
      force_sig_info(task, siginfo(SIGKILL, 0x80));
    }
  },
);
