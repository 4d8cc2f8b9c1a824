/** Words of the status bar item, free of VS Code. */
import type { ChangedEvent, OverviewResponse } from '../protocol/panel.ts';

export interface StatusText {
  /** With icons, as VS Code's status bar has them. */
  text: string;
  tooltip: string;
  /** For screen readers. */
  accessible: string;
}

/** What the item says after `change`, given the overview if the session is not running. */
export function statusText(change: ChangedEvent | undefined, overview: OverviewResponse | undefined): StatusText {
  const say = (icon: string, text: string, tooltip: string): StatusText => ({
    text: `$(${icon}) ${text}`,
    tooltip: `${tooltip}\nClick to show the MPX tables.`,
    accessible: `${text}. ${tooltip}`,
  });
  if (change?.reason === 'exited') return say('debug-stop', 'MPX: ended', 'The program has ended.');
  if (!change || change.running || !overview) return say('play', 'MPX: running', 'The program is running.');
  if (change.instructionsBack !== undefined) {
    const back = BigInt(change.instructionsBack).toLocaleString('en-US');
    return say(
      'history',
      `MPX: −${back}`,
      `The program is in the past: ${back} instructions before the end of the recording.`,
    );
  }
  const { live } = overview.tables;
  if (overview.enabled)
    return say('shield', 'MPX on', `MPX is enabled, ${live} bounds ${live === 1 ? 'table' : 'tables'}.`);
  const failing = overview.conditions.filter((condition) => !condition.ok);
  const why = failing.map((condition) => `Not met: ${condition.name} (${condition.detail})`).join('\n');
  return say('circle-slash', 'MPX off', `MPX is off.\n${why}`);
}
