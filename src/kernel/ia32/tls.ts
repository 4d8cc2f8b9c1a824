/** Thread-local storage of 32-bit programs: three segments of the GDT that the program describes itself (Linux: do_set_thread_area). */
import type { Vcpu } from '../../machine/api.ts';
import { wordBytes, wordsOf } from '../abi.ts';
import { EFAULT, EINVAL, ESRCH } from '../errno.ts';
import { kernelFunction, type Steps } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_from_user, copy_to_user, put_user } from '../user.ts';

/** Entries of the GDT. */
export const TLS_MIN = 12;
export const TLS_ENTRIES = 3;
/** struct user_desc: entry_number, base_addr, limit, and the bits below. */
const USER_DESC_SIZE = 16;
const SEG_32BIT = 1n;
const CONTENTS = 6n;
const READ_EXEC_ONLY = 8n;
const LIMIT_IN_PAGES = 0x10n;
const SEG_NOT_PRESENT = 0x20n;
const USEABLE = 0x40n;
const EMPTY = READ_EXEC_ONLY | SEG_NOT_PRESENT;
const MAX_LIMIT = 0xfffffn;
const ANY_ENTRY = 0xffff_ffffn;

/** A segment as a program describes it. */
export interface TlsDescriptor {
  /** Which of the three; undefined leaves the choice to the kernel. */
  index: number | undefined;
  /** undefined: the entry is to be empty. */
  base: number | undefined;
}

/** Reads struct user_desc. → or −EFAULT, −EINVAL for a segment that no program may have */
export function* readUserDesc(task: Task, at: bigint): Steps<TlsDescriptor | number> {
  const bytes = yield* copy_from_user(task, at, USER_DESC_SIZE);
  if (bytes.length < USER_DESC_SIZE) return -EFAULT;
  const [entry, base, limit, flags] = wordsOf(4, bytes);
  const index = entry === ANY_ENTRY ? undefined : Number(entry) - TLS_MIN;
  if (index !== undefined && (index < 0 || index >= TLS_ENTRIES)) return -EINVAL;
  const isEmpty = (base | limit) === 0n && (flags === EMPTY || flags === 0n);
  if (isEmpty) return { index, base: undefined };
  if (!(flags & SEG_32BIT) || (flags & CONTENTS) >> 1n > 1n || flags & SEG_NOT_PRESENT) return -EINVAL;
  return { index, base: Number(base) };
}

/** Sets the entry; FS and GS that name it have the new base at once. */
export function setTls(cpu: Vcpu, index: number, base: number | undefined): void {
  cpu.setTlsBase(index, base);
  const selector = (TLS_MIN + index) * 8 + 3;
  if (cpu.selector('fs') === selector) cpu.fsBase = BigInt(base ?? 0);
  if (cpu.selector('gs') === selector) cpu.gsBase = BigInt(base ?? 0);
}

export const sys32_set_thread_area = kernelFunction(
  'sys_set_thread_area',
  function* (frame, task: Task, at: bigint): Steps<number> {
    yield frame.at('sys_set_thread_area: read the descriptor', { at });
    const { cpu } = task;
    const wanted = yield* readUserDesc(task, at);
    if (typeof wanted === 'number') return wanted;
    const index = wanted.index ?? [0, 1, 2].find((i) => cpu.tlsBase(i) === undefined);
    if (index === undefined) return -ESRCH;
    yield frame.at('sys_set_thread_area: set the entry', { entry: TLS_MIN + index, base: wanted.base });
    if (wanted.index === undefined && (yield* put_user(task, at, 4, BigInt(TLS_MIN + index))) !== 0) return -EFAULT;
    setTls(cpu, index, wanted.base);
    return 0;
  },
);

/** Tells an entry. Limits are not kept: every segment reaches to the end of the address space. */
export const sys32_get_thread_area = kernelFunction(
  'sys_get_thread_area',
  function* (frame, task: Task, at: bigint): Steps<number> {
    yield frame.at('sys_get_thread_area: tell the entry', { at });
    const bytes = yield* copy_from_user(task, at, 4);
    if (bytes.length < 4) return -EFAULT;
    const [entry] = wordsOf(4, bytes);
    const index = Number(entry) - TLS_MIN;
    if (index < 0 || index >= TLS_ENTRIES) return -EINVAL;
    const base = task.cpu.tlsBase(index);
    const fields =
      base === undefined ? [0n, 0n, EMPTY] : [BigInt(base), MAX_LIMIT, SEG_32BIT | LIMIT_IN_PAGES | USEABLE];
    return (yield* copy_to_user(task, at, wordBytes(4, [entry, ...fields]))) === 0 ? 0 : -EFAULT;
  },
);
