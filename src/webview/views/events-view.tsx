/** What has happened to MPX in this run, oldest first. */
import { useState } from 'preact/hooks';
import type { EventRow } from '../../protocol/panel.ts';
import type { Client } from '../client.ts';
import { instructionNumber, plural } from '../format.ts';
import type { Column } from '../grid/column.ts';
import { Icon } from '../icon.tsx';
import { t } from '../text.ts';
import { useRows } from '../use-rows.ts';
import { RowsOrNotice } from './rows-or-notice.tsx';
import { Tool } from './tool.tsx';

/** Icons of the kinds of events (KernelEvent of the kernel, and the debugger's own). */
const ICONS: Record<string, { icon: string; tone?: 'good' | 'bad' | 'warn' | 'faint' }> = {
  'bounds-violation': { icon: 'error', tone: 'bad' },
  'bndldx-mismatch': { icon: 'warning', tone: 'warn' },
  'bounds-lost': { icon: 'warning', tone: 'warn' },
  'table-allocated': { icon: 'add', tone: 'good' },
  'table-race-lost': { icon: 'git-compare', tone: 'faint' },
  'table-zapped': { icon: 'clear-all', tone: 'faint' },
  'table-freed': { icon: 'trash', tone: 'faint' },
  'table-failed': { icon: 'error', tone: 'bad' },
  management: { icon: 'settings-gear', tone: 'faint' },
  signal: { icon: 'zap', tone: 'warn' },
  oops: { icon: 'flame', tone: 'bad' },
  exit: { icon: 'debug-stop', tone: 'faint' },
};

const COLUMNS: Column<EventRow>[] = [
  {
    key: 'instruction',
    title: 'Instruction',
    width: '9em',
    numeric: true,
    cell: (row) => instructionNumber(row.instruction),
  },
  {
    key: 'kind',
    title: 'Event',
    width: '12.5em',
    cell: ({ kind }) => (
      <>
        <Icon name={ICONS[kind]?.icon ?? 'circle-small'} tone={ICONS[kind]?.tone ?? 'faint'} />
        {kind.replaceAll('-', ' ')}
      </>
    ),
  },
  {
    key: 'text',
    title: 'What happened',
    width: 'minmax(20em, 3fr)',
    cell: (row) => <span title={row.text}>{row.text}</span>,
  },
  {
    key: 'location',
    title: 'Where',
    width: 'minmax(14em, 1fr)',
    cell: (row) => <span title={row.pc}>{row.location}</span>,
  },
];

export interface EventsViewProps {
  client: Client;
  session: string;
  revision: number;
  /** Enter or double click on an event. */
  onOpen: (event: EventRow) => void;
  /** The program is to be taken to where the event happened. */
  onGoTo: (event: EventRow) => void;
}

export function EventsView({ client, session, revision, onOpen, onGoTo }: EventsViewProps) {
  const [selected, setSelected] = useState<number>();
  const rows = useRows(session, revision, (start, count) => client.request('mpx/events', { start, count }));
  const chosen = selected === undefined ? undefined : rows.row(rows.find((row) => row.sequence === selected));
  return (
    <div class="tables-list">
      <div class="bar">
        <span role="status">{rows.total === undefined ? '' : plural(rows.total, 'event')}</span>
        <Tool
          icon="history"
          label={t('Go to this moment')}
          disabled={!chosen}
          onClick={() => chosen && onGoTo(chosen)}
        />
        <span class="faint">Enter goes to the code, or to the table concerned.</span>
      </div>
      <RowsOrNotice
        label="MPX events"
        columns={COLUMNS}
        minWidth="60em"
        rows={rows}
        isSelected={(row) => row.sequence === selected}
        onSelect={(row) => setSelected(row.sequence)}
        onOpen={onOpen}
        empty={
          <p>Nothing has happened yet that concerns MPX: no table, no violation, no lost bounds. Go on, or step.</p>
        }
      />
    </div>
  );
}
