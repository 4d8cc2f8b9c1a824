/** The page "MPX Tables": its state line, its tabs, and what the chosen tab shows. */
import { useCallback, useEffect, useMemo, useReducer, useState } from 'preact/hooks';
import './app.css';
import { Client } from './client.ts';
import type { Host } from './host.ts';
import { emptyModel, type Phase, reduce } from './panel-model.ts';
import { restoreViewState, type ViewState } from './view-state.ts';
import { EventsView } from './views/events-view.tsx';
import { MapView } from './views/map-view.tsx';
import { Button, Notice } from './views/notice.tsx';
import { Overview } from './views/overview.tsx';
import { PhaseLine } from './views/phase-line.tsx';
import { TabBar } from './views/tab-bar.tsx';
import { TablesView } from './views/tables-view.tsx';

/** What to say where there is no overview. */
const NOTHING_READ: Partial<Record<Phase, string>> = {
  ended: 'The session has ended before anything was read of it.',
};

export function App({ host }: { host: Host }) {
  const [model, dispatch] = useReducer(reduce, emptyModel);
  const [view, setView] = useState(() => restoreViewState(host.saved()));
  const client = useMemo(() => new Client((message) => host.post(message)), [host]);
  const update = useCallback((change: Partial<ViewState>) => setView((current) => ({ ...current, ...change })), []);
  useEffect(() => host.save(view), [host, view]);

  useEffect(() => {
    const stop = host.listen((message) => {
      if (message.type === 'response' || message.type === 'failure') client.settle(message);
      else {
        if (message.type !== 'changed') client.abandon();
        dispatch(message);
      }
    });
    host.post({ type: 'ready' });
    return stop;
  }, [host, client]);

  const { session, phase, revision, overview, failure } = model;
  // A new revision is the reason to read again.
  useEffect(() => {
    if (!session || phase === 'ended') return;
    let current = true;
    client.request('mpx/overview', {}).then(
      (answer) => current && dispatch({ type: 'overview', overview: answer }),
      (error: Error) => current && dispatch({ type: 'overview-failed', message: error.message }),
    );
    return () => {
      current = false;
    };
  }, [client, session, revision]);

  if (!session)
    return (
      <main class="page">
        <h1 class="visually-hidden">MPX Tables</h1>
        <Notice>
          <p>No MPX program is being debugged. Open an MPX program (ELF, x86-64) or its source, and press F5.</p>
          <Button label="Start debugging" onClick={() => host.post({ type: 'start-debugging' })} />
        </Notice>
      </main>
    );

  return (
    <main class={`page ${phase === 'running' ? 'page-running' : ''}`}>
      <h1 class="visually-hidden">MPX Tables</h1>
      <div class="head">
        <TabBar chosen={view.tab} overview={overview} onChoose={(tab) => update({ tab })} />
        <PhaseLine phase={phase} session={session} />
      </div>
      <div id="tab-panel" class="tab-panel" role="tabpanel" aria-labelledby={`tab-${view.tab}`}>
        {view.tab === 'tables' ? (
          <TablesView
            client={client}
            host={host}
            session={session.id}
            revision={revision}
            state={view}
            update={update}
          />
        ) : view.tab === 'map' ? (
          <MapView
            client={client}
            session={session.id}
            revision={revision}
            state={view}
            update={update}
            onOpenTable={(selected) => update({ tab: 'tables', filter: '', selected })}
          />
        ) : view.tab === 'timeline' ? (
          <EventsView
            client={client}
            session={session.id}
            revision={revision}
            onGoTo={({ instruction }) => host.post({ type: 'go-to-moment', instruction })}
            onOpen={({ source, index }) => {
              if (source) host.post({ type: 'open-source', ...source });
              else if (index) update({ tab: 'tables', filter: '', selected: index });
            }}
          />
        ) : overview ? (
          <Overview overview={overview} />
        ) : (
          <Notice>
            <p role={failure ? 'alert' : undefined}>
              {failure ?? NOTHING_READ[phase] ?? 'Waiting for the program to stop…'}
            </p>
          </Notice>
        )}
      </div>
    </main>
  );
}
