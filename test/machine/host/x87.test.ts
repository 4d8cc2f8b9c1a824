import assert from 'node:assert/strict';
import { Vector } from '../../../src/machine/api.ts';
import { CODE, DATA, Snippet } from '../snippet.ts';

/** FIP, FDP and FOP as FXSAVE64 (at RSI) stores them. */
function pointers(snippet: Snippet): Record<'fip' | 'fdp' | 'fop', bigint | undefined> {
  const { memory } = snippet.machine;
  const word = (offset: bigint, size: 2 | 8) => memory.readUint(DATA + 0x400n + offset, size);
  return { fip: word(8n, 8), fdp: word(16n, 8), fop: word(6n, 2) };
}

function at(hex: string): Snippet {
  const snippet = new Snippet(hex);
  snippet.cpu.setGpr(6, DATA + 0x400n);
  snippet.cpu.setGpr(7, DATA + 0x10n);
  return snippet;
}
const FXSAVE64 = '48 0f ae 06';

describe('The x87 unit', () => {
  it('keeps the address of its last instruction, and data pointer and opcode of an unmasked exception', () => {
    // fld1; fadds (%rdi)
    const quiet = at(`d9 e8 d8 07 ${FXSAVE64}`).finish();
    assert.deepEqual(pointers(quiet), { fip: CODE + 2n, fdp: 0n, fop: 0n });
    // fld1; fdivs (%rdi) by zero, ZE unmasked; a control instruction behind it changes nothing.
    const loud = at(`d9 e8 d8 37 9b`);
    loud.cpu.fcw = 0x37b;
    const stop = loud.run();
    assert.equal(stop.kind === 'trap' && stop.vector, Vector.MF);
    assert.equal(loud.cpu.rip, CODE + 4n, 'at FWAIT');
    loud.code(FXSAVE64).finish();
    assert.deepEqual(pointers(loud), { fip: CODE + 2n, fdp: DATA + 0x10n, fop: 0x037n });
  });

  it('truncates with FISTTP, whatever the rounding mode', () => {
    const snippet = at('d9 eb df 0c 25 00 00 60 00');
    snippet.cpu.fcw = 0xb7f;
    snippet.finish();
    assert.equal(snippet.machine.memory.readUint(DATA, 2), 3n);
    assert.equal(snippet.cpu.ftw, 0);
  });

  it('leaves no trace of an instruction whose memory access faults', () => {
    const snippet = at('d9 e8 db 3c 25 00 00 00 10');
    const stop = snippet.run();
    assert.equal(stop.kind === 'trap' && stop.vector, Vector.PF);
    assert.equal(snippet.cpu.ftw, 0x80);
    assert.equal(snippet.cpu.fsw, 7 << 11);
  });
});
