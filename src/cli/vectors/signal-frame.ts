/** What a SIGSEGV handler got to see. */
import { wordsOf } from '../../kernel/abi.ts';
import type { PreparedProcess } from './process.ts';

/** Where trap number and error code are in ucontext (in uc_mcontext), in words of the program's size. */
const TRAPS = { 64: { offset: 40, err: 19, trapno: 20 }, 32: { offset: 20, err: 13, trapno: 12 } } as const;
/** The fields of siginfo behind its three leading ints begin aligned as a pointer. */
const FIELDS = { 64: 16, 32: 12 } as const;

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
  const { mode } = prepared;
  const word = mode === 64 ? 8 : 4;
  const fields = FIELDS[mode];
  const { offset, err, trapno } = TRAPS[mode];
  const bytes = new Uint8Array(siginfo.buffer, siginfo.byteOffset, siginfo.byteLength);
  const [address, , lower, upper] = wordsOf(word, bytes.subarray(fields));
  const context = wordsOf(word, new Uint8Array(ucontext.buffer, ucontext.byteOffset + offset, 22 * word));
  return {
    signo: siginfo.getInt32(0, true),
    errno: siginfo.getInt32(4, true),
    code: siginfo.getInt32(8, true),
    address,
    addressLsb: siginfo.getInt16(fields + word, true),
    lower,
    upper,
    trapno: context[trapno],
    error: context[err],
    bytes,
  };
}

export const SEGV_BNDERR = 3;
export const SI_KERNEL = 0x80;
