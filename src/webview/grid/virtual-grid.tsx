// biome-ignore-all lint/a11y/useSemanticElements: a grid of which only a part exists cannot be a table element.
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid itself holds the focus and names its active row.
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the grid itself handles the keyboard.
/**
 * A list of any length as an ARIA grid: only the rows in sight exist in the page. The grid is one stop of the Tab key
 * (its active row is told by aria-activedescendant), its sortable headers are another.
 */
import type { JSX } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import './virtual-grid.css';
import type { Column, Sort } from './column.ts';
import { GridHeader } from './grid-header.tsx';
import { moveActive, scrollToShow } from './grid-keys.ts';
import type { RowWindow } from './row-window.ts';

export const ROW_HEIGHT = 22;
const HEADER_HEIGHT = 24;
/** Rows rendered beyond either edge, so that scrolling a little shows no gap. */
const OVERSCAN = 8;

export interface GridProps<T> {
  label: string;
  columns: Column<T>[];
  /** CSS width below which the grid scrolls sideways. */
  minWidth: string;
  rows: RowWindow<T>;
  isSelected: (row: T) => boolean;
  onSelect: (row: T) => void;
  /** Enter or double click on a row. */
  onOpen?: (row: T) => void;
  sort?: Sort;
  onSort?: (sort: Sort) => void;
}

export function VirtualGrid<T>(props: GridProps<T>) {
  const { label, columns, minWidth, rows, isSelected, onSelect, onOpen, sort, onSort } = props;
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  const [scrollTop, setScrollTop] = useState(0);
  const [height, setHeight] = useState(0);
  const [active, setActive] = useState(-1);
  // Set when the keyboard moved to a row that has not been read yet; it is selected once it is there.
  const wanted = useRef<number | undefined>(undefined);
  const total = rows.total ?? 0;

  useLayoutEffect(() => {
    const element = root.current!;
    const measure = () => setHeight(Math.max(0, element.clientHeight - HEADER_HEIGHT));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const first = Math.max(0, Math.floor(scrollTop / ROW_HEIGHT) - OVERSCAN);
  const last = Math.min(total - 1, Math.ceil((scrollTop + height) / ROW_HEIGHT) + OVERSCAN);
  useEffect(() => rows.show(first, Math.max(last, first)), [rows, first, last]);

  // After a refresh or another sort order the selected row may be elsewhere; the active row follows it.
  const activeRow = rows.row(active);
  const selectedAt = activeRow && isSelected(activeRow) ? active : rows.find(isSelected);
  useEffect(() => {
    if (wanted.current !== undefined) {
      const row = rows.row(wanted.current);
      if (!row) return;
      wanted.current = undefined;
      onSelect(row);
    } else if (selectedAt >= 0 && selectedAt !== active) setActive(selectedAt);
  });

  const activate = (index: number) => {
    setActive(index);
    const row = rows.row(index);
    wanted.current = row ? undefined : index;
    if (row) onSelect(row);
  };

  const onKeyDown = (event: JSX.TargetedKeyboardEvent<HTMLDivElement>) => {
    if (event.target !== event.currentTarget || event.altKey || event.metaKey) return;
    if (event.key === 'Enter' && activeRow && onOpen) onOpen(activeRow);
    else {
      const next = moveActive(event.key, active, total, Math.floor(height / ROW_HEIGHT));
      if (next === undefined) return;
      activate(next);
      const element = event.currentTarget;
      element.scrollTop = scrollToShow(next, ROW_HEIGHT, element.scrollTop, height);
    }
    event.preventDefault();
  };

  const shown: JSX.Element[] = [];
  for (let index = first; index <= last; index++) {
    const row = rows.row(index);
    shown.push(
      <div
        key={index}
        id={`${id}-${index}`}
        role="row"
        aria-rowindex={index + 2}
        aria-selected={index === selectedAt}
        class={`grid-row ${index === active ? 'grid-row-active' : ''}`}
        style={{ top: `${index * ROW_HEIGHT}px` }}
        onClick={() => activate(index)}
        onDblClick={() => row && onOpen?.(row)}
      >
        {columns.map((column) => (
          <div key={column.key} role="gridcell" class={`grid-cell ${column.numeric ? 'grid-numeric' : ''}`}>
            {row ? column.cell(row) : '…'}
          </div>
        ))}
      </div>,
    );
  }

  return (
    <div
      ref={root}
      class="grid"
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-rowcount={rows.total === undefined ? -1 : total + 1}
      aria-colcount={columns.length}
      aria-busy={rows.total === undefined}
      aria-activedescendant={active >= first && active <= last ? `${id}-${active}` : undefined}
      style={{ '--grid-columns': columns.map((column) => column.width).join(' '), '--grid-min-width': minWidth }}
      onKeyDown={onKeyDown}
      onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}
    >
      <GridHeader columns={columns} sort={sort} onSort={onSort} />
      <div role="rowgroup" class="grid-rows" style={{ height: `${total * ROW_HEIGHT}px` }}>
        {shown}
      </div>
    </div>
  );
}
