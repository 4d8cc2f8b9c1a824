/**
 * What tells one kernel's MPX code from another's: each quirk of spec B.10 is a switch, a kernel is a set of switches. There is
 * one implementation; it reads these.
 *
 * Quirks that are no switch, because no code of the kernel could differ: K-25 (a comment), K-29, K-30 and K-32 (what the CPU and
 * the program do), K-33 (the signal frame's business), K-34 (unreachable), K-37 (one memory map per process here), K-41 (nothing
 * better could be done).
 */
import type { KernelVersion, ProfileId } from '../api.ts';

/** Every switch: how the kernel behaves while it is on, and for which kernels it is. Columns: v4.1, v4.19, v5.5, ideal. */
const SWITCHES = {
  // The address that a violation reports.
  /** K-01: REX.X counts; otherwise index r8–r15 is read as rax–rdi. */
  decodeRexX: [false, true, true, true],
  /** K-02: SIB index 100b means no index; otherwise rsp, scaled, is added. */
  sibNoIndex: [false, true, true, true],
  /** K-03: SIB base 101b with mod 0 means no base; otherwise rbp or r13 is added. */
  sibNoBase: [false, true, true, true],
  /** K-04: mod 0 with r/m 101b is RIP-relative (absolute in 32-bit code); otherwise rbp or r13 is added. */
  ripRelative: [false, true, true, true],
  /** K-05: the base of an overriding FS or GS is added, although the CPU compares without it. */
  addSegBase: [false, true, true, false],
  /** K-07: a 67h prefix truncates to 32 bits, although the CPU ignores it in 64-bit code. */
  honour67h: [false, true, true, false],
  /** K-06: the address ffffffffffffffffh is taken for a failure of the decoder. */
  allOnesIsFailure: [true, true, true, false],
  /** K-08: whatever has opcode 0F 1A or 0F 1B passes for a check: BNDMK, BNDMOV, BNDLDX, BNDSTX too. */
  opcodeOnlyFilter: [true, true, true, false],
  /** K-19: a register number equal to the number of registers passes (it cannot occur). */
  registerCountInclusive: [true, false, false, false],
  /** K-20: with all of BND0–3 in their initial state a violation (of BNDCN) is not reported as one. */
  initBndregsUnreported: [true, true, true, false],
  /** K-21: si_upper is the complement of UB for BNDCN too, which compared with UB itself. */
  bndcnUpperComplemented: [true, true, true, false],
  /** K-22: a flag of the thread tells 64-bit code from 32-bit code, not CS. */
  codeSizeFromTask: [true, true, true, false],
  /** K-46: an instruction cut off by the end of the readable bytes is decoded as if zeros followed. */
  shortCopyReadsZero: [true, true, true, false],

  // Management.
  /** K-43: 32-bit programs may use MPX on a 64-bit kernel. */
  ia32Allowed: [false, true, true, true],
  /** K-45: a 32-bit program's table is looked for at 64-bit addresses and so never found. */
  ia32TableSearchedWide: [false, true, true, false],
  /** Management is refused while a mapping ends above 2^47 (4.14). */
  check47bit: [false, true, true, true],
  /** K-23: an attempt to enable that fails forgets the directory of an earlier one. */
  failedEnableForgets: [true, true, true, false],
  /** K-44: the memory that a directory entry covers follows from the CPU's linear-address width. */
  bdOffsetByVirtBits: [false, true, true, false],
  /** The kernel was built with MPX at all (CONFIG_X86_INTEL_MPX). */
  configMpx: [true, true, true, true],

  // Missing tables.
  /** A table's mapping is known by its operations object (K-26), not by the flag VM_MPX. */
  vmOps: [true, false, false, false],
  /** K-31: a table is still mapped when the map count has reached its limit. */
  mapCountInclusive: [true, true, true, false],
  /** A failed allocation is returned to do_bounds, which signals; otherwise mpx_handle_bd_fault signals itself. */
  bdFaultErrorPath: [false, true, true, true],
  /** K-28 if off: the thread's trap number and error code are not set when an allocation fails. */
  trapnoOnBdFault: [false, true, true, true],
  /** K-42: BNDCFGU says where tables are installed, mm->bd_addr where they are freed; a program that switched has both. */
  faultTrustsBndcfgu: [true, true, true, false],

  // Unmapping.
  /** Tables are freed area by area (4.2); otherwise both edges first, then what lies between. */
  perAreaUnmap: [false, true, true, true],
  /** The tables are cared for before the mapping is unlinked (5.2): K-17, K-18. */
  notifyBeforeDetach: [false, false, true, false],
  /** K-09: without a table at the first edge, the last edge is not looked at. */
  edgeEnoentReturns: [true, false, false, false],
  /** K-15, K-16 if off: bounds tables count as neighbours. */
  skipMpxNeighbours: [false, false, false, true],
  /** K-10: a bounds table in the unmapped range stops everything. */
  mpxInRangeCancels: [true, true, true, false],
  /** K-11: the walk over a table's mappings reads behind the last one. */
  zapReadsPastLast: [true, true, true, false],
  /** K-12: a table is unmapped without a look whether it is one. */
  freeUnchecked: [true, true, true, false],
  /** K-13: an entry with only reserved bits counts as empty when unmapping (as garbage when allocating). */
  reservedBitsAreEmpty: [true, true, true, false],
  /** K-14: an entry with reserved bits beside the table's address cannot be freed. */
  reservedBitsRefuseFree: [true, true, true, false],
  /** K-24: an entry stays cleared when its table then cannot be unmapped. */
  failedFreeLeaks: [true, true, true, false],
  /** K-27: an error while tables are freed kills the program, although munmap has succeeded. */
  teardownErrorKills: [true, true, true, false],
} as const satisfies Record<string, readonly [boolean, boolean, boolean, boolean]>;

type SwitchName = keyof typeof SWITCHES;
export type Switches = Record<SwitchName, boolean>;

export const SWITCH_NAMES = Object.keys(SWITCHES) as SwitchName[];
const VERSIONS: readonly KernelVersion[] = ['v4.1', 'v4.19', 'v5.5', 'ideal'];
export const PROFILE_IDS: readonly ProfileId[] = [...VERSIONS, 'v4.1-i386'];

/** A kernel: its release and its switches. */
export interface Profile {
  readonly id: ProfileId;
  readonly version: KernelVersion;
  /** Word size of the kernel. */
  readonly bits: 32 | 64;
  readonly switches: Readonly<Switches>;
}

/** A release, or a release with some of its switches set otherwise. */
export type ProfileChoice =
  | ProfileId
  | { readonly profile: ProfileId; readonly switches?: Readonly<Record<string, boolean>> };

/** A choice that names no known release or switch; the message says which there are. */
export class UnknownProfile extends Error {}

function switchesOf(version: KernelVersion, bits: 32 | 64): Switches {
  const column = VERSIONS.indexOf(version);
  const switches = Object.fromEntries(SWITCH_NAMES.map((name) => [name, SWITCHES[name][column]])) as Switches;
  // No 32-bit program is foreign to a 32-bit kernel.
  return bits === 32 ? { ...switches, ia32Allowed: true } : switches;
}

const isSwitch = (name: string): name is SwitchName => Object.hasOwn(SWITCHES, name);

/** The kernel that `choice` means; v4.1 by default. Throws UnknownProfile. */
export function resolveProfile(choice: ProfileChoice = 'v4.1'): Profile {
  const { profile: id, switches: changed = {} } = typeof choice === 'string' ? { profile: choice } : choice;
  if (!PROFILE_IDS.includes(id)) {
    throw new UnknownProfile(`There is no kernel profile '${id}'; choose one of ${PROFILE_IDS.join(', ')}.`);
  }
  const version = id === 'v4.1-i386' ? 'v4.1' : id;
  const bits = id === 'v4.1-i386' ? 32 : 64;
  const switches = switchesOf(version, bits);
  for (const [name, value] of Object.entries(changed)) {
    if (!isSwitch(name)) {
      throw new UnknownProfile(`There is no kernel switch '${name}'; choose from ${SWITCH_NAMES.join(', ')}.`);
    }
    if (typeof value !== 'boolean') throw new UnknownProfile(`The kernel switch '${name}' must be true or false.`);
    switches[name] = value;
  }
  return { id, version, bits, switches };
}
