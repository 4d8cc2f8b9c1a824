/** What a grid is told of its columns and their order. */
import type { ComponentChildren } from 'preact';

export interface Column<T> {
  key: string;
  title: string;
  /** A CSS track size: `minmax(8em, 1fr)`. */
  width: string;
  numeric?: boolean;
  sortable?: boolean;
  cell: (row: T) => ComponentChildren;
}

export interface Sort {
  by: string;
  descending?: boolean;
}
