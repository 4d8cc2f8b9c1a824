/** What the user has chosen in the page; kept over hiding the panel and reloading the window. */
import type { TableRow, TablesRequest } from '../protocol/panel.ts';
import type { TableKey } from './table-key.ts';

export type Tab = 'overview' | 'tables' | 'events';
export const TABS: readonly Tab[] = ['overview', 'tables', 'events'];

export interface ViewState {
  tab: Tab;
  sort: NonNullable<TablesRequest['sort']>;
  filter: string;
  selected: TableKey | undefined;
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

export const initialViewState: ViewState = { tab: 'overview', sort: { by: 'index' }, filter: '', selected: undefined };

/** A view state from what an earlier life of the page (perhaps an earlier version) has saved. */
export function restoreViewState(saved: unknown): ViewState {
  if (typeof saved !== 'object' || saved === null) return initialViewState;
  const { tab, sort, filter, selected } = saved as Partial<Record<keyof ViewState, unknown>>;
  const state = { ...initialViewState };
  const knownTab = TABS.find((known) => known === tab);
  if (knownTab) state.tab = knownTab;
  if (typeof filter === 'string') state.filter = filter;
  if (typeof selected === 'string') state.selected = selected;
  if (typeof sort === 'object' && sort !== null && 'by' in sort) {
    const by = SORTABLE.find((column) => column === sort.by);
    if (by) state.sort = { by, descending: 'descending' in sort && sort.descending === true };
  }
  return state;
}
