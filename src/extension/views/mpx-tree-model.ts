/** What the view "MPX" of the debug side bar shows, free of VS Code: from what the session tells to nodes. */
import type { EventRow, OverviewResponse, RegistersResponse, SourcePlace } from '../../protocol/panel.ts';

export interface TreeNode {
  id: string;
  label: string;
  description?: string;
  /** Name of a codicon. */
  icon: string;
  /** Id of the theme colour of the icon. */
  color?: string;
  /** For `view/item/context` menus. */
  kind?: 'bounds' | 'event';
  tooltip?: string;
  children?: TreeNode[];
  /** Groups that are closed at first. */
  collapsed?: boolean;
  source?: SourcePlace;
  /** Instructions executed when it happened. */
  instruction?: string;
  /** Where the memory view opens. */
  address?: string;
}

/** What was read of a session at a stop. */
export interface MpxState {
  overview: OverviewResponse;
  /** Undefined where there are none: the program has ended. */
  registers: RegistersResponse['registers'] | undefined;
  findings: { total: number; rows: EventRow[] };
  events: { total: number; rows: EventRow[] };
}

/** Translates; `vscode.l10n.t`. */
type Translate = (text: string, ...values: (string | number)[]) => string;

const EVENT_ICONS: Record<string, { icon: string; color?: string }> = {
  'bounds-violation': { icon: 'error', color: 'testing.iconFailed' },
  'bndldx-mismatch': { icon: 'warning', color: 'editorWarning.foreground' },
  'bounds-lost': { icon: 'warning', color: 'editorWarning.foreground' },
  'table-allocated': { icon: 'add' },
  'table-race-lost': { icon: 'git-compare' },
  'table-zapped': { icon: 'clear-all' },
  'table-freed': { icon: 'trash' },
  'table-failed': { icon: 'error', color: 'testing.iconFailed' },
  management: { icon: 'settings-gear' },
  signal: { icon: 'zap' },
  oops: { icon: 'flame', color: 'testing.iconFailed' },
  exit: { icon: 'debug-stop' },
};

/** The view's nodes, or none before anything was read. */
export function treeOf(state: MpxState | undefined, t: Translate): TreeNode[] {
  if (!state) return [];
  const { overview, registers, findings, events } = state;
  return [
    stateNode(overview, t),
    ...(registers ? [boundsNode(registers, t)] : []),
    group('findings', t('Findings'), findings, 'bug', t),
    { ...group('events', t('Events'), events, 'history', t), collapsed: true },
  ];
}

function stateNode({ enabled, conditions }: OverviewResponse, t: Translate): TreeNode {
  const failing = conditions.filter(({ ok }) => !ok);
  return {
    id: 'state',
    label: enabled ? t('MPX is on') : t('MPX is off'),
    description: enabled ? undefined : failing[0]?.name,
    icon: enabled ? 'pass-filled' : 'circle-slash',
    color: enabled ? 'testing.iconPassed' : 'editorWarning.foreground',
    collapsed: enabled,
    children: conditions.map(({ name, ok, detail }) => ({
      id: `state/${name}`,
      label: name,
      description: detail,
      icon: ok ? 'check' : 'close',
      tooltip: `${ok ? t('Met') : t('Not met')}: ${name} (${detail})`,
    })),
  };
}

function boundsNode(registers: RegistersResponse['registers'], t: Translate): TreeNode {
  return {
    id: 'bounds',
    label: t('Bounds'),
    icon: 'symbol-ruler',
    children: registers.map(({ name, text, lower }) => ({
      id: `bounds/${name}`,
      label: name,
      description: text,
      icon: 'symbol-numeric',
      kind: 'bounds',
      tooltip: `${name}: ${text}`,
      address: lower,
    })),
  };
}

/** Rows come oldest first; the newest is of most interest. */
function group(
  id: string,
  label: string,
  { total, rows }: { total: number; rows: EventRow[] },
  icon: string,
  t: Translate,
): TreeNode {
  const earlier = total - rows.length;
  return {
    id,
    label,
    description: total === 0 ? t('none') : total.toLocaleString('en-US'),
    icon,
    children: [
      ...rows.toReversed().map(
        (row): TreeNode => ({
          id: `${id}/${row.sequence}`,
          label: row.text,
          description: row.location,
          ...(EVENT_ICONS[row.kind] ?? { icon: 'circle-small' }),
          kind: 'event',
          tooltip: `${row.text}\n${row.location}\n${t('after {0} instructions', BigInt(row.instruction).toLocaleString('en-US'))}`,
          source: row.source,
          instruction: row.instruction,
        }),
      ),
      ...(earlier > 0
        ? [{ id: `${id}/earlier`, label: t('{0} earlier ones are in the panel', earlier), icon: 'ellipsis' }]
        : []),
    ],
  };
}
