/**
 * Rows of a long list that are read in pages when they come into sight. After a refresh the old rows stay visible until the
 * new ones arrive, so that nothing flickers at each stop of the debugger.
 */
export interface RowPage<T> {
  total: number;
  rows: T[];
}

export const PAGE_ROWS = 100;
/** Pages kept at most; the ones longest unused go first. */
const PAGES_KEPT = 50;

export class RowWindow<T> {
  private pages = new Map<number, { rows: T[]; generation: number }>();
  private readonly loading = new Set<number>();
  private generation = 0;
  private first = 0;
  private last = 0;
  private rowCount: number | undefined;
  private error: string | undefined;
  private closed = false;

  /** `read` gets `count` rows from `start`; `onChange` is called when there is something new to show. */
  constructor(
    private readonly read: (start: number, count: number) => Promise<RowPage<T>>,
    private readonly onChange: () => void,
  ) {}

  /** Number of rows; undefined until the first answer. */
  get total(): number | undefined {
    return this.rowCount;
  }

  /** Why the last reading failed. */
  get failure(): string | undefined {
    return this.error;
  }

  /** The row at `index`, if it has been read. */
  row(index: number): T | undefined {
    return this.pages.get(Math.floor(index / PAGE_ROWS))?.rows[index % PAGE_ROWS];
  }

  /** Index of the first row that has been read and satisfies `test`; -1 if there is none. */
  find(test: (row: T) => boolean): number {
    for (const [page, { rows }] of this.pages) {
      const at = rows.findIndex(test);
      if (at >= 0) return page * PAGE_ROWS + at;
    }
    return -1;
  }

  /** Rows `first` to `last` are in sight: reads what is missing or stale of them. */
  show(first: number, last: number): void {
    this.first = Math.max(0, first);
    this.last = Math.max(this.first, last);
    this.load();
  }

  /** What has been read may be stale: reads what is in sight again. */
  refresh(): void {
    this.generation++;
    this.error = undefined;
    this.loading.clear();
    this.load();
  }

  /** No more changes are told. */
  close(): void {
    this.closed = true;
  }

  private load(): void {
    for (let page = Math.floor(this.first / PAGE_ROWS); page <= Math.floor(this.last / PAGE_ROWS); page++) {
      const held = this.pages.get(page);
      if (held) {
        // Most recently used goes to the end.
        this.pages.delete(page);
        this.pages.set(page, held);
      }
      if (held?.generation === this.generation || this.loading.has(page) || this.error) continue;
      void this.loadPage(page, this.generation);
    }
  }

  private async loadPage(page: number, generation: number): Promise<void> {
    this.loading.add(page);
    try {
      const { total, rows } = await this.read(page * PAGE_ROWS, PAGE_ROWS);
      if (this.closed || generation !== this.generation) return;
      this.pages.set(page, { rows, generation });
      this.rowCount = total;
      this.forget();
      this.loading.delete(page);
    } catch (error) {
      if (this.closed || generation !== this.generation) return;
      this.loading.delete(page);
      this.error = error instanceof Error ? error.message : String(error);
    }
    this.onChange();
  }

  /** Drops pages that lie behind the end or have long not been in sight. */
  private forget(): void {
    const pageCount = Math.ceil((this.rowCount ?? 0) / PAGE_ROWS);
    for (const page of [...this.pages.keys()]) {
      if (page >= pageCount || this.pages.size > PAGES_KEPT) this.pages.delete(page);
    }
  }
}
