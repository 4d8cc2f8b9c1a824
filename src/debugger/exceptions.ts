/** Turns traps, kernel events and events of the MPX unit into stops of the exception filters, with their texts. */
import { hex } from '../base/hex.ts';
import type { Insn } from '../isa/insn.ts';
import type { KernelEvent, TaskView } from '../kernel/api.ts';
import { type Stop as MachineStop, type MpxEvent, PF_INSTR, PF_WRITE, Vector } from '../machine/api.ts';
import { mibOperand } from './code.ts';
import { boundsText } from './format.ts';
import type { FilterId, TrapStop } from './stop.ts';
import type { ProgramSymbols } from './symbols.ts';
import { signalText } from './timeline.ts';

const SIGSEGV = 11;
const SI_KERNEL = 0x80;
const SEGV_BNDERR = 3;

/** BNDSTATUS error codes (spec A.2). */
const EC_VIOLATION = 1n;
const EC_MISSING_TABLE = 2n;

/** What one exception is about: the filter, and the texts made only if it is on. */
export interface Exception {
  filter: FilterId;
  describe(): { text: string; details: string[] };
}

/** What the trap means to the user before the kernel acts, if anything. Violations are described by `describeViolation`. */
export function trapException(
  task: TaskView,
  trap: TrapStop,
  describeViolation: () => { text: string; details: string[] },
  describeMissingTable: () => { text: string; details: string[] },
): Exception | undefined {
  if (trap.vector !== Vector.BR) return undefined;
  const code = task.cpu.bndstatus & 3n;
  if (code === EC_VIOLATION) return { filter: 'bounds-violation', describe: describeViolation };
  if (code === EC_MISSING_TABLE) return { filter: 'missing-table', describe: describeMissingTable };
  return undefined;
}

/** The table that BNDLDX or BNDSTX at the task's RIP did not find, and what the kernel will do about it. */
export function describeMissingTable(
  { cpu }: TaskView,
  insn: Insn | undefined,
  symbols: ProgramSymbols,
  managed: bigint | undefined,
): { text: string; details: string[] } {
  const entry = hex(cpu.bndstatus & ~3n);
  const at = symbols.describe(cpu.rip);
  const operand = insn && [insn.a, insn.b].find((one) => one?.kind === 'mem');
  const mib = operand?.kind === 'mem' ? mibOperand(cpu, operand) : undefined;
  const text =
    insn && mib
      ? `Missing bounds table: ${insn.op.toUpperCase()} for the pointer in ${hex(mib.slot)} finds no table in the directory entry at ${entry} (${at})`
      : `Missing bounds table: the directory entry at ${entry} is not valid (${at})`;
  const base = cpu.bndcfgu & ~0xfffn;
  const next =
    managed === undefined
      ? 'The kernel does not manage the directory, so it will raise SIGSEGV.'
      : managed === base
        ? 'The kernel manages the directory: it will allocate a table, and the instruction starts again.'
        : `The kernel manages another directory (${hex(managed)}) than BNDCFGU names (${hex(base)}).`;
  return {
    text,
    details: [...(mib ? [`Pointer: ${hex(mib.pointer)}`] : []), `BNDSTATUS = ${hex(cpu.bndstatus)}`, next],
  };
}

/** How the program came into the kernel, remembered to explain what the kernel does. */
export interface KernelEntry {
  stop: MachineStop;
  /** RIP at entry. */
  pc: bigint;
  /** BNDSTATUS error code at entry. */
  errorCode: bigint;
  /** A stop for this entry was already made. */
  reported: boolean;
}

export function kernelEntry(task: TaskView, stop: MachineStop): KernelEntry {
  return { stop, pc: task.cpu.rip, errorCode: task.cpu.bndstatus & 3n, reported: false };
}

/** What a kernel event means to the user, if anything. */
export function eventException(
  event: KernelEvent,
  entry: KernelEntry | undefined,
  symbols: ProgramSymbols,
): Exception | undefined {
  const at = symbols.describe(event.pc);
  const plain = (filter: FilterId, text: string, ...details: string[]): Exception => ({
    filter,
    describe: () => ({ text, details }),
  });
  switch (event.kind) {
    case 'oops':
      return plain('kernel-refused', `Kernel oops in ${event.function}: ${event.reason}`, `The program was at ${at}.`);
    case 'table-failed':
      return plain(
        'kernel-refused',
        `No bounds table: ${event.reason}`,
        `Directory entry ${hex(event.entry)}, at ${at}.`,
      );
    case 'signal':
      return event.action === 'ignore' ? undefined : signalException(event, entry, at);
    default:
      return undefined;
  }
}

function signalException(
  event: Extract<KernelEvent, { kind: 'signal' }>,
  entry: KernelEntry | undefined,
  at: string,
): Exception | undefined {
  const { info, action } = event;
  const goes = action === 'kill' ? 'It ends the process.' : 'The program handles it.';
  const make = (filter: FilterId, text: string, details: string[] = []): Exception => ({
    filter,
    describe: () => ({ text, details: [...details, signalText(info), goes] }),
  });
  if (info.signo !== SIGSEGV) return make('signal', `Signal ${signalText(info)} (${at})`);
  const stop = entry?.stop;
  const isBr = stop?.kind === 'trap' && stop.vector === Vector.BR;
  // The violation itself has its own filter.
  if (info.code === SEGV_BNDERR || (isBr && entry?.errorCode === EC_VIOLATION)) return undefined;
  if (isBr)
    return make('kernel-refused', `The kernel did not supply a bounds table and raised SIGSEGV (${at})`, [
      'Tables are only supplied while the kernel manages the directory: see the conditions in the panel “MPX Tables”.',
    ]);
  if (stop?.kind === 'syscall' && info.code === SI_KERNEL)
    return make('kernel-refused', `Freeing bounds tables failed after the memory was unmapped (${at})`, [
      'The system call itself succeeded; the kernel kills the program because a directory entry is not as it expects (K-27).',
    ]);
  return make('segmentation-fault', `Segmentation fault: ${accessText(stop, info.address)} (${at})`);
}

function accessText(stop: MachineStop | undefined, address: bigint): string {
  if (stop?.kind !== 'trap') return signalAddress(address);
  if (stop.vector === Vector.GP) return 'general protection fault';
  if (stop.vector !== Vector.PF) return signalAddress(address);
  const access = stop.errorCode & PF_INSTR ? 'jump to' : stop.errorCode & PF_WRITE ? 'write to' : 'read from';
  return `${access} ${hex(address)}`;
}

const signalAddress = (address: bigint): string => `access to ${hex(address)}`;

/** An event of the MPX unit as an exception. */
export function mpxException(event: MpxEvent, symbols: ProgramSymbols): Exception {
  const at = symbols.describe(event.pc);
  if (event.kind === 'bounds-lost')
    return {
      filter: 'bounds-lost',
      describe: () => ({
        text: `Bounds lost: the branch at ${at} has no BND prefix and reset ${event.lost.map(boundsText).join(', ')}`,
        details: ['With BNDPRESERVE = 1 they would have been kept.'],
      }),
    };
  return {
    filter: 'bndldx-mismatch',
    describe: () => ({
      text: `BNDLDX mismatch at ${at}: the entry of ${hex(event.slot)} is for ${hex(event.stored)}, the pointer is ${hex(event.pointer)}`,
      details: ['The bounds are INIT now: the pointer goes on unchecked.'],
    }),
  };
}
