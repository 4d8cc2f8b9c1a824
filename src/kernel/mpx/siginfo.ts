/** From a failed check to the siginfo that tells the program about it. */

import { EFAULT, EINVAL } from '../errno.ts';
import type { KernelSiginfo } from '../signal/types.ts';
import { SEGV_BNDERR, SIGSEGV } from '../signal/types.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_from_user } from '../user.ts';
import { MPX_BAD_ADDR, mpx_get_addr_ref } from './address.ts';
import { insn_decode, isBndcn, isBoundsCheck, MAX_INSN_SIZE, type MpxInsn } from './insn.ts';
import { bndreg_of } from './xstate.ts';

/** __USER_CS of 64-bit code. */
const USER_CS_64 = 0x33;

/** Whether the thread runs 64-bit code, as far as this kernel can tell (K-22). */
function runs64bit(task: Task): boolean {
  if (task.process.profile.switches.codeSizeFromTask) return !task.mm.ia32;
  return task.cpu.selector('cs') === USER_CS_64;
}

/**
 * Decodes the instruction at the saved instruction pointer. → the instruction, −EFAULT if it cannot be read, −EINVAL if it is no MPX
 * instruction. Another thread may have changed the bytes since the trap: nothing about them can be trusted.
 */
const mpx_insn_decode: (task: Task) => Steps<MpxInsn | number> = kernelFunction(
  'mpx_insn_decode',
  function* (frame, task: Task) {
    const { opcodeOnlyFilter, shortCopyReadsZero } = task.process.profile.switches;
    const { rip } = task.cpu;
    const x86_64 = runs64bit(task);
    yield frame.at('mpx_insn_decode: copy the instruction', { ip: rip, x86_64 });
    const buf = yield* copy_from_user(task, rip, MAX_INSN_SIZE);
    const nr_copied = buf.length;
    // A short copy is no error: the instruction may be the last thing before an unmapped page.
    if (nr_copied === 0) return -EFAULT;
    yield frame.at('mpx_insn_decode: take it apart', { nr_copied });
    const insn = insn_decode(buf, x86_64);
    // The decoder never counts a byte that it was not given, so this test of the real kernels cannot fail (K-46).
    if (!shortCopyReadsZero && !insn.complete) return -EFAULT;
    yield frame.at('mpx_insn_decode: check the opcode', { length: insn.length, opcode: insn.opcode.join(' ') });
    const [first, second] = insn.opcode;
    if (first !== 0x0f || (second !== 0x1a && second !== 0x1b)) return -EINVAL;
    // Prefixes tell BNDCL, BNDCU and BNDCN from the other MPX instructions; no real kernel looks at them (K-08).
    if (!opcodeOnlyFilter && !isBoundsCheck(insn)) return -EINVAL;
    return insn;
  },
);

/**
 * Makes the siginfo of a bounds violation: the address and the bounds it violates. → the siginfo, or −EFAULT, −EINVAL: then the
 * program gets a SIGSEGV that tells nothing.
 */
export const mpx_generate_siginfo: (task: Task) => Steps<KernelSiginfo | number> = kernelFunction(
  'mpx_generate_siginfo',
  function* (frame, task: Task) {
    const { allOnesIsFailure, bndcnUpperComplemented, initBndregsUnreported } = task.process.profile.switches;
    yield frame.at('mpx_generate_siginfo: decode the instruction', { ip: task.cpu.rip });
    const insn = yield* mpx_insn_decode(task);
    if (typeof insn === 'number') return insn;

    const bndregno = insn.reg;
    yield frame.at('mpx_generate_siginfo: find the bounds register', { bndregno });
    // REX.R is not looked at: the CPU refuses registers above BND3, so only changed code can have one.
    if (bndregno > 3) return -EINVAL;
    const raw = task.cpu.bnd(bndregno);
    // BNDCN can fail with all registers in their initial state; then the kernel finds none of them in the image (K-20).
    const bndreg = initBndregsUnreported
      ? bndreg_of(task, bndregno)
      : { lower_bound: raw.lower, upper_bound: raw.upperRaw };
    if (!bndreg) return -EINVAL;

    const bits = task.mm.ia32 ? 32 : 64;
    // UB holds the complement of the upper bound, except that BNDCN takes it as it is (K-21).
    const plain = !bndcnUpperComplemented && isBndcn(insn);
    const upper = BigInt.asUintN(bits, plain ? bndreg.upper_bound : ~bndreg.upper_bound);
    const lower = BigInt.asUintN(bits, bndreg.lower_bound);
    yield frame.at('mpx_generate_siginfo: find the address', { lower, upper });
    const addr = yield* mpx_get_addr_ref(task, insn);
    yield frame.at('mpx_generate_siginfo: fill the siginfo', { addr });
    // Failure is told by an address of all ones, which can also be a real one (K-06).
    if (allOnesIsFailure && addr === MPX_BAD_ADDR) return -EINVAL;
    return { signo: SIGSEGV, code: SEGV_BNDERR, errno: 0, address: addr, lower, upper };
  },
);
