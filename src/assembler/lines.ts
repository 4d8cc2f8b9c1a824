/** Which line of which file each instruction is from: by `.loc`, or by the source itself. */
import type { State } from './state.ts';

export interface LocRow {
  file: number;
  line: number;
  column: number;
  statement: boolean;
  prologueEnd: boolean;
  epilogueBegin: boolean;
  basicBlock: boolean;
}

export class Lines {
  /** Files by number: those of `.file N`, or those that are read. */
  readonly files = new Map<number, { directory: string; name: string }>();
  /** Whether `.loc` says the lines. */
  given = false;
  private pending: LocRow | undefined;
  private lastLine: string | undefined;

  constructor(private readonly state: State) {}

  /** `.loc` */
  set(row: LocRow): void {
    this.given = true;
    // Two in a row: the first stands for this place too.
    if (this.pending) this.mark(this.pending);
    this.pending = row;
  }

  /** An instruction follows. */
  instruction(): void {
    if (this.pending) {
      this.mark(this.pending);
      this.pending = undefined;
    } else if (!this.given) this.markSource();
  }

  private mark({ file, line, column, statement, prologueEnd, epilogueBegin, basicBlock }: LocRow): void {
    const { section } = this.state;
    section.lines.push({
      label: section.here(),
      file,
      line,
      column,
      statement,
      prologueEnd,
      epilogueBegin,
      basicBlock,
    });
  }

  private markSource(): void {
    const { file, line } = this.state.place;
    const { section } = this.state;
    const key = `${section.name} ${file}:${line}`;
    const again = key === this.lastLine;
    this.lastLine = key;
    // The instructions of one macro call are one line, so that a step goes over it.
    if (again && section.lines.length) return;
    section.lines.push({ label: section.here(), file: this.fileNumber(file), line, column: 0, statement: true });
  }

  /** The number of a file that is read. */
  private fileNumber(path: string): number {
    for (const [number, { name }] of this.files) if (name === path) return number;
    const number = this.files.size + 1;
    this.files.set(number, { directory: '', name: path });
    return number;
  }

  /** Forgets lines of the source's own, because `.loc` came after some. */
  get own(): boolean {
    return !this.given;
  }
}
