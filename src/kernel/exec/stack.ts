/** The stack of a new program: strings, argument and environment pointers, auxiliary vector (spec B.12.14). */

import { wordBytes } from '../abi.ts';
import { PAGE_MASK } from '../mm/page.ts';
import {
  VM_ACCOUNT,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYWRITE,
  VM_READ,
  VM_WRITE,
  Vma,
} from '../mm/vma.ts';
import { complete } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_to_user } from '../user.ts';
import { type Bits, ExecError, PHDR_SIZE } from './elf.ts';

/** Auxiliary vector types. */
export const AT = {
  NULL: 0,
  PHDR: 3,
  PHENT: 4,
  PHNUM: 5,
  PAGESZ: 6,
  BASE: 7,
  FLAGS: 8,
  ENTRY: 9,
  UID: 11,
  EUID: 12,
  GID: 13,
  EGID: 14,
  PLATFORM: 15,
  HWCAP: 16,
  CLKTCK: 17,
  SECURE: 23,
  RANDOM: 25,
  HWCAP2: 26,
  EXECFN: 31,
} as const;

/** What the stack says of the program. */
export interface StackContents {
  bits: Bits;
  /** Path as given to exec. */
  filename: string;
  args: readonly string[];
  env: readonly string[];
  random: Uint8Array;
  phdr: bigint;
  phnum: number;
  entry: bigint;
  /** Where the dynamic linker lies (what is added to its addresses); 0 without one. */
  interpreterBase: bigint;
  /** CPUID.1:EDX. */
  hwcap: bigint;
  /** AT_HWCAP2 is in the vector (4.19+). */
  hwcap2: boolean;
  executable: boolean;
}

/** What is mapped below the strings at once. */
const STACK_EXPAND = 128n << 10n;
/** Strings may take a quarter of the stack's limit (Linux). */
const STRINGS_SHARE = 4n;
const encoder = new TextEncoder();

/** Collects bytes downwards from an address. */
class Downwards {
  readonly pieces: { at: bigint; bytes: Uint8Array }[] = [];
  constructor(public sp: bigint) {}
  push(bytes: Uint8Array): bigint {
    this.sp -= BigInt(bytes.length);
    this.pieces.push({ at: this.sp, bytes });
    return this.sp;
  }
}

const text = (value: string): Uint8Array => encoder.encode(`${value}\0`);

/** Pushes strings so that the first has the lowest address; → their addresses in order. */
function pushStrings(stack: Downwards, strings: readonly string[]): bigint[] {
  return [...strings]
    .reverse()
    .map((value) => stack.push(text(value)))
    .reverse();
}

function auxiliaryVector(contents: StackContents, random: bigint, execfn: bigint, platform: bigint): bigint[] {
  const entries: [number, bigint][] = [
    [AT.HWCAP, contents.hwcap],
    [AT.PAGESZ, 4096n],
    [AT.CLKTCK, 100n],
    [AT.PHDR, contents.phdr],
    [AT.PHENT, BigInt(PHDR_SIZE[contents.bits])],
    [AT.PHNUM, BigInt(contents.phnum)],
    [AT.BASE, contents.interpreterBase],
    [AT.FLAGS, 0n],
    [AT.ENTRY, contents.entry],
    [AT.UID, 0n],
    [AT.EUID, 0n],
    [AT.GID, 0n],
    [AT.EGID, 0n],
    [AT.SECURE, 0n],
    [AT.RANDOM, random],
    ...(contents.hwcap2 ? ([[AT.HWCAP2, 0n]] as [number, bigint][]) : []),
    [AT.EXECFN, execfn],
    [AT.PLATFORM, platform],
    [AT.NULL, 0n],
  ];
  return entries.flatMap(([type, value]) => [BigInt(type), value]);
}

/** Maps the stack below `top` and fills it. → stack pointer and the auxiliary vector's bytes. Throws ExecError if the strings are too long. */
export function buildStack(task: Task, top: bigint, contents: StackContents): { sp: bigint; auxv: Uint8Array } {
  const { mm } = task;
  // A null word closes the stack.
  const stack = new Downwards(top - 8n);
  const execfn = stack.push(text(contents.filename));
  const envp = pushStrings(stack, contents.env);
  const argv = pushStrings(stack, contents.args);
  if (top - stack.sp > mm.rlimit_stack / STRINGS_SHARE)
    throw new ExecError('The arguments and the environment are too long for the program’s stack; shorten them.');
  const stringsStart = stack.sp & PAGE_MASK;
  stack.sp &= ~15n;
  const word = contents.bits === 64 ? 8 : 4;
  const platform = stack.push(text(contents.bits === 64 ? 'x86_64' : 'i686'));
  const random = stack.push(contents.random);
  const auxv = auxiliaryVector(contents, random, execfn, platform);
  const items = [BigInt(contents.args.length), ...argv, 0n, ...envp, 0n];
  // The vector ends at the stack pointer as it is; only then is the whole aligned.
  stack.sp = (stack.sp - BigInt((auxv.length + items.length) * word)) & ~15n;
  const sp = stack.sp;
  stack.pieces.push({ at: sp, bytes: wordBytes(word, [...items, ...auxv]) });

  let start = stringsStart - STACK_EXPAND;
  if ((sp & PAGE_MASK) < start) start = sp & PAGE_MASK;
  const flags =
    VM_READ |
    VM_WRITE |
    VM_MAYREAD |
    VM_MAYWRITE |
    VM_MAYEXEC |
    VM_GROWSDOWN |
    VM_ACCOUNT |
    (contents.executable ? VM_EXEC : 0n);
  if (mm.find_vma_intersection(start, top))
    throw new ExecError('The program cannot be mapped: one of its segments lies where the stack has to be.');
  mm.insert(new Vma({ vm_start: start, vm_end: top, vm_flags: flags, vm_pgoff: start >> 12n }));
  mm.start_stack = sp;
  for (const { at, bytes } of stack.pieces) {
    if (complete(copy_to_user(task, at, bytes)) !== 0)
      throw new ExecError('There is not enough memory for the program’s stack.');
  }
  return { sp, auxv: wordBytes(word, auxv) };
}
