/** Exceptions other than page faults and #BR: each becomes a signal (spec B.12.4). */
import { Vector } from '../../machine/api.ts';
import { force_sig_info } from '../signal/send.ts';
import { type KernelSiginfo, SI_KERNEL, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP, siginfo } from '../signal/types.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';

const ILL_ILLOPN = 2;
const FPE_INTDIV = 1;
const BUS_ADRALN = 1;
const TRAP_BRKPT = 1;
const TRAP_TRACE = 2;
const TF = 0x100n;

/** si_code of unmasked floating-point exceptions, in the order the kernel tests them. */
const FPE_CODES: readonly (readonly [mask: number, code: number])[] = [
  [0x01, 7],
  [0x04, 3],
  [0x08, 4],
  [0x12, 5],
  [0x20, 6],
];
const fpeCode = (exceptions: number): number => FPE_CODES.find(([mask]) => exceptions & mask)?.[1] ?? 0;

/** The signal of exception `vector` in user mode; undefined if it raises none. */
function signalFor(task: Task, vector: number): KernelSiginfo | undefined {
  const { cpu } = task;
  switch (vector) {
    case Vector.DE:
      return siginfo(SIGFPE, FPE_INTDIV, cpu.rip);
    case Vector.DB:
      return siginfo(SIGTRAP, cpu.rflags & TF ? TRAP_TRACE : TRAP_BRKPT, cpu.rip);
    case Vector.BP:
      return siginfo(SIGTRAP, SI_KERNEL);
    case Vector.UD:
      return siginfo(SIGILL, ILL_ILLOPN, cpu.rip);
    case Vector.SS:
      return siginfo(SIGBUS, SI_KERNEL);
    case Vector.AC:
      return siginfo(SIGBUS, BUS_ADRALN);
    case Vector.MF: {
      const code = fpeCode(cpu.fsw & ~cpu.fcw);
      return code ? siginfo(SIGFPE, code, cpu.rip) : undefined;
    }
    case Vector.XM: {
      const code = fpeCode(cpu.mxcsr & ~(cpu.mxcsr >> 7));
      return code ? siginfo(SIGFPE, code, cpu.rip) : undefined;
    }
    default:
      return siginfo(SIGSEGV, SI_KERNEL);
  }
}

export const do_trap: (task: Task, vector: number, error_code: number) => Steps<void> = kernelFunction(
  'do_trap',
  function* (frame, task: Task, vector: number, error_code: number) {
    const info = signalFor(task, vector);
    yield frame.at('do_trap: raise the signal of the exception', {
      vector,
      error_code,
      signo: info?.signo,
      code: info?.code,
    });
    Object.assign(task.thread, { trap_nr: vector, error_code });
    if (info) force_sig_info(task, info);
  },
);
