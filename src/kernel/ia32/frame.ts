/** Building the stack frames of signal handlers of 32-bit programs (Linux: ia32_setup_frame, ia32_setup_rt_frame). */
import { wordBytes } from '../abi.ts';
import { EFAULT } from '../errno.ts';
import { sas_ss_flags } from '../signal/altstack.ts';
import { CLEARED_FLAGS, RF, xsaveImage } from '../signal/frame.ts';
import { siginfoImage } from '../signal/layout.ts';
import { type KernelSiginfo, SA_ONSTACK, SA_RESTORER, SA_SIGINFO, type SigAction } from '../signal/types.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_to_user } from '../user.ts';
import { FSAVE_HEADER_SIZE, fsaveHeader } from './fpstate.ts';
import { FRAME, greg, RT_FRAME, SC, UC } from './frame-layout.ts';
import { RT_SIGRETURN_CODE, SIGRETURN_CODE, VDSO_RT_SIGRETURN, VDSO_SIGRETURN } from './vdso.ts';

const RSP = 4;
const USER32_CS = 0x23;
const USER_DS = 0x2b;
const UC_FP_XSTATE = 1;

interface Place {
  frame: bigint;
  /** Header and XSAVE image. */
  fpstate: bigint;
}

/** The image is aligned to 64 bytes, the header before it; the frame so that a function's stack is aligned. There is no red zone. */
function get_sigframe({ cpu, sas }: Task, action: SigAction, imageSize: number, frameSize: number): Place {
  let sp = cpu.gpr(RSP);
  if (action.flags & SA_ONSTACK && sas_ss_flags(sas, sp) === 0) sp = sas.ss_sp + sas.ss_size;
  const low = (address: bigint) => BigInt.asUintN(32, address);
  const fpstate = low(((sp - BigInt(imageSize)) & ~63n) - BigInt(FSAVE_HEADER_SIZE));
  return { fpstate, frame: low(((fpstate - BigInt(frameSize) + 4n) & ~15n) - 4n) };
}

/** Where the handler returns to: what the program says, else the kernel's own code, else the code in the frame. */
function restorerOf({ mm }: Task, action: SigAction, vdso: bigint, retcode: bigint): bigint {
  if (action.flags & SA_RESTORER) return action.restorer;
  return mm.vdso ? mm.vdso + vdso : retcode;
}

function writeSigcontext(view: DataView, at: number, task: Task, fpstate: bigint, mask: bigint): void {
  const { cpu, thread } = task;
  const word = (offset: number, value: bigint | number) =>
    view.setUint32(at + offset, Number(BigInt.asUintN(32, BigInt(value))), true);
  for (const name of ['gs', 'fs', 'es', 'ds', 'cs', 'ss'] as const) word(SC[name], cpu.selector(name));
  for (let n = 0; n < 8; n++) word(greg(n), cpu.gpr(n));
  word(SC.trapno, thread.trap_nr);
  word(SC.err, thread.error_code);
  word(SC.ip, cpu.rip);
  word(SC.flags, cpu.rflags | (task.entered === 'fault' ? RF : 0n));
  word(SC.sp_at_signal, cpu.gpr(RSP));
  word(SC.fpstate, fpstate);
  word(SC.oldmask, mask);
  word(SC.cr2, thread.cr2);
}

function frameImage(task: Task, info: KernelSiginfo, action: SigAction, mask: bigint, { frame, fpstate }: Place) {
  const bytes = new Uint8Array(FRAME.size);
  const view = new DataView(bytes.buffer);
  const restorer = restorerOf(task, action, VDSO_SIGRETURN, frame + BigInt(FRAME.retcode));
  view.setUint32(0, Number(restorer), true);
  view.setInt32(FRAME.sig, info.signo, true);
  writeSigcontext(view, FRAME.sc, task, fpstate, mask);
  view.setUint32(FRAME.extramask, Number(mask >> 32n), true);
  bytes.set(SIGRETURN_CODE, FRAME.retcode);
  return bytes;
}

/** Kernels of 64 bits did not hand the bounds to 32-bit programs before 4.8. */
function visibleInfo({ process }: Task, info: KernelSiginfo): KernelSiginfo {
  const { version, bits } = process.profile;
  return version === 'v4.1' && bits === 64 ? { ...info, lower: undefined, upper: undefined } : info;
}

function rtFrameImage(task: Task, info: KernelSiginfo, action: SigAction, mask: bigint, { frame, fpstate }: Place) {
  const { cpu, sas, process } = task;
  const bytes = new Uint8Array(RT_FRAME.size);
  const view = new DataView(bytes.buffer);
  const restorer = restorerOf(task, action, VDSO_RT_SIGRETURN, frame + BigInt(RT_FRAME.retcode));
  const pinfo = frame + BigInt(RT_FRAME.info);
  const puc = frame + BigInt(RT_FRAME.uc);
  bytes.set(wordBytes(4, [restorer, BigInt(info.signo), pinfo, puc]));
  bytes.set(siginfoImage(visibleInfo(task, info), 4), RT_FRAME.info);
  view.setUint32(RT_FRAME.uc + UC.flags, UC_FP_XSTATE, true);
  const flags = process.profile.version === 'v4.1' ? sas_ss_flags(sas, cpu.gpr(RSP)) : sas.ss_flags;
  bytes.set(wordBytes(4, [sas.ss_sp, BigInt(flags), sas.ss_size]), RT_FRAME.uc + UC.ss_sp);
  writeSigcontext(view, RT_FRAME.uc + UC.mcontext, task, fpstate, mask);
  view.setBigUint64(RT_FRAME.uc + UC.sigmask, mask, true);
  bytes.set(RT_SIGRETURN_CODE, RT_FRAME.retcode);
  return bytes;
}

/** Writes the frame and points the registers at the handler. `mask` is what sigreturn will restore. → 0 or −EFAULT */
export const ia32_setup_frame: (task: Task, info: KernelSiginfo, action: SigAction, mask: bigint) => Steps<number> =
  kernelFunction(
    'ia32_setup_frame',
    function* (frame, task: Task, info: KernelSiginfo, action: SigAction, mask: bigint) {
      const { cpu } = task;
      const image = xsaveImage(task, FSAVE_HEADER_SIZE);
      const isRt = (action.flags & SA_SIGINFO) !== 0n;
      const place = get_sigframe(task, action, image.length, isRt ? RT_FRAME.size : FRAME.size);
      yield frame.at('ia32_setup_frame: save the FPU, SSE and MPX state', {
        frame: place.frame,
        fpstate: place.fpstate,
      });
      const header = fsaveHeader(image, cpu.selector('cs'), cpu.selector('ds'));
      if ((yield* copy_to_user(task, place.fpstate, header)) !== 0) return -EFAULT;
      if ((yield* copy_to_user(task, place.fpstate + BigInt(header.length), image)) !== 0) return -EFAULT;
      const { signo, code, address } = info;
      yield frame.at('ia32_setup_frame: write the registers, and siginfo if wanted', { signo, code, address, isRt });
      const bytes = (isRt ? rtFrameImage : frameImage)(task, info, action, mask, place);
      if ((yield* copy_to_user(task, place.frame, bytes)) !== 0) return -EFAULT;
      yield frame.at('ia32_setup_frame: point the registers at the handler', { handler: action.handler });
      // Handlers may take their arguments in registers.
      const [RAX, RCX, RDX] = [0, 1, 2];
      cpu.setGpr(RAX, BigInt(signo));
      cpu.setGpr(RDX, isRt ? place.frame + BigInt(RT_FRAME.info) : 0n);
      cpu.setGpr(RCX, isRt ? place.frame + BigInt(RT_FRAME.uc) : 0n);
      cpu.setGpr(RSP, place.frame);
      cpu.rip = action.handler;
      cpu.setSelector('cs', USER32_CS);
      for (const name of ['ss', 'ds', 'es'] as const) cpu.setSelector(name, USER_DS);
      cpu.rflags &= ~CLEARED_FLAGS;
      return 0;
    },
  );
