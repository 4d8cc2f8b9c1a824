/** The line number program (DWARF 4, 6.2) of a source. */
import { ByteList } from '../bytes.ts';
import { AsmSymbol, offsetOf, symbolic } from '../model.ts';
import type { Fixup, LineMark, Section } from '../sections.ts';
import type { Place } from '../source.ts';

const VERSION = 4;
/** Special opcodes say a line from −5 to 8 ahead and, together, an address. */
const LINE_BASE = -5;
const LINE_RANGE = 14;
const OPCODE_BASE = 13;
/** Arguments of the standard opcodes 1 … 12. */
const LENGTHS = [0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];

export interface LineFile {
  number: number;
  directory: string;
  name: string;
}

export interface LineProgram {
  bytes: Uint8Array;
  fixups: Fixup[];
}

/** A symbol at the start of `section`. */
export function startOf(section: Section): AsmSymbol {
  const symbol = new AsmSymbol('');
  symbol.label = { section, fragment: 0, offset: 0, stretch: 0, within: 0 };
  return symbol;
}

/** Call it after the layout of the code. */
export function lineProgram(sections: readonly Section[], files: readonly LineFile[], place: Place): LineProgram {
  const bytes = new ByteList();
  const fixups: Fixup[] = [];
  bytes.u32(0).u16(VERSION).u32(0);
  const headerFrom = bytes.length;
  bytes.u8(1).u8(1).u8(1).u8(LINE_BASE).u8(LINE_RANGE).u8(OPCODE_BASE).push(LENGTHS);
  const directories = [...new Set(files.map(({ directory }) => directory))].filter((directory) => directory !== '');
  for (const directory of directories) bytes.cstring(directory);
  bytes.u8(0);
  const last = Math.max(0, ...files.map(({ number }) => number));
  for (let number = 1; number <= last; number++) {
    // Numbers that were left out need a name too.
    const file = files.find((one) => one.number === number) ?? { directory: '', name: '-' };
    bytes
      .cstring(file.name)
      .uleb(directories.indexOf(file.directory) + 1)
      .uleb(0)
      .uleb(0);
  }
  bytes.u8(0);
  const headerLength = bytes.length - headerFrom;
  for (const section of sections) {
    if (!section.lines.length) continue;
    bytes.u8(0).uleb(9).u8(2);
    fixups.push({ offset: bytes.length, size: 8, expression: symbolic(startOf(section)), place });
    bytes.u64(0);
    writeRows(bytes, section);
  }
  const view = new DataView(bytes.bytes.buffer);
  view.setUint32(0, bytes.length - 4, true);
  view.setUint32(6, headerLength, true);
  return { bytes: bytes.bytes, fixups };
}

/** The rows of one section, as one sequence. */
function writeRows(bytes: ByteList, section: Section): void {
  const state = { address: 0, line: 1, file: 1, column: 0, statement: true };
  for (const row of section.lines) {
    if (row.file !== state.file) bytes.u8(4).uleb(row.file);
    if (row.column !== state.column) bytes.u8(5).uleb(row.column);
    if (row.statement !== state.statement) bytes.u8(6);
    markRow(bytes, row);
    advance(bytes, offsetOf(row.label) - state.address, row.line - state.line);
    Object.assign(state, {
      address: offsetOf(row.label),
      line: row.line,
      file: row.file,
      column: row.column,
      statement: row.statement,
    });
  }
  const rest = section.size - state.address;
  if (rest) bytes.u8(2).uleb(rest);
  bytes.u8(0).uleb(1).u8(1);
}

function markRow(bytes: ByteList, { basicBlock, prologueEnd, epilogueBegin }: LineMark): void {
  if (basicBlock) bytes.u8(7);
  if (prologueEnd) bytes.u8(10);
  if (epilogueBegin) bytes.u8(11);
}

/** One row `address` bytes and `line` lines ahead. */
function advance(bytes: ByteList, address: number, line: number): void {
  let lines = line;
  if (lines < LINE_BASE || lines >= LINE_BASE + LINE_RANGE) {
    bytes.u8(3).sleb(lines);
    lines = 0;
  }
  const special = lines - LINE_BASE + OPCODE_BASE;
  const together = special + address * LINE_RANGE;
  if (together <= 255) bytes.u8(together);
  else bytes.u8(2).uleb(address).u8(special);
}
