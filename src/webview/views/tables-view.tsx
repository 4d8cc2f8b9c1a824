/** The bounds tables, and the entries of the selected one. */
import { useRef } from 'preact/hooks';
import type { TableRow, TableState, TablesRequest } from '../../protocol/panel.ts';
import type { Client } from '../client.ts';
import { count, instructionNumber, plural } from '../format.ts';
import type { Column } from '../grid/column.ts';
import type { Host } from '../host.ts';
import { Icon } from '../icon.tsx';
import { indexOfKey, isTable, tableKey } from '../table-key.ts';
import { useRows } from '../use-rows.ts';
import { SORTABLE, type ViewState } from '../view-state.ts';
import { EntriesView } from './entries-view.tsx';
import { FilterBox } from './filter-box.tsx';
import { Button } from './notice.tsx';
import { RowsOrNotice } from './rows-or-notice.tsx';
import './tables-view.css';

const STATES: Record<TableState, { icon: string; tone: 'good' | 'faint' | 'warn' }> = {
  live: { icon: 'circle-filled', tone: 'good' },
  zapped: { icon: 'circle-outline', tone: 'faint' },
  freed: { icon: 'circle-slash', tone: 'faint' },
  leaked: { icon: 'warning', tone: 'warn' },
};

const COLUMNS: Column<TableRow>[] = [
  {
    key: 'index',
    title: 'Index',
    width: '7.4em',
    numeric: true,
    sortable: true,
    cell: (row) => <span class="code">{row.index}</span>,
  },
  {
    key: 'state',
    title: 'State',
    width: '6.5em',
    sortable: true,
    cell: ({ state }) => (
      <>
        <Icon name={STATES[state].icon} tone={STATES[state].tone} />
        {state}
      </>
    ),
  },
  {
    key: 'areaStart',
    title: 'Area from',
    width: 'minmax(10.2em, 1fr)',
    cell: (row) => (
      <span class="code" title={`Covers ${row.areaStart}–${row.areaEnd}`}>
        {row.areaStart}
      </span>
    ),
  },
  {
    key: 'liveEntries',
    title: 'Entries',
    width: '5.5em',
    numeric: true,
    sortable: true,
    cell: (row) => count(row.liveEntries),
  },
  {
    key: 'residentPages',
    title: 'Pages',
    width: '5.5em',
    numeric: true,
    sortable: true,
    cell: (row) => count(row.residentPages),
  },
  {
    key: 'allocatedBy',
    title: 'Allocated by',
    width: 'minmax(15em, 2fr)',
    sortable: true,
    cell: (row) => <span title={row.allocatedBy}>{row.allocatedBy}</span>,
  },
  {
    key: 'table',
    title: 'Table at',
    width: 'minmax(10.2em, 1fr)',
    sortable: true,
    cell: (row) => <span class="code">{row.table}</span>,
  },
  {
    key: 'allocatedAt',
    title: 'Instruction',
    width: '8em',
    numeric: true,
    sortable: true,
    cell: (row) => instructionNumber(row.allocatedAt),
  },
];

export interface TablesViewProps {
  client: Client;
  host: Host;
  session: string;
  revision: number;
  state: ViewState;
  update: (change: Partial<ViewState>) => void;
}

export function TablesView({ client, host, session, revision, state, update }: TablesViewProps) {
  const { sort, filter, selected } = state;
  const filterText = filter.trim();
  const rows = useRows(JSON.stringify([session, sort, filterText]), revision, (start, count) =>
    client.request('mpx/tables', { start, count, sort, ...(filterText ? { filter: filterText } : {}) }),
  );
  const entries = useRef<HTMLDivElement>(null);
  const selectedAt = selected === undefined ? -1 : rows.find((row) => isTable(row, selected));
  const selectedRow = selectedAt < 0 ? undefined : rows.row(selectedAt);

  return (
    <div class="tables">
      <div class="tables-list">
        <div class="bar">
          <FilterBox value={filter} onChange={(text) => update({ filter: text })} />
          <span role="status">{rows.total === undefined ? '' : plural(rows.total, 'table')}</span>
        </div>
        <RowsOrNotice
          label="Bounds tables"
          columns={COLUMNS}
          minWidth="74em"
          rows={rows}
          isSelected={(row) => isTable(row, selected)}
          onSelect={(row) => update({ selected: tableKey(row) })}
          onOpen={() => entries.current?.querySelector<HTMLElement>('[role=grid]')?.focus()}
          sort={sort}
          onSort={({ by, descending }) => update({ sort: tableSort(by, descending) })}
          empty={
            filterText ? (
              <>
                <p>No bounds table matches “{filterText}”.</p>
                <Button label="Clear the filter" onClick={() => update({ filter: '' })} />
              </>
            ) : (
              <p>
                There is no bounds table yet. The kernel allocates one when BNDSTX or BNDLDX first meets a pointer that
                is stored in an area (1 MiB) without a table: go on, or step over the code that stores a pointer.
              </p>
            )
          }
        />
      </div>
      <div class="tables-entries" ref={entries}>
        {selected === undefined ? (
          <p class="tables-hint">Select a table to see its entries.</p>
        ) : selectedRow?.state === 'freed' ? (
          <p class="tables-hint">
            This table has been freed: the kernel unmapped it when nothing was left in its area, {selectedRow.areaStart}
            –{selectedRow.areaEnd}.
          </p>
        ) : (
          <EntriesView
            client={client}
            host={host}
            session={session}
            revision={revision}
            index={indexOfKey(selected)}
            table={selectedRow}
          />
        )}
      </div>
    </div>
  );
}

function tableSort(by: string, descending: boolean | undefined): NonNullable<TablesRequest['sort']> {
  return { by: SORTABLE.find((column) => column === by) ?? 'index', descending: descending === true };
}
