/** What the user has chosen in the page; kept over hiding the panel and reloading the window. */
import type { TableRow, TablesRequest } from '../protocol/panel.ts';
import type { TableKey } from './table-key.ts';

export type Tab = 'overview' | 'map' | 'tables' | 'timeline';
export const TABS: readonly Tab[] = ['overview', 'map', 'tables', 'timeline'];

export interface ViewState {
  tab: Tab;
  sort: NonNullable<TablesRequest['sort']>;
  filter: string;
  selected: TableKey | undefined;
  /** The addresses at the edges of the map; undefined shows all. */
  map: { from: number; to: number } | undefined;
  /** Start of the area that the map's cursor is at. */
  mapCursor: number | undefined;
}

export const SORTABLE: readonly (keyof TableRow)[] = [
  'index',
  'table',
  'state',
  'liveEntries',
  'residentPages',
  'allocatedBy',
  'allocatedAt',
];

export const initialViewState: ViewState = {
  tab: 'overview',
  sort: { by: 'index' },
  filter: '',
  selected: undefined,
  map: undefined,
  mapCursor: undefined,
};

/** A view state from what an earlier life of the page (perhaps an earlier version) has saved. */
export function restoreViewState(saved: unknown): ViewState {
  if (typeof saved !== 'object' || saved === null) return initialViewState;
  const { tab, sort, filter, selected, map, mapCursor } = saved as Partial<Record<keyof ViewState, unknown>>;
  const state = { ...initialViewState };
  const knownTab = TABS.find((known) => known === tab);
  if (knownTab) state.tab = knownTab;
  if (typeof filter === 'string') state.filter = filter;
  if (typeof selected === 'string') state.selected = selected;
  if (typeof sort === 'object' && sort !== null && 'by' in sort) {
    const by = SORTABLE.find((column) => column === sort.by);
    if (by) state.sort = { by, descending: 'descending' in sort && sort.descending === true };
  }
  if (typeof map === 'object' && map !== null && 'from' in map && 'to' in map)
    if (typeof map.from === 'number' && typeof map.to === 'number' && map.from < map.to)
      state.map = { from: map.from, to: map.to };
  if (typeof mapCursor === 'number') state.mapCursor = mapCursor;
  return state;
}
