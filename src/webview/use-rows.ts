import { useEffect, useMemo, useReducer } from 'preact/hooks';
import { type RowPage, RowWindow } from './grid/row-window.ts';

/**
 * The rows that `read` delivers, read when they come into sight, and read again when `revision` changes.
 * Another `query` is another list.
 */
export function useRows<T>(
  query: string,
  revision: number,
  read: (start: number, count: number) => Promise<RowPage<T>>,
): RowWindow<T> {
  const [, redraw] = useReducer((drawn: number, _: undefined) => drawn + 1, 0);
  // `query` names everything that `read` depends on.
  const rows = useMemo(() => new RowWindow(read, () => redraw(undefined)), [query]);
  useEffect(() => () => rows.close(), [rows]);
  // A new revision is the reason to read again.
  useEffect(() => {
    rows.refresh();
    redraw(undefined);
  }, [rows, revision]);
  return rows;
}
