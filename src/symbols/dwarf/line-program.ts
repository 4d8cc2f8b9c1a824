import { CursorError } from '../../base/cursor.ts';
import { targetAddress } from './forms.ts';
import type { LineHeader } from './line-header.ts';
import { type LineRows, ROW_IS_STATEMENT, ROW_PROLOGUE_END } from './line-rows.ts';

/** Standard opcodes (DWARF 5, 6.2.5.2). */
const Standard = {
  copy: 1,
  advancePc: 2,
  advanceLine: 3,
  setFile: 4,
  setColumn: 5,
  negateStatement: 6,
  setBasicBlock: 7,
  constAddPc: 8,
  fixedAdvancePc: 9,
  setPrologueEnd: 10,
} as const;

/** Extended opcodes (DWARF 5, 6.2.5.3). */
const Extended = { endSequence: 1, setAddress: 2, defineFile: 3 } as const;

/** What a line program tells of what it makes. */
export interface LineSink {
  readonly rows: LineRows;
  /** A link-time address as distance from the image base; NaN if no code is there. */
  distance(address: bigint): number;
  /** Number of the file that the program calls `index`. */
  fileNumber(index: number): number;
  /** A sequence ended at `stop`; its rows are those from `first` on. They may be removed again by lowering `rows.count`. */
  endSequence(first: number, stop: number): void;
}

/**
 * Runs the line-number program behind `header` (DWARF 5, 6.2.5). Each byte makes at most one row, so the work is
 * bounded by the section's size. Rows of a sequence that does not end are dropped.
 * @throws CursorError if the program is broken; sequences ended before are kept.
 */
export function runLineProgram(header: LineHeader, sink: LineSink): void {
  const { program: cursor, lineBase, lineRange, minInstructionLength, operandCounts } = header;
  const { rows } = sink;
  const opcodeBase = operandCounts.length + 1;
  const constAdd = Math.floor((255 - opcodeBase) / lineRange) * minInstructionLength;

  let first = rows.count;
  let address = sink.distance(0n);
  let file = 1;
  let fileNumber = -1;
  let line = 1;
  let column = 0;
  let isStatement = header.defaultIsStatement;
  let prologueEnd = 0;

  const reset = () => {
    first = rows.count;
    address = sink.distance(0n);
    file = 1;
    fileNumber = -1;
    line = 1;
    column = 0;
    isStatement = header.defaultIsStatement;
    prologueEnd = 0;
  };
  const emit = () => {
    if (fileNumber < 0) fileNumber = sink.fileNumber(file);
    rows.push(address, fileNumber, line, column, (isStatement ? ROW_IS_STATEMENT : 0) | prologueEnd);
    prologueEnd = 0;
  };
  const extended = (length: number) => {
    if (length === 0) return;
    const operands = cursor.sub(length);
    switch (operands.u8()) {
      case Extended.endSequence:
        sink.endSequence(first, address);
        reset();
        break;
      case Extended.setAddress:
        // The operand's own size tells more than a header (DWARF 2–4 headers do not tell at all).
        address = sink.distance(targetAddress(operands, operands.remaining));
        break;
      case Extended.defineFile:
        header.defineFile(operands);
        break;
      // The others (discriminators, vendors' own) do not matter for addresses and lines.
    }
  };

  try {
    while (cursor.position < cursor.end) {
      const opcode = cursor.u8();
      if (opcode >= opcodeBase) {
        const adjusted = opcode - opcodeBase;
        address += Math.floor(adjusted / lineRange) * minInstructionLength;
        line = (line + lineBase + (adjusted % lineRange)) >>> 0;
        emit();
        continue;
      }
      switch (opcode) {
        case 0:
          extended(cursor.uleb());
          break;
        case Standard.copy:
          emit();
          break;
        case Standard.advancePc:
          address += cursor.uleb() * minInstructionLength;
          break;
        case Standard.advanceLine:
          line = (line + cursor.sleb()) >>> 0;
          break;
        case Standard.setFile:
          file = cursor.uleb();
          fileNumber = -1;
          break;
        case Standard.setColumn:
          column = cursor.uleb();
          break;
        case Standard.negateStatement:
          isStatement = !isStatement;
          break;
        case Standard.setBasicBlock:
          break;
        case Standard.constAddPc:
          address += constAdd;
          break;
        case Standard.fixedAdvancePc:
          address += cursor.u16();
          break;
        case Standard.setPrologueEnd:
          prologueEnd = ROW_PROLOGUE_END;
          break;
        default:
          for (let i = 0; i < operandCounts[opcode - 1]; i++) cursor.uleb();
      }
    }
    if (rows.count > first) throw new CursorError('its last sequence has no end');
  } finally {
    rows.count = first;
  }
}
