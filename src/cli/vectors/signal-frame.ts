/** What a SIGSEGV handler got to see. */
import type { PreparedProcess } from './process.ts';

/** Offsets in ucontext: trap number and error code of uc_mcontext. */
const ERR_OFFSET = 40 + 19 * 8;
const TRAPNO_OFFSET = 40 + 20 * 8;

interface SeenSignal {
  signo: number;
  errno: number;
  code: number;
  address: bigint;
  addressLsb: number;
  lower: bigint;
  upper: bigint;
  trapno: bigint;
  error: bigint;
  /** The whole siginfo. */
  bytes: Uint8Array;
}

/** The signal that was delivered to the handler; undefined if none was. */
export function seenSignal(prepared: PreparedProcess): SeenSignal | undefined {
  if (!prepared.caught) return undefined;
  const { siginfo, ucontext } = prepared.handlerArguments();
  return {
    signo: siginfo.getInt32(0, true),
    errno: siginfo.getInt32(4, true),
    code: siginfo.getInt32(8, true),
    address: siginfo.getBigUint64(16, true),
    addressLsb: siginfo.getInt16(24, true),
    lower: siginfo.getBigUint64(32, true),
    upper: siginfo.getBigUint64(40, true),
    trapno: ucontext.getBigUint64(TRAPNO_OFFSET, true),
    error: ucontext.getBigUint64(ERR_OFFSET, true),
    bytes: new Uint8Array(siginfo.buffer, siginfo.byteOffset, siginfo.byteLength),
  };
}

export const SEGV_BNDERR = 3;
export const SI_KERNEL = 0x80;
