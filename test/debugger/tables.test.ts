import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Continue } from '../../src/debugger/plans.ts';
import { RunControl, type RunHooks } from '../../src/debugger/run-control.ts';
import { startProgram } from '../../src/debugger/start.ts';
import { TableLedger } from '../../src/debugger/tables.ts';
import type { KernelEvent, ProcessView } from '../../src/kernel/api.ts';
import type { KernelChoice } from '../../src/protocol/launch.ts';
import { linkProgram } from './assemble.ts';

const SILENT: RunHooks = {
  breakpointAddresses: () => [],
  atBreakpoint: () => undefined,
  beforeTrap: () => undefined,
  takeRequestedStop: () => undefined,
  enteringKernel: () => undefined,
};

/** Runs a program to its end and keeps its history of tables. */
function history(
  program: string,
  kernel: KernelChoice['profile'] = 'v4.1',
): { ledger: TableLedger; process: ProcessView } {
  const ledger = new TableLedger((pc) => `0x${pc.toString(16)}`);
  const { process } = startProgram({
    configuration: { program, kernel },
    bytes: new Uint8Array(fs.readFileSync(program)),
    inputs: { random: (count) => new Uint8Array(count), stdin: () => new Uint8Array(), startTime: () => 0n },
    outputs: { write: () => undefined },
    onEvent: (event: KernelEvent) => ledger.note(event),
  });
  const control = new RunControl(process, SILENT);
  control.resume(new Continue());
  while (control.slice(10_000_000).kind === 'running');
  return { ledger, process };
}

describe('The ledger of bounds tables', () => {
  const sample = (name: string) => path.join(PROJECT_ROOT, 'samples/bin', name);

  it('knows allocated and freed tables after the program has ended and turned MPX off', () => {
    const { ledger, process } = history(sample('table-storm.O2'));
    assert.deepEqual(ledger.counts(process), { live: 32, everAllocated: 64, freed: 32, leaked: 0, zapped: 0 });
  });

  it('calls a table leaked that outlives the memory it describes: v4.1 takes a neighbouring table for data (K-15), ideal does not', () => {
    const old = history(sample('linked-list.O2'));
    const ideal = history(sample('linked-list.O2'), 'ideal');
    assert.ok(old.ledger.counts(old.process).leaked > 0);
    assert.equal(ideal.ledger.counts(ideal.process).leaked, 0);
  });

  it('describes each live table with its area, pages and entries', () => {
    const { ledger, process } = history(sample('table-storm.O2'));
    const live = ledger.tables(process).filter((record) => record.freedAt === undefined);
    for (const record of live) {
      const row = ledger.row(record, process, process.vmas());
      assert.deepEqual([row.state, row.liveEntries, row.residentPages], ['live', 1, 1]);
      assert.equal(BigInt(row.areaEnd) - BigInt(row.areaStart), 1n << 20n);
      assert.match(row.allocatedBy, /^0x4/);
    }
  });

  it('does not take other data for a directory that was never set up', () => {
    const { program } = linkProgram(
      'base-zero',
      `	.globl _start
_start:	mov $0x18, %eax
	xor %edx, %edx
	xrstor image(%rip)
	mov $60, %eax
	xor %edi, %edi
	syscall
	.data
	.p2align 6
image:	.skip 512
	.quad 0x18,0,0,0,0,0,0,0
	.skip 1024-576
	.quad 1,0,0,0,0,0,0,0		# BNDCFGU: enabled, directory at 0
odd:	.fill 64, 8, 0x1000001		# looks like entries
`,
    );
    const { ledger, process } = history(program);
    assert.equal(ledger.counts(process).live, 0);
  });
});
