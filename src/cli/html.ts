/** The report as one page that needs nothing else: no script, no network, whatever the program wrote is text. */
import { hex } from '../base/hex.ts';
import { boundsText } from '../debugger/format.ts';
import { reportText } from '../debugger/kernel-report.ts';
import { accessText } from '../debugger/violation.ts';
import type { EventRow, MapArea } from '../protocol/panel.ts';
import { mapSvg } from './html-map.ts';
import { endingText, frameText, type RecordedViolation, type RunResult, titleOf } from './report.ts';

/** What the page shows beside the report. */
export interface HtmlMatter {
  areas: MapArea[];
  events: EventRow[];
  /** Events that were dropped, because there were too many. */
  eventsOmitted: number;
}

/** Violations written out. */
const MOST_VIOLATIONS = 200;

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character]);

const STYLE = `
:root { color-scheme: light dark; --data: #2a6fdb; --table: #b8700f; --leaked: #d03030; --line: #888; }
body { max-width: 70em; margin: 2em auto; padding: 0 1em; font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5em; } h2 { margin-top: 2em; font-size: 1.2em; }
pre, code, td { font-family: ui-monospace, monospace; font-size: 13px; }
article { margin: 1em 0; padding: 0.2em 1em; border-left: 4px solid var(--leaked); }
table { border-collapse: collapse; } td, th { padding: 1px 10px 1px 0; text-align: left; vertical-align: top; }
td:first-child { text-align: right; white-space: nowrap; }
.key { display: inline-block; width: 0.8em; height: 0.8em; margin: 0 0.3em 0 1em; }
svg { width: 100%; height: 180px; }
`;

export function reportHtml(result: RunResult, matter: HtmlMatter): string {
  const total = result.violations.length + result.violationsOmitted;
  const { tables } = result;
  const title = `${result.program}: ${total === 1 ? '1 bounds violation' : `${total} bounds violations`}`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(endingText(result))}; ${result.instructions.toLocaleString('en-US')} instructions, kernel ${escapeHtml(result.kernel)}, seed ${result.seed}.</p>
<h2>Violations</h2>
${result.violations.slice(0, MOST_VIOLATIONS).map(article).join('\n') || '<p>None.</p>'}
${total > MOST_VIOLATIONS ? `<p>… and ${total - MOST_VIOLATIONS} more.</p>` : ''}
<h2>Bounds tables</h2>
<p>${tables.everAllocated} allocated, ${tables.freed} freed, ${tables.live} live, ${tables.leaked} leaked; entries dropped ${tables.zapped} times.</p>
<p><span class="key" style="background: var(--data)"></span>data<span class="key" style="background: var(--table)"></span>its bounds table, same scale<span class="key" style="background: var(--leaked)"></span>leaked table</p>
${mapSvg(matter.areas)}
<h2>Timeline</h2>
${matter.eventsOmitted ? `<p>The first ${matter.eventsOmitted} events are left out.</p>` : ''}
<table>
<thead><tr><th>Instruction</th><th>Event</th><th>Where</th></tr></thead>
<tbody>
${matter.events.map((event) => `<tr><td>${BigInt(event.instruction).toLocaleString('en-US')}</td><td>${escapeHtml(event.text)}</td><td>${escapeHtml(event.location)}</td></tr>`).join('\n')}
</tbody>
</table>
</body>
</html>
`;
}

function article(recorded: RecordedViolation): string {
  const { violation, explanation, reported, differences, instruction, hint } = recorded;
  const access = accessText(violation);
  const lines = [
    `check     ${instruction}`,
    `pointer   ${violation.pointer} = ${hex(violation.address)}`,
    `bounds    BND${violation.register} = ${boundsText(violation.bounds)}`,
    ...(access ? [`access    ${access}`] : []),
    ...(explanation?.stack.map((frame, depth) => `#${depth}`.padEnd(10) + frameText(frame)) ?? []),
    ...(reported ? [`kernel    reports ${reportText(reported)}`] : []),
    ...differences.map((difference) => `          ${difference}`),
    ...(hint ? [`          ${hint}`] : []),
  ];
  return `<article><h3>${escapeHtml(titleOf(recorded))}</h3><pre>${escapeHtml(lines.join('\n'))}</pre></article>`;
}
