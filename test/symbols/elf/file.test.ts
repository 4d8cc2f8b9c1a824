import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ElfError } from '../../../src/symbols/api.ts';
import { checkProgram } from '../../../src/symbols/elf/check.ts';
import { readElf } from '../../../src/symbols/elf/file.ts';
import { readNotes } from '../../../src/symbols/elf/notes.ts';

/** A 64-bit x86-64 program of one segment, without sections; `change` may spoil it. */
function tinyElf(change: (view: DataView) => void = () => {}): Uint8Array {
  const bytes = new Uint8Array(0x80);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, 62, true); // EM_X86_64
  view.setBigUint64(24, 0x400078n, true);
  view.setBigUint64(32, 64n, true); // program headers
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true); // PT_LOAD
  view.setUint32(68, 5, true);
  view.setBigUint64(64 + 16, 0x400000n, true);
  view.setBigUint64(64 + 32, 0x80n, true);
  view.setBigUint64(64 + 40, 0x80n, true);
  change(view);
  return bytes;
}

/** The sentence with which a file is refused. */
function refusal(bytes: Uint8Array): string {
  try {
    checkProgram(readElf(bytes, 'prog'));
  } catch (error) {
    assert.ok(error instanceof ElfError);
    return error.message;
  }
  throw new Error('it was accepted');
}

const text = (content: string) => new TextEncoder().encode(content);

describe('the ELF headers', () => {
  it('accept an x86-64 program', () => {
    const elf = readElf(tinyElf());
    checkProgram(elf);
    assert.equal(elf.entry, 0x400078n);
    assert.deepEqual(elf.segments, [
      { type: 1, flags: 5, vaddr: 0x400000n, memsz: 0x80n, offset: 0n, filesz: 0x80n, align: 0n },
    ]);
    assert.deepEqual(elf.sections, []);
    assert.deepEqual(elf.remarks, []);
  });

  it('name what was chosen by mistake and what to do instead', () => {
    assert.equal(refusal(new Uint8Array()), 'prog is empty, not an ELF program; build or copy the program again.');
    assert.match(
      refusal(text('int main(void) { return 0; }\n')),
      /is a text file, not an ELF program; choose the program/,
    );
    assert.match(refusal(text('#!/bin/sh\necho\n')), /is a script, not an ELF program/);
    assert.match(refusal(text('MZ\x90\0')), /is a Windows program/);
    assert.match(refusal(text('!<arch>\n')), /is a library archive/);
    assert.match(refusal(Uint8Array.of(0, 1, 2, 3)), /is no ELF file/);
  });

  it('name the machine or class that a program is for', () => {
    const machine = (number: number) => tinyElf((view) => view.setUint16(18, number, true));
    assert.equal(
      refusal(machine(183)),
      'prog is a program for 64-bit ARM (AArch64); choose a program built for x86-64 Linux.',
    );
    assert.match(refusal(machine(40)), /for 32-bit ARM/);
    assert.match(refusal(machine(999)), /for machine number 999/);
    assert.match(refusal(tinyElf((view) => view.setUint8(5, 2))), /big-endian/);
    assert.match(refusal(tinyElf((view) => view.setUint8(4, 9))), /ELF class 9/);
    assert.match(refusal(tinyElf((view) => view.setUint16(16, 1, true))), /object file that is not linked/);
    assert.match(refusal(tinyElf((view) => view.setUint16(16, 4, true))), /core dump/);
    assert.match(refusal(tinyElf((view) => view.setUint32(64, 4, true))), /nothing to load/);
  });

  it('read 32-bit programs, so that these are refused by name', () => {
    const bytes = new Uint8Array(0x80);
    const view = new DataView(bytes.buffer);
    bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
    view.setUint16(16, 2, true);
    view.setUint16(18, 3, true);
    view.setUint32(24, 0x8048060, true);
    view.setUint32(28, 52, true);
    view.setUint16(42, 32, true);
    view.setUint16(44, 1, true);
    for (const [at, value] of [
      [52, 1],
      [60, 0x8048000],
      [68, 0x80],
      [72, 0x100],
      [76, 5],
    ])
      view.setUint32(at, value, true);
    const elf = readElf(bytes, 'prog');
    assert.equal(elf.entry, 0x8048060n);
    assert.deepEqual(elf.segments, [
      { type: 1, flags: 5, vaddr: 0x8048000n, memsz: 0x100n, offset: 0n, filesz: 0x80n, align: 0n },
    ]);
    assert.match(refusal(bytes), /^prog is a 32-bit x86 program; build it for x86-64 \(gcc -m64\)\.$/);
    view.setUint16(18, 62, true);
    assert.match(refusal(bytes), /x32/);
  });

  it('tell where a truncated program ends', () => {
    assert.match(refusal(tinyElf().subarray(0, 20)), /truncated: it ends within its ELF header/);
    assert.match(refusal(tinyElf().subarray(0, 0x70)), /program headers end at 0x78, the file at 0x70/);
    assert.match(refusal(tinyElf().subarray(0, 0x7a)), /a segment ends at 0x80, the file at 0x7a/);
  });

  it('lose the sections, not the program, when the section headers are broken', () => {
    const elf = readElf(
      tinyElf((view) => {
        view.setBigUint64(40, 0x1000n, true);
        view.setUint16(58, 64, true);
        view.setUint16(60, 3, true);
      }),
    );
    assert.deepEqual(elf.sections, []);
    assert.match(elf.remarks[0], /section headers cannot be read/);
    checkProgram(elf);
  });

  it('never fail in another way, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(0x7f), fc.nat(255)), { maxLength: 12 }), fc.nat(0x80), (changes, length) => {
        const bytes = tinyElf();
        for (const [at, value] of changes) bytes[at] = value;
        try {
          checkProgram(readElf(bytes.subarray(0, length)));
        } catch (error) {
          assert.ok(error instanceof ElfError, String(error));
          assert.match(error.message, /; .*\.$/);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('ELF notes', () => {
  it('are read with their padding, up to the first broken one', () => {
    const note = (owner: string, type: number, description: number[], size = description.length) => {
      const out = new Uint8Array(12 + 4 * Math.ceil((owner.length + 1) / 4) + 4 * Math.ceil(description.length / 4));
      const view = new DataView(out.buffer);
      view.setUint32(0, owner.length + 1, true);
      view.setUint32(4, size, true);
      view.setUint32(8, type, true);
      out.set(text(owner), 12);
      out.set(description, 12 + 4 * Math.ceil((owner.length + 1) / 4));
      return [...out];
    };
    const bytes = Uint8Array.from([
      ...note('GNU', 3, [1, 2, 3, 4, 5]),
      ...note('Other', 1, []),
      ...note('GNU', 1, [9], 999),
    ]);
    assert.deepEqual(readNotes(bytes), [
      { owner: 'GNU', type: 3, description: Uint8Array.of(1, 2, 3, 4, 5) },
      { owner: 'Other', type: 1, description: new Uint8Array() },
    ]);
  });
});
