import { Cursor, CursorError } from '../base/cursor.ts';
import { hex } from '../base/hex.ts';
import { type CodeRanges, CodeSpace } from './code-space.ts';
import { initialLength } from './dwarf/forms.ts';
import { type LineHeader, readLineHeader } from './dwarf/line-header.ts';
import type { DwarfSections } from './dwarf/sections.ts';
import type { CompilationUnit } from './dwarf/units.ts';
import { LineTable } from './line-table.ts';
import { baseNameOf } from './paths.ts';
import type { UnitIndex } from './unit-index.ts';

/** One table of .debug_line: where it is, and what has been read of it. */
interface TablePlace {
  readonly offset: number;
  readonly end: number;
  readonly unit: CompilationUnit | undefined;
  /** undefined once it is known to be broken. */
  header?: { read: LineHeader | undefined };
  table?: LineTable;
}

/** All line tables of a file. Headers are read when a file is looked for, and rows of those tables only that may have the answer. */
export class LineTables {
  readonly space: CodeSpace;
  private readonly byOffset = new Map<number, TablePlace>();
  private readonly read: { readonly table: LineTable; readonly unit: CompilationUnit | undefined }[] = [];
  private placeList: TablePlace[] | undefined;
  private unclaimed: readonly TablePlace[] | undefined;
  private fileList: string[] | undefined;

  constructor(
    private readonly sections: DwarfSections,
    private readonly index: UnitIndex,
    code: CodeRanges,
    private readonly addressSize: number,
    private readonly remarks: string[],
  ) {
    this.space = new CodeSpace(code);
  }

  /** Table after table, then those that units point to and no walk from the start reaches. No byte belongs to two. */
  private get places(): readonly TablePlace[] {
    if (this.placeList) return this.placeList;
    const { line } = this.sections;
    const unitOf = new Map<number, CompilationUnit>();
    for (const unit of this.index.units) {
      if (unit.lineTable === undefined || unit.entries.section.sections !== this.sections) continue;
      // Type units point to the table of the unit that they were taken from.
      if (unit.kind !== 'type' || !unitOf.has(unit.lineTable)) unitOf.set(unit.lineTable, unit);
    }
    const places: TablePlace[] = [];
    const walk = (from: number): number => {
      let at = from;
      while (at < line.length) {
        const end = this.endOf(at, unitOf.get(at));
        if (end === undefined) break;
        const place = { offset: at, end, unit: unitOf.get(at) };
        places.push(place);
        this.byOffset.set(at, place);
        at = end;
      }
      return at;
    };
    let reached = walk(0);
    for (const offset of [...unitOf.keys()].sort((a, b) => a - b)) {
      if (offset >= reached && offset < line.length) reached = walk(offset);
    }
    this.placeList = places;
    return places;
  }

  /** Where the table at `offset` ends; undefined, with a remark, if that cannot be told. */
  private endOf(offset: number, unit: CompilationUnit | undefined): number | undefined {
    return this.guarded({ offset, unit }, () => {
      const start = new Cursor(this.sections.line, offset);
      const { length } = initialLength(start);
      start.skip(length);
      return start.position;
    });
  }

  private guarded<T>({ offset, unit }: Pick<TablePlace, 'offset' | 'unit'>, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof CursorError)) throw error;
      this.remarks.push(`Lines of ${unit?.name || `the table at ${hex(offset)}`} are left out: ${error.message}.`);
      return undefined;
    }
  }

  private headerOf(place: TablePlace): LineHeader | undefined {
    if (!place.header) {
      const cursor = new Cursor(this.sections.line, place.offset, place.end);
      const compDir = place.unit?.compDir ?? '';
      const read = this.guarded(place, () => readLineHeader(cursor, this.sections, compDir, this.addressSize));
      place.header = { read };
    }
    return place.header.read;
  }

  private tableOf(place: TablePlace): LineTable | undefined {
    const header = this.headerOf(place);
    if (!header) return undefined;
    if (!place.table) {
      const table = new LineTable(this.space, place.unit?.isAssembly ?? false);
      place.table = table;
      this.read.push({ table, unit: place.unit });
      this.guarded(place, () => table.run(header));
    }
    return place.table;
  }

  private tables(places: readonly TablePlace[]): LineTable[] {
    return places.flatMap((place) => this.tableOf(place) ?? []);
  }

  all(): LineTable[] {
    return this.tables(this.places);
  }

  /** The tables that may know the line of a link-time address. */
  at(linked: bigint): LineTable[] {
    const { places } = this;
    // Tables that have been read need no look at where the code of all units is, which takes long in large programs.
    const distance = this.space.distance(linked);
    const known = this.read.find(({ table }) => table.sequenceAt(distance));
    if (known) return [known.table];
    const place = this.byOffset.get(this.index.at(linked)?.lineTable ?? -1);
    if (place) return this.tables([place]);
    // Tables whose units do not say where their code is, or that have no units.
    this.unclaimed ??= places.filter((one) => !one.unit?.ranges.length);
    return this.tables(this.unclaimed);
  }

  /** The unit whose table, among those that have been read, describes a link-time address. */
  unitAt(linked: bigint): CompilationUnit | undefined {
    const distance = this.space.distance(linked);
    return this.read.find(({ table }) => table.sequenceAt(distance))?.unit;
  }

  /** The tables that mention a file with the base name of `path`. */
  mentioning(path: string): LineTable[] {
    const wanted = baseNameOf(path);
    return this.tables(
      this.places.filter((place) =>
        this.headerOf(place)
          ?.files()
          .some((file) => baseNameOf(file) === wanted),
      ),
    );
  }

  /** Full paths of all files that tables mention, sorted. */
  files(): readonly string[] {
    if (!this.fileList) {
      const files = new Set(this.places.flatMap((place) => this.headerOf(place)?.files() ?? []));
      this.fileList = [...files].sort();
    }
    return this.fileList;
  }
}
