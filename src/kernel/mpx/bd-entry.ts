/** Reading directory entries while mmap_sem is held: page faults must not be served in the usual way then. */
import { EFAULT, EINVAL, ENOENT } from '../errno.ts';
import type { Mm } from '../mm/mm.ts';
import { PAGE_MASK } from '../mm/page.ts';
import { VM_GROWSDOWN, VM_READ } from '../mm/vma.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { access_ok, get_user, get_user_pages, pagefault_disable, pagefault_enable } from '../user.ts';
import { MPX_BD_ENTRY_VALID_FLAG, mpx_get_bd_entry_offset } from './constants.ts';
import { mpxConstants } from './management.ts';

/** Address of the directory entry for the slot at `addr`. */
export function bdEntryPtr(task: Task, addr: bigint): bigint {
  const c = mpxConstants(task);
  const offset = mpx_get_bd_entry_offset(c, addr, task.process.profile.switches.bdOffsetByVirtBits);
  return (task.mm.bd_addr + offset) & c.addressMask;
}

/**
 * Brings in the page of a directory entry by hand; the caller holds mmap_sem, so an ordinary page fault would wait for it for
 * ever. → 0 or −EFAULT
 */
export const mpx_resolve_fault: (task: Task, addr: bigint, write: boolean) => Steps<number> = kernelFunction(
  'mpx_resolve_fault',
  function* (frame, task: Task, addr: bigint, write: boolean) {
    const nr_pages = 1;
    yield frame.at('mpx_resolve_fault: pin the page', { addr, write });
    const gup_ret = get_user_pages(task, addr, nr_pages, write);
    // No page is a failure; a page is enough, nobody keeps it.
    if (gup_ret === 0) return -EFAULT;
    return Math.min(gup_ret, 0);
  },
);

/** A directory entry as read: `ret` is 0 if it has a table. */
export interface BdEntry {
  readonly ret: number;
  readonly bt_addr: bigint;
  /** The entry itself. */
  readonly bd_entry: bigint;
}

/**
 * Reads the directory entry at `bd_entry_ptr`. → ret 0 and the table's address; −ENOENT: empty; −EINVAL: neither valid nor empty;
 * −EFAULT: not readable
 */
export const get_bt_addr: (task: Task, bd_entry_ptr: bigint) => Steps<BdEntry> = kernelFunction(
  'get_bt_addr',
  function* (frame, task: Task, bd_entry_ptr: bigint) {
    const c = mpxConstants(task);
    const fail = (ret: number, bd_entry: bigint, reason: string): BdEntry => {
      task.process.emit(task, { kind: 'table-failed', reason, entry: bd_entry_ptr });
      return { ret, bt_addr: 0n, bd_entry };
    };
    yield frame.at('get_bt_addr: check the address', { bd_entry_ptr });
    if (!access_ok(bd_entry_ptr, BigInt(c.word))) {
      return fail(-EFAULT, 0n, 'the bounds directory lies beyond user space (EFAULT)');
    }
    let bd_entry: bigint | undefined;
    while (bd_entry === undefined) {
      yield frame.at('get_bt_addr: read the entry');
      pagefault_disable(task);
      bd_entry = yield* get_user(task, bd_entry_ptr, c.word);
      pagefault_enable(task);
      if (bd_entry !== undefined) break;
      const ret = yield* mpx_resolve_fault(task, bd_entry_ptr, false);
      // If the page cannot be had it is the program's fault.
      if (ret !== 0) return fail(ret, 0n, 'the bounds directory cannot be read (EFAULT)');
    }
    const valid_bit = bd_entry & MPX_BD_ENTRY_VALID_FLAG;
    const bt_addr = bd_entry & c.MPX_BT_ADDR_MASK;
    yield frame.at('get_bt_addr: is there a table', { bd_entry, valid_bit, bt_addr });
    if (valid_bit !== 0n) return { ret: 0, bt_addr, bd_entry };
    // With nothing but reserved bits an entry passes for an empty one (K-13).
    const empty = task.process.profile.switches.reservedBitsAreEmpty ? bt_addr === 0n : bd_entry === 0n;
    if (empty) return { ret: -ENOENT, bt_addr, bd_entry };
    return fail(
      -EINVAL,
      bd_entry,
      `the directory entry holds 0x${bd_entry.toString(16)}, which is not valid and not 0`,
    );
  },
);

/** Whether a stack above `addr` could grow down to it when it is touched: an effect that looking must not have. */
function mayGrowOver(mm: Mm, addr: bigint): boolean {
  const vma = mm.find_vma(addr);
  if (!vma || vma.vm_start <= addr || (vma.vm_flags & VM_GROWSDOWN) === 0n) return false;
  return vma.vm_end - addr <= mm.rlimit_stack;
}

/**
 * How many bytes of directory from `bd_entry_ptr` on, at most up to `end`, were never touched: all their entries are empty, so
 * that nobody need walk them. (The kernel does, and takes its time: an unmap of N MiB reads N entries.)
 */
export function untouchedDirectory(task: Task, bd_entry_ptr: bigint, end: bigint): bigint {
  const { mm } = task;
  if (mm.memory.protection(bd_entry_ptr) !== undefined || mayGrowOver(mm, bd_entry_ptr)) return 0n;
  const vma = mm.find_extend_vma(bd_entry_ptr);
  if (!vma || vma.file || (vma.vm_flags & VM_READ) === 0n) return 0n;
  const stop = vma.vm_end < end ? vma.vm_end : end;
  const [first] = mm.memory.presentPages(bd_entry_ptr & PAGE_MASK, stop);
  return (first ?? stop) - bd_entry_ptr;
}
