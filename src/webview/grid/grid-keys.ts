/** Keyboard of the grid, free of UI. */

/** The row that becomes active when `key` is pressed at row `active` (-1: none); undefined if the key does not move. */
export function moveActive(key: string, active: number, total: number, rowsOnPage: number): number | undefined {
  if (total === 0) return undefined;
  const clamp = (row: number) => Math.max(0, Math.min(total - 1, row));
  switch (key) {
    case 'ArrowDown':
      return clamp(active + 1);
    case 'ArrowUp':
      return clamp(active < 0 ? 0 : active - 1);
    case 'PageDown':
      return clamp(Math.max(active, 0) + Math.max(1, rowsOnPage - 1));
    case 'PageUp':
      return clamp(Math.max(active, 0) - Math.max(1, rowsOnPage - 1));
    case 'Home':
      return 0;
    case 'End':
      return total - 1;
    default:
      return undefined;
  }
}

/** Where to scroll so that row `row` is in sight; `height` is that of the rows' area. */
export function scrollToShow(row: number, rowHeight: number, scrollTop: number, height: number): number {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  if (top + rowHeight > scrollTop + height) return Math.max(0, top + rowHeight - height);
  return scrollTop;
}
