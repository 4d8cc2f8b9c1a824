/** rt_sigreturn: back to what the frame says, edits included (spec B.12.3). */
import { mergeFsaveHeader } from '../ia32/fpstate.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_from_user, get_user } from '../user.ts';
import { xstateSize } from './frame.ts';
import * as layout from './layout.ts';
import { force_sig } from './send.ts';
import { set_altstack } from './syscalls.ts';
import { SIGSEGV, UNBLOCKABLE } from './types.ts';

const RSP = 4;
/** Flags sigreturn takes from the frame: AC OF DF TF SF ZF AF PF CF. RF would be gone after the next instruction, unseen. */
export const RESTORED_FLAGS = 0x40dd5n;
const CS_64 = 0x33;
const CS_32 = 0x23;
const X87_SSE = 3n;

/** What the software bytes say of the image: the components it holds, or undefined if it is only x87 and SSE. */
function* check_for_xstate(
  task: Task,
  fpstate: bigint,
  legacy: DataView,
): Steps<{ size: number; xfeatures: bigint } | undefined> {
  const size = legacy.getUint32(layout.SW.xstate_size, true);
  const extended = legacy.getUint32(layout.SW.extended_size, true);
  const most = xstateSize(task.process.machine.xcr0);
  if (legacy.getUint32(layout.SW.magic1, true) !== layout.FP_XSTATE_MAGIC1) return undefined;
  if (size < layout.MIN_XSTATE_SIZE || size > most || size > extended) return undefined;
  if ((yield* get_user(task, fpstate + BigInt(size), 4)) !== BigInt(layout.FP_XSTATE_MAGIC2)) return undefined;
  return { size, xfeatures: legacy.getBigUint64(layout.SW.xfeatures, true) };
}

/** Loads the image at `fpstate`; `header` is x87 state from before it that counts more. False if it cannot be read or XRSTOR would refuse it. */
export const restore_fpu: (task: Task, fpstate: bigint, header?: Uint8Array) => Steps<boolean> = kernelFunction(
  'restore_fpu',
  function* (frame, task: Task, fpstate: bigint, header?: Uint8Array) {
    yield frame.at('restore_fpu: check the software bytes', { fpstate });
    const { cpu, process } = task;
    if (fpstate === 0n) {
      cpu.initFpu();
      return true;
    }
    const legacy = yield* copy_from_user(task, fpstate, layout.FXSAVE_SIZE);
    if (legacy.length < layout.FXSAVE_SIZE) return false;
    const state = yield* check_for_xstate(task, fpstate, new DataView(legacy.buffer, legacy.byteOffset, legacy.length));
    const whole = state !== undefined && fpstate % 64n === 0n;
    const image = new Uint8Array(1088);
    yield frame.at('restore_fpu: load the image', { xfeatures: state?.xfeatures, whole });
    if (whole) {
      const bytes = yield* copy_from_user(task, fpstate, state.size);
      if (bytes.length < state.size) return false;
      image.set(bytes);
    } else {
      image.set(legacy);
      new DataView(image.buffer).setBigUint64(layout.XSTATE_BV, X87_SSE, true);
    }
    if (header) {
      mergeFsaveHeader(header, image);
      // The x87 state counts whatever the image says of it.
      image[layout.XSTATE_BV] |= 1;
    }
    const before = cpu.save();
    cpu.initFpu();
    const rfbm = whole ? state.xfeatures & process.machine.xcr0 : X87_SSE;
    if (cpu.xrstor(image, rfbm)) return true;
    cpu.restore(before);
    cpu.initFpu();
    return false;
  },
);

/** Loads the general registers of `uc`. False if the segment registers cannot be. */
function restore_sigcontext(task: Task, uc: DataView): boolean {
  const { cpu } = task;
  const sc = layout.UC.mcontext;
  layout.GREG_ORDER.forEach((register, i) => {
    cpu.setGpr(register, uc.getBigUint64(sc + layout.SC.gregs + 8 * i, true));
  });
  cpu.rip = uc.getBigUint64(sc + layout.SC.rip, true);
  const flags = uc.getBigUint64(sc + layout.SC.eflags, true);
  cpu.rflags = (cpu.rflags & ~RESTORED_FLAGS) | (flags & RESTORED_FLAGS);
  const cs = uc.getUint16(sc + layout.SC.cs, true) | 3;
  if (cs !== CS_64 && cs !== CS_32) return false;
  cpu.setSelector('cs', cs);
  return true;
}

export const sys_rt_sigreturn: (task: Task) => Steps<bigint> = kernelFunction(
  'sys_rt_sigreturn',
  function* (frame, task: Task) {
    const { cpu, process } = task;
    const uc = cpu.gpr(RSP);
    yield frame.at('sys_rt_sigreturn: read the frame', { uc });
    const bytes = yield* copy_from_user(task, uc, layout.UCONTEXT_SIZE);
    if (bytes.length < layout.UCONTEXT_SIZE) {
      force_sig(task, SIGSEGV);
      return 0n;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    task.blocked = view.getBigUint64(layout.UC.sigmask, true) & ~UNBLOCKABLE;
    yield frame.at('sys_rt_sigreturn: restore the registers', {
      rip: view.getBigUint64(layout.UC.mcontext + layout.SC.rip, true),
    });
    const restored = restore_sigcontext(task, view);
    const fpu = yield* restore_fpu(task, view.getBigUint64(layout.UC.mcontext + layout.SC.fpstate, true));
    process.emit(task, { kind: 'sigreturn' });
    if (!restored || !fpu) {
      force_sig(task, SIGSEGV);
      return restored ? 0n : cpu.gpr(0);
    }
    set_altstack(task, {
      ss_sp: view.getBigUint64(layout.UC.ss_sp, true),
      ss_flags: view.getInt32(layout.UC.ss_flags, true),
      ss_size: view.getBigUint64(layout.UC.ss_size, true),
    });
    return cpu.gpr(0);
  },
);
