/** The entries of one bounds table: which pointer lies where, and what bounds it has. */
import { useState } from 'preact/hooks';
import type { EntryRow, TableRow } from '../../protocol/panel.ts';
import type { Client } from '../client.ts';
import { plural } from '../format.ts';
import type { Column } from '../grid/column.ts';
import type { Host } from '../host.ts';
import { Icon } from '../icon.tsx';
import { useRows } from '../use-rows.ts';
import { RowsOrNotice } from './rows-or-notice.tsx';
import { Tool } from './tool.tsx';

const COLUMNS: Column<EntryRow>[] = [
  {
    key: 'slot',
    title: 'Pointer at',
    width: 'minmax(10.2em, 1fr)',
    cell: (row) => <span class="code">{row.slot}</span>,
  },
  {
    key: 'bounds',
    title: 'Bounds',
    width: 'minmax(21em, 1.5fr)',
    cell: (row) => (
      <span class="code" title={`Upper bound stored as ${row.upperRaw}`}>
        [{row.lower}, {row.upper}]
      </span>
    ),
  },
  {
    key: 'match',
    title: 'Match',
    width: '5.5em',
    cell: ({ match }) => (
      <span
        title={
          match
            ? 'BNDLDX of this pointer loads these bounds.'
            : 'The pointer has changed since: BNDLDX gives it the bounds of everything.'
        }
      >
        <Icon name={match ? 'check' : 'close'} tone={match ? 'good' : 'warn'} />
        {match ? 'yes' : 'no'}
      </span>
    ),
  },
  {
    key: 'slotValue',
    title: 'Holds now',
    width: 'minmax(10.2em, 1fr)',
    cell: (row) => <span class="code">{row.slotValue ?? 'unmapped'}</span>,
  },
  {
    key: 'pointer',
    title: 'Stored for',
    width: 'minmax(10.2em, 1fr)',
    cell: (row) => <span class="code">{row.pointer}</span>,
  },
  {
    key: 'description',
    title: 'Meaning',
    width: 'minmax(14em, 2fr)',
    cell: (row) => <span title={row.description}>{row.description}</span>,
  },
];

export interface EntriesViewProps {
  client: Client;
  host: Host;
  session: string;
  revision: number;
  index: string;
  /** The table's row, if it has been read. */
  table: TableRow | undefined;
}

export function EntriesView({ client, host, session, revision, index, table }: EntriesViewProps) {
  const [selected, setSelected] = useState<string>();
  const rows = useRows(JSON.stringify([session, index]), revision, (start, count) =>
    client.request('mpx/entries', { index, start, count }),
  );
  const entry = selected === undefined ? undefined : rows.row(rows.find((row) => row.slot === selected));
  const memory = entry?.entryAddress ?? table?.table;
  return (
    <>
      <div class="bar">
        <h2 class="bar-title">
          {rows.total === undefined ? 'Entries' : plural(rows.total, 'entry', 'entries')} of table {index}
          {table ? <span class="bar-detail code">{`${table.areaStart}–${table.areaEnd}`}</span> : null}
        </h2>
        {table?.source ? (
          <Tool
            icon="go-to-file"
            label="Go to the code that made the kernel allocate this table"
            onClick={() => host.post({ type: 'open-source', ...table.source! })}
          />
        ) : null}
        <Tool
          icon="file-binary"
          label={entry ? 'Show this entry in the memory view' : 'Show this table in the memory view'}
          disabled={!memory}
          onClick={() => memory && host.post({ type: 'open-memory', address: memory })}
        />
        <Tool
          icon="copy"
          label={entry ? 'Copy this entry' : 'Copy the description of this table'}
          disabled={!entry && !table}
          onClick={() => host.post({ type: 'copy', text: entry ? entryText(entry) : table ? tableText(table) : '' })}
        />
      </div>
      <RowsOrNotice
        label={`Entries of table ${index}`}
        columns={COLUMNS}
        minWidth="73em"
        rows={rows}
        isSelected={(row) => row.slot === selected}
        onSelect={(row) => setSelected(row.slot)}
        onOpen={(row) => host.post({ type: 'open-memory', address: row.slot })}
        empty={<p>{emptyReason(table)}</p>}
      />
    </>
  );
}

function emptyReason(table: TableRow | undefined): string {
  return table?.state === 'zapped'
    ? 'This table has been emptied: the memory it described was unmapped.'
    : 'This table has no entries: no bounds are stored for pointers in its area.';
}

const entryText = (row: EntryRow) =>
  `pointer at ${row.slot}: ${row.pointer}, bounds [${row.lower}, ${row.upper}] (${row.match ? 'match' : 'no match'}) ${row.description}`;
const tableText = (row: TableRow) =>
  `table ${row.table} of ${row.areaStart}–${row.areaEnd}: ${row.state}, ${row.liveEntries} entries, allocated by ${row.allocatedBy}`;
