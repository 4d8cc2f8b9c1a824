/** Names of table rows that hold over stops: an index alone is not one, its table may be freed and another allocated. */
import type { Hex, TableRow } from '../protocol/panel.ts';

/** Index and allocation; or an index alone, for its present table. */
export type TableKey = string;

export const tableKey = (row: Pick<TableRow, 'index' | 'allocatedAt'>): TableKey => `${row.index}@${row.allocatedAt}`;

/** Whether `key` names `row`. */
export function isTable(row: TableRow, key: TableKey | undefined): boolean {
  return key === tableKey(row) || (key === row.index && row.state !== 'freed');
}

export const indexOfKey = (key: TableKey): Hex => key.split('@')[0];
