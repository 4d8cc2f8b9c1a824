import { alignUp } from '../base/address.ts';
import { Cursor, CursorError } from '../base/cursor.ts';
import type { SourceLocation } from './api.ts';
import type { DebugFiles } from './debug-files.ts';
import { DebugInformation } from './debug-information.ts';
import { DebugEntries, type Entry } from './dwarf/entries.ts';
import { type LineHeader, readLineHeader } from './dwarf/line-header.ts';
import type { DwarfSections } from './dwarf/sections.ts';
import { numberOf } from './dwarf/unit-values.ts';
import type { CompilationUnit } from './dwarf/units.ts';
import { PT_TLS } from './elf/constants.ts';
import { sectionBytes, sectionNamed } from './elf/file.ts';
import { type ThreadRelocations, threadRelocations } from './elf/thread-relocations.ts';
import type { UnitIndex } from './unit-index.ts';
import { FrameTables } from './unwind/frame-tables.ts';
import { FrameUnwinder } from './unwind/unwind.ts';
import { Locator } from './variable-location.ts';

const AT_CALL_FILE = 0x58;
const AT_CALL_LINE = 0x59;
const AT_CALL_COLUMN = 0x57;

/** What the debug information of one loaded file tells beyond lines: functions, variables, types and how to unwind. */
export class ModuleDebug {
  readonly information: DebugInformation;
  readonly locator: Locator;
  private frameUnwinder: FrameUnwinder | undefined;
  private relocations: ThreadRelocations | undefined;
  private readonly lineHeaders = new Map<CompilationUnit, LineHeader | undefined>();

  constructor(
    private readonly files: DebugFiles,
    private readonly sections: DwarfSections,
    units: UnitIndex,
    readonly bias: bigint,
  ) {
    const entries = new DebugEntries(units.units, files.debug.remarks);
    this.information = new DebugInformation(entries, units, bias);
    this.locator = new Locator(this.information);
  }

  get unwinder(): FrameUnwinder {
    if (!this.frameUnwinder) {
      const { elf, debug } = this.files;
      const sections = [
        { file: elf, name: '.eh_frame' },
        { file: debug, name: '.debug_frame' },
        { file: debug, name: '.zdebug_frame' },
      ].flatMap(({ file, name }) => {
        const section = sectionNamed(file, name);
        const bytes = section && sectionBytes(file, section);
        if (!section || !bytes) return [];
        return [{ bytes, address: section.address, isEhFrame: name === '.eh_frame', addressSize: elf.is64 ? 8 : 4 }];
      });
      this.frameUnwinder = new FrameUnwinder(new FrameTables(sections, elf.remarks), this.bias);
    }
    return this.frameUnwinder;
  }

  /** Bytes of the block that each thread has of the file's thread-local variables, with its alignment; undefined if it has none. */
  get threadStorageSize(): bigint | undefined {
    const segment = this.files.elf.segments.find(({ type }) => type === PT_TLS);
    return segment && alignUp(segment.memsz, segment.align > 0n ? segment.align : 1n);
  }

  get threadRelocations(): ThreadRelocations {
    this.relocations ??= threadRelocations(this.files.elf);
    return this.relocations;
  }

  /** Where an inlined copy was called from. */
  callLocation(inlined: Entry): SourceLocation | undefined {
    const line = numberOf(inlined.values.get(AT_CALL_LINE));
    const file = numberOf(inlined.values.get(AT_CALL_FILE));
    const path = file === undefined ? undefined : this.lineHeader(inlined.unit)?.filePath(file);
    if (line === undefined || path === undefined) return undefined;
    return { file: path, line, column: numberOf(inlined.values.get(AT_CALL_COLUMN)) ?? 0 };
  }

  private lineHeader(unit: CompilationUnit): LineHeader | undefined {
    if (!this.lineHeaders.has(unit)) {
      let header: LineHeader | undefined;
      try {
        const cursor = new Cursor(this.sections.line, unit.lineTable ?? 0);
        if (unit.lineTable !== undefined)
          header = readLineHeader(cursor, this.sections, unit.compDir, this.files.elf.is64 ? 8 : 4);
      } catch (error) {
        if (!(error instanceof CursorError)) throw error;
      }
      this.lineHeaders.set(unit, header);
    }
    return this.lineHeaders.get(unit);
  }
}
