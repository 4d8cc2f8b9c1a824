/**
 * A walk through directory and table as the CPU does it, watched from outside: what is not mapped yet shows as a page fault at the
 * address that was wanted.
 */
import { type Machine, type MpxEvent, type Stop, type Vcpu, Vector } from '../../machine/api.ts';
import { NotUnderstood } from './fields.ts';
import { place, stepOne, stopText, words } from './machine.ts';

/** Directory entry to use where the vector's has no table, when only the operand is of interest. */
const SOME_TABLE = 0x7e0000000001n;

export interface WalkSetup {
  readonly machine: Machine;
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
}

function pageFault(stop: Stop): bigint {
  if (stop.kind === 'trap' && stop.vector === Vector.PF) return stop.address;
  throw new NotUnderstood(`the instruction ended with ${stopText(stop)} where a page fault was to show an address`);
}

/** Executes the instruction with nothing mapped, then with the directory entry, then with the table entry (lower, raw upper, pointer). */
export function watchWalk(setup: WalkSetup, bde_value: bigint, entry: readonly bigint[]): Walk {
  const { machine } = setup;
  setup.clear();
  const bde_addr = pageFault(stepOne(machine, setup.cpu()));
  place(machine, bde_addr, words(bde_value));
  const cpu = setup.cpu();
  const stop = stepOne(machine, cpu);
  if (stop.kind === 'trap' && stop.vector === Vector.BR) {
    return { bde_addr, br: true, bndstatus: cpu.bndstatus, bte_addr: undefined, cpu };
  }
  const bte_addr = pageFault(stop);
  place(machine, bte_addr, words(...entry, 0n));
  const last = setup.cpu();
  const end = stepOne(machine, last);
  if (end.kind !== 'budget') throw new NotUnderstood(`the instruction ended with ${stopText(end)}`);
  return { bde_addr, br: false, bndstatus: last.bndstatus, bte_addr, cpu: last };
}

/** Slot address and pointer value of a BNDLDX: it tells them when the stored pointer is another one. */
export function watchOperand(setup: WalkSetup, pointer: bigint): { lap: bigint; ptr_value: bigint } {
  const seen: MpxEvent[] = [];
  setup.machine.observeMpx = (event) => seen.push(event);
  watchWalk(setup, SOME_TABLE, [0n, 0n, BigInt.asUintN(64, ~pointer)]);
  setup.machine.observeMpx = undefined;
  const mismatch = seen.find((event) => event.kind === 'bndldx-mismatch');
  if (!mismatch) throw new NotUnderstood('the machine did not report the operand of BNDLDX');
  return { lap: mismatch.slot, ptr_value: mismatch.pointer };
}
