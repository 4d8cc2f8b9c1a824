import type { PanelSession } from '../../protocol/panel-messages.ts';
import { Icon } from '../icon.tsx';
import type { Phase } from '../panel-model.ts';
import './phase-line.css';

const PHASES: Record<Exclude<Phase, 'none'>, { icon: string; text: string }> = {
  starting: { icon: 'loading', text: 'starting…' },
  running: { icon: 'play', text: 'running; shown is the last stop' },
  stopped: { icon: 'debug-pause', text: 'stopped' },
  exited: { icon: 'debug-stop', text: 'the program has ended; shown is its last state' },
  ended: { icon: 'debug-disconnect', text: 'the session has ended; shown is its last state' },
};

/** Which session the page shows, and what it does; changes are read out. */
export function PhaseLine({ phase, session }: { phase: Phase; session: PanelSession }) {
  if (phase === 'none') return null;
  const { icon, text } = PHASES[phase];
  return (
    <div class="phase" role="status">
      <Icon name={icon} />
      <span class="phase-session">{session.name}:</span> {text}
    </div>
  );
}
