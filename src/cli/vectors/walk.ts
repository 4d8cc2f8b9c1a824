/**
 * A walk through directory and table as the CPU does it, watched from outside: what is not mapped yet shows as a page fault at the
 * address that was wanted.
 */
import { type Machine, type MpxEvent, type Stop, type Vcpu, Vector } from '../../machine/api.ts';
import { NotUnderstood } from './fields.ts';
import { type CodeMode, place, stepOne, stopText, wordsOf } from './machine.ts';

/** Directory entry to use where the vector's has no table, when only the operand is of interest. */
const SOME_TABLE = { 64: 0x7e0000000001n, 32: 0x7e000001n } as const;

export interface WalkSetup {
  readonly machine: Machine;
  readonly mode: CodeMode;
  /** A CPU at the instruction, which is in place. */
  cpu(): Vcpu;
  /** Takes away all pages but the code's. */
  clear(): void;
}

export interface Walk {
  readonly bde_addr: bigint;
  /** Whether #BR was raised, with the status then. */
  readonly br: boolean;
  readonly bndstatus: bigint;
  /** Where the table entry is; undefined with #BR. */
  readonly bte_addr: bigint | undefined;
  /** Registers after the whole instruction. */
  readonly cpu: Vcpu;
  /** The machine's report that the stored pointer was another one. */
  readonly mismatch: Extract<MpxEvent, { kind: 'bndldx-mismatch' }> | undefined;
}

function pageFault(stop: Stop): bigint {
  if (stop.kind === 'trap' && stop.vector === Vector.PF) return stop.address;
  throw new NotUnderstood(`the instruction ended with ${stopText(stop)} where a page fault was to show an address`);
}

/** Executes one instruction with the machine's reports about it. */
function observed(setup: WalkSetup, cpu: Vcpu): { stop: Stop; events: MpxEvent[] } {
  const events: MpxEvent[] = [];
  setup.machine.observeMpx = (event) => events.push(event);
  const stop = stepOne(setup.machine, cpu);
  setup.machine.observeMpx = undefined;
  return { stop, events };
}

/**
 * Executes the instruction with nothing mapped, then with the directory entry, then with the table entry (lower, raw upper, pointer).
 * Where the table entry shares a page with the directory entry no fault shows it: then it is looked for at `unitsEntry`.
 */
export function watchWalk(setup: WalkSetup, bde_value: bigint, entry: readonly bigint[], unitsEntry: bigint): Walk {
  const { machine, mode } = setup;
  setup.clear();
  const bde_addr = pageFault(stepOne(machine, setup.cpu()));
  place(machine, bde_addr, wordsOf(mode, bde_value));
  const cpu = setup.cpu();
  const stop = stepOne(machine, cpu);
  if (stop.kind === 'trap' && stop.vector === Vector.BR) {
    return { bde_addr, br: true, bndstatus: cpu.bndstatus, bte_addr: undefined, cpu, mismatch: undefined };
  }
  const bte_addr = stop.kind === 'budget' ? unitsEntry : pageFault(stop);
  place(machine, bte_addr, wordsOf(mode, ...entry, 0n));
  const last = setup.cpu();
  const { stop: end, events } = observed(setup, last);
  if (end.kind !== 'budget') throw new NotUnderstood(`the instruction ended with ${stopText(end)}`);
  const mismatch = events.find((event) => event.kind === 'bndldx-mismatch');
  return { bde_addr, br: false, bndstatus: last.bndstatus, bte_addr, cpu: last, mismatch };
}

/** Slot address and pointer value of a BNDLDX: it tells them when the stored pointer is another one. */
export function watchOperand(setup: WalkSetup, pointer: bigint): { lap: bigint; ptr_value: bigint } {
  const table = SOME_TABLE[setup.mode];
  const { mismatch } = watchWalk(setup, table, [0n, 0n, BigInt.asUintN(setup.mode, ~pointer)], table);
  if (!mismatch) throw new NotUnderstood('the machine did not report the operand of BNDLDX');
  return { lap: mismatch.slot, ptr_value: mismatch.pointer };
}
