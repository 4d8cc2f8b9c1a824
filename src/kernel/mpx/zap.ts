/** Clearing part of a bounds table: its pages are dropped and read as zeros again, which means "no bounds". */

import { EINVAL } from '../errno.ts';
import { zap_page_range } from '../mm/munmap.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { mpxConstants } from './management.ts';
import { is_mpx_vma } from './mmap.ts';

/** Signal that ends a process in which the kernel touched what is not there. */
export const SIGKILL_ON_BAD_ACCESS = 9;

/**
 * Drops the pages [start, end) of the table at `bt_addr`, which covers memory from `area` on. The table may consist of several
 * areas (a NUMA policy or mprotect splits it): all are walked. → 0, or −EINVAL if something else is mapped there
 */
export const zap_bt_entries: (task: Task, area: bigint, bt_addr: bigint, start: bigint, end: bigint) => Steps<number> =
  kernelFunction(
    'zap_bt_entries',
    function* (frame, task: Task, area: bigint, bt_addr: bigint, start: bigint, end: bigint) {
      const { mm, process } = task;
      const refuse = (reason: string): number => {
        process.emit(task, { kind: 'table-failed', reason: `${reason} (EINVAL)`, entry: bt_addr });
        return -EINVAL;
      };
      yield frame.at('zap_bt_entries: find the first mapping', { bt_addr, start, end });
      let vma = mm.find_vma(start);
      // Missing memory at the start is refused; holes further on and a missing end are not noticed.
      if (!vma || vma.vm_start > start)
        return refuse(`nothing is mapped at 0x${start.toString(16)} in the bounds table`);
      let addr = start;
      while (vma && vma.vm_start < end) {
        yield frame.at('zap_bt_entries: is it a bounds table', { addr, vm_start: vma.vm_start, vm_end: vma.vm_end });
        if (!is_mpx_vma(task, vma)) {
          return refuse(`the directory entry leads to 0x${vma.vm_start.toString(16)}, which is no bounds table`);
        }
        const last = vma.vm_end < end ? vma.vm_end : end;
        yield frame.at('zap_bt_entries: drop the pages', { len: last - addr });
        zap_page_range(mm, addr, last - addr);
        process.emit(task, {
          kind: 'table-zapped',
          table: bt_addr,
          start: addr,
          end: last,
          area,
          areaSize: mpxConstants(task).areaSize,
        });
        vma = vma.vm_next;
        yield frame.at('zap_bt_entries: go to the next mapping', { next: vma?.vm_start });
        if (vma) addr = vma.vm_start;
        else if (process.profile.switches.zapReadsPastLast) {
          // vm_next->vm_start is read before anybody asks whether there is a next one (K-11).
          process.kernelOops(
            task,
            'zap_bt_entries',
            'NULL dereference: no mapping after the table',
            SIGKILL_ON_BAD_ACCESS,
          );
        }
      }
      return 0;
    },
  );
