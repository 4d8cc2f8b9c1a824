// biome-ignore-all lint/a11y/useSemanticElements: a grid of which only a part exists cannot be a table element.
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid itself holds the focus and names its active row.
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the grid itself handles the keyboard.
/** The grid's head: sortable columns are buttons, one stop of the Tab key together, left and right move among them. */
import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { Icon } from '../icon.tsx';
import type { Column, Sort } from './column.ts';

interface HeaderProps<T> {
  columns: Column<T>[];
  sort: Sort | undefined;
  onSort: ((sort: Sort) => void) | undefined;
}

export function GridHeader<T>({ columns, sort, onSort }: HeaderProps<T>) {
  const row = useRef<HTMLDivElement>(null);
  const sortable = onSort ? columns.filter((column) => column.sortable) : [];
  const [focused, setFocused] = useState<string>();
  const tabStop = focused ?? sort?.by ?? sortable[0]?.key;

  const onKeyDown = (event: JSX.TargetedKeyboardEvent<HTMLDivElement>) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (!step) return;
    const buttons = [...row.current!.querySelectorAll('button')];
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    buttons[at + step]?.focus();
    event.preventDefault();
  };

  return (
    <div role="rowgroup" class="grid-head">
      <div ref={row} role="row" aria-rowindex={1} class="grid-header-row" onKeyDown={onKeyDown}>
        {columns.map((column) => {
          const sorted = sort?.by === column.key;
          const next = { by: column.key, descending: sorted && !sort.descending };
          return (
            <div
              key={column.key}
              role="columnheader"
              class={`grid-cell ${column.numeric ? 'grid-numeric' : ''}`}
              aria-sort={sorted ? (sort.descending ? 'descending' : 'ascending') : undefined}
            >
              {sortable.includes(column) ? (
                <button
                  type="button"
                  class="grid-sort"
                  tabIndex={column.key === tabStop ? 0 : -1}
                  title={`Sort by ${column.title.toLowerCase()}${next.descending ? ', descending' : ''}`}
                  onFocus={() => setFocused(column.key)}
                  onClick={() => onSort!(next)}
                >
                  {column.title}
                  {sorted ? <Icon name={sort.descending ? 'arrow-small-down' : 'arrow-small-up'} /> : null}
                </button>
              ) : (
                column.title
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
