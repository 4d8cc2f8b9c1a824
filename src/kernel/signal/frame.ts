/** Building the stack frame of a signal handler, exactly as a 64-bit Linux does (spec B.8, B.12.1–2). */
import { standardLayout } from '../../machine/xsave/layout.ts';
import { EFAULT } from '../errno.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { access_ok, copy_to_user } from '../user.ts';
import { on_sig_stack, sas_ss_flags } from './altstack.ts';
import * as layout from './layout.ts';
import { type KernelSiginfo, SA_ONSTACK, SA_RESTORER, SA_SIGINFO, type SigAction } from './types.ts';

const RSP = 4;
const RED_ZONE = 128n;
/** Flags a handler starts without: TF, DF, RF. */
export const CLEARED_FLAGS = 0x10500n;
export const RF = 0x10000n;

/** Size of the XSAVE image for the enabled components. */
export const xstateSize = (xcr0: bigint): number => standardLayout(xcr0).size;

/** Where frame and XSAVE image go; undefined if the frame would run off an alternate stack in use. */
function get_sigframe(task: Task, action: SigAction): { frame: bigint; fpstate: bigint } | undefined {
  const { sas, cpu } = task;
  let sp = cpu.gpr(RSP) - RED_ZONE;
  const onStack = on_sig_stack(sas, sp);
  if (action.flags & SA_ONSTACK && sas_ss_flags(sas, sp) === 0) sp = sas.ss_sp + sas.ss_size;
  const size = BigInt(xstateSize(task.process.machine.xcr0) + layout.MAGIC2_SIZE);
  const fpstate = (sp - size) & ~63n;
  const frame = ((fpstate - BigInt(layout.FRAME_SIZE)) & ~15n) - 8n;
  if (onStack && !on_sig_stack(sas, frame)) return undefined;
  return { frame, fpstate };
}

/** The XSAVE image with its software bytes and the second magic word; `header` bytes of older state stand before it. */
export function xsaveImage(task: Task, header = 0): Uint8Array {
  const { xcr0 } = task.process.machine;
  const size = xstateSize(xcr0);
  const image = new Uint8Array(size + layout.MAGIC2_SIZE);
  image.set(task.cpu.xsave(xcr0).subarray(0, size));
  const view = new DataView(image.buffer);
  view.setUint32(layout.SW.magic1, layout.FP_XSTATE_MAGIC1, true);
  view.setUint32(layout.SW.extended_size, header + size + layout.MAGIC2_SIZE, true);
  view.setBigUint64(layout.SW.xfeatures, xcr0, true);
  view.setUint32(layout.SW.xstate_size, size, true);
  // The kernel marks x87 and SSE as present whatever the CPU's tracking says.
  view.setBigUint64(layout.XSTATE_BV, view.getBigUint64(layout.XSTATE_BV, true) | 3n, true);
  view.setUint32(size, layout.FP_XSTATE_MAGIC2, true);
  return image;
}

function frameImage(task: Task, info: KernelSiginfo, action: SigAction, mask: bigint, fpstate: bigint): Uint8Array {
  const { cpu, thread, sas, process } = task;
  const old = process.profile.version === 'v4.1';
  const bytes = new Uint8Array(layout.FRAME_SIZE);
  const view = new DataView(bytes.buffer);
  const word = (offset: number, value: bigint) => view.setBigUint64(offset, BigInt.asUintN(64, value), true);
  const uc = 8;
  const sc = uc + layout.UC.mcontext;
  word(0, action.restorer);
  word(uc + layout.UC.flags, old ? 1n : 7n);
  word(uc + layout.UC.ss_sp, sas.ss_sp);
  view.setInt32(uc + layout.UC.ss_flags, old ? sas_ss_flags(sas, cpu.gpr(RSP)) : sas.ss_flags, true);
  word(uc + layout.UC.ss_size, sas.ss_size);
  for (const [i, register] of layout.GREG_ORDER.entries()) word(sc + layout.SC.gregs + 8 * i, cpu.gpr(register));
  word(sc + layout.SC.rip, cpu.rip);
  word(sc + layout.SC.eflags, cpu.rflags | (task.entered === 'fault' ? RF : 0n));
  view.setUint16(sc + layout.SC.cs, cpu.selector('cs'), true);
  view.setUint16(sc + layout.SC.ss, cpu.selector('ss'), true);
  word(sc + layout.SC.err, BigInt(thread.error_code));
  word(sc + layout.SC.trapno, BigInt(thread.trap_nr));
  word(sc + layout.SC.oldmask, mask);
  word(sc + layout.SC.cr2, thread.cr2);
  word(sc + layout.SC.fpstate, fpstate);
  word(uc + layout.UC.sigmask, mask);
  if (action.flags & SA_SIGINFO) bytes.set(layout.siginfoImage(info, 8), uc + layout.UCONTEXT_SIZE);
  return bytes;
}

/**
 * Writes the frame and points the registers at the handler. `mask` is what sigreturn will restore. → 0, or −EFAULT if the frame cannot
 * be written (or the action has no restorer, which 64-bit programs must supply).
 */
export const setup_rt_frame: (task: Task, info: KernelSiginfo, action: SigAction, mask: bigint) => Steps<number> =
  kernelFunction('setup_rt_frame', function* (frame, task: Task, info: KernelSiginfo, action: SigAction, mask: bigint) {
    const place = get_sigframe(task, action);
    yield frame.at('setup_rt_frame: save the FPU, SSE and MPX state', { frame: place?.frame, fpstate: place?.fpstate });
    if (!place || !access_ok(place.frame, BigInt(layout.FRAME_SIZE))) return -EFAULT;
    if ((yield* copy_to_user(task, place.fpstate, xsaveImage(task))) !== 0) return -EFAULT;
    yield frame.at('setup_rt_frame: write ucontext and siginfo', {
      signo: info.signo,
      code: info.code,
      address: info.address,
    });
    if ((yield* copy_to_user(task, place.frame, frameImage(task, info, action, mask, place.fpstate))) !== 0)
      return -EFAULT;
    if (!(action.flags & SA_RESTORER)) return -EFAULT;
    yield frame.at('setup_rt_frame: point the registers at the handler', { handler: action.handler });
    const { cpu } = task;
    const uc = place.frame + 8n;
    const [RAX, RDX, RSI, RDI] = [0, 2, 6, 7];
    cpu.setGpr(RDI, BigInt(info.signo));
    cpu.setGpr(RSI, uc + BigInt(layout.UCONTEXT_SIZE));
    cpu.setGpr(RDX, uc);
    cpu.setGpr(RAX, 0n);
    cpu.setGpr(RSP, place.frame);
    cpu.rip = action.handler;
    cpu.setSelector('cs', 0x33);
    cpu.setSelector('ss', 0x2b);
    cpu.rflags &= ~CLEARED_FLAGS;
    return 0;
  });
