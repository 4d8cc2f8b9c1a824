import type { ComponentChildren } from 'preact';
import { type GridProps, VirtualGrid } from '../grid/virtual-grid.tsx';
import { Button, Notice } from './notice.tsx';

/** A grid, or, when it has no rows, what to say instead; a failure to read is told above what there still is. */
export function RowsOrNotice<T>({ empty, ...grid }: GridProps<T> & { empty: ComponentChildren }) {
  const { rows } = grid;
  if (rows.failure && !rows.total)
    return (
      <Notice>
        <p role="alert">{rows.failure}</p>
        <Button label="Read again" onClick={() => rows.refresh()} secondary />
      </Notice>
    );
  if (rows.total === 0) return <Notice>{empty}</Notice>;
  return <VirtualGrid {...grid} />;
}
