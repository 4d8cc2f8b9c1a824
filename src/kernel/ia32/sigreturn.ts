/** sigreturn and rt_sigreturn of 32-bit programs. */
import { wordsOf } from '../abi.ts';
import { force_sig } from '../signal/send.ts';
import { RESTORED_FLAGS, restore_fpu } from '../signal/sigreturn.ts';
import { set_altstack } from '../signal/syscalls.ts';
import { SIGSEGV, UNBLOCKABLE } from '../signal/types.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_from_user } from '../user.ts';
import { FSAVE_HEADER_SIZE } from './fpstate.ts';
import { FRAME, greg, RT_FRAME, SC, UC } from './frame-layout.ts';
import { loadDataSegment } from './segments.ts';

const RSP = 4;
const USER_CS = [0x23, 0x33];
const USER_DS = 0x2b;

/** Loads the registers of `sc`. False if they cannot be: then the program gets SIGSEGV. */
function* restore_sigcontext(task: Task, sc: DataView): Steps<boolean> {
  const { cpu } = task;
  const word = (offset: number) => BigInt(sc.getUint32(offset, true));
  for (const name of ['gs', 'fs', 'es', 'ds'] as const) loadDataSegment(cpu, name, sc.getUint16(SC[name], true) | 3);
  for (let n = 0; n < 8; n++) cpu.setGpr(n, word(greg(n)));
  cpu.rip = word(SC.ip);
  cpu.rflags = (cpu.rflags & ~RESTORED_FLAGS) | (word(SC.flags) & RESTORED_FLAGS);
  const [cs, ss] = [sc.getUint16(SC.cs, true) | 3, sc.getUint16(SC.ss, true) | 3];
  const valid = USER_CS.includes(cs) && ss === USER_DS;
  if (valid) cpu.setSelector('cs', cs);
  const fpstate = word(SC.fpstate);
  const header = fpstate === 0n ? undefined : yield* copy_from_user(task, fpstate, FSAVE_HEADER_SIZE);
  if (header && header.length < FSAVE_HEADER_SIZE) return false;
  const image = header ? fpstate + BigInt(FSAVE_HEADER_SIZE) : 0n;
  return (yield* restore_fpu(task, image, header)) && valid;
}

/** → EAX as it was */
function leave(task: Task, restored: boolean): bigint {
  task.process.emit(task, { kind: 'sigreturn' });
  if (!restored) force_sig(task, SIGSEGV);
  return task.cpu.gpr(0);
}

/** The frame at `at`, or SIGSEGV. */
function* readFrame(task: Task, at: bigint, size: number): Steps<DataView | undefined> {
  const bytes = yield* copy_from_user(task, BigInt.asUintN(32, at), size);
  if (bytes.length === size) return new DataView(bytes.buffer, bytes.byteOffset, size);
  force_sig(task, SIGSEGV);
  return undefined;
}

export const sys32_sigreturn: (task: Task) => Steps<bigint> = kernelFunction(
  'sys32_sigreturn',
  function* (frame, task: Task) {
    // The handler's return and the restorer's POP have taken two words.
    const at = task.cpu.gpr(RSP) - 8n;
    yield frame.at('sys32_sigreturn: read the frame', { frame: at });
    const view = yield* readFrame(task, at, FRAME.size);
    if (!view) return 0n;
    const mask =
      BigInt(view.getUint32(FRAME.sc + SC.oldmask, true)) | (BigInt(view.getUint32(FRAME.extramask, true)) << 32n);
    task.blocked = mask & ~UNBLOCKABLE;
    yield frame.at('sys32_sigreturn: restore the registers');
    const sc = new DataView(view.buffer, view.byteOffset + FRAME.sc);
    return leave(task, yield* restore_sigcontext(task, sc));
  },
);

export const sys32_rt_sigreturn: (task: Task) => Steps<bigint> = kernelFunction(
  'sys32_rt_sigreturn',
  function* (frame, task: Task) {
    const at = task.cpu.gpr(RSP) - 4n;
    yield frame.at('sys32_rt_sigreturn: read the frame', { frame: at });
    const view = yield* readFrame(task, at, RT_FRAME.size);
    if (!view) return 0n;
    task.blocked = view.getBigUint64(RT_FRAME.uc + UC.sigmask, true) & ~UNBLOCKABLE;
    yield frame.at('sys32_rt_sigreturn: restore the registers');
    const sc = new DataView(view.buffer, view.byteOffset + RT_FRAME.uc + UC.mcontext);
    const restored = yield* restore_sigcontext(task, sc);
    const stack = new Uint8Array(view.buffer, view.byteOffset + RT_FRAME.uc + UC.ss_sp, 12);
    const [ss_sp, ss_flags, ss_size] = wordsOf(4, stack);
    if (restored) set_altstack(task, { ss_sp, ss_flags: Number(BigInt.asIntN(32, ss_flags)), ss_size });
    return leave(task, restored);
  },
);
