/** The tabs, as the ARIA pattern has them: one stop of the Tab key, arrows choose. */
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { OverviewResponse } from '../../protocol/panel.ts';
import { count } from '../format.ts';
import { t } from '../text.ts';
import { TABS, type Tab } from '../view-state.ts';
import './tab-bar.css';

const TITLES: Record<Tab, string> = {
  overview: t('Overview'),
  map: t('Map'),
  tables: t('Tables'),
  timeline: t('Timeline'),
};

interface TabBarProps {
  chosen: Tab;
  overview: OverviewResponse | undefined;
  onChoose: (tab: Tab) => void;
}

export function TabBar({ chosen, overview, onChoose }: TabBarProps) {
  const bar = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: JSX.TargetedKeyboardEvent<HTMLDivElement>) => {
    const at = TABS.indexOf(chosen);
    const moves: Partial<Record<string, number>> = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      Home: 0,
      End: TABS.length - 1,
    };
    const move = moves[event.key];
    if (move === undefined) return;
    const next = TABS[(move + TABS.length) % TABS.length];
    onChoose(next);
    bar.current?.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
    event.preventDefault();
  };
  return (
    <div ref={bar} class="tabs" role="tablist" aria-label="MPX Tables" onKeyDown={onKeyDown}>
      {TABS.map((tab) => (
        <button
          key={tab}
          type="button"
          id={`tab-${tab}`}
          class="tab"
          role="tab"
          aria-selected={tab === chosen}
          aria-controls="tab-panel"
          tabIndex={tab === chosen ? 0 : -1}
          onClick={() => onChoose(tab)}
        >
          {TITLES[tab]}
          {tab === 'tables' && overview ? <span class="tab-count">{count(overview.tables.live)}</span> : null}
        </button>
      ))}
    </div>
  );
}
