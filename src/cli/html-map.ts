/** The map of the address space as a picture: data upwards, tables downwards in the same scale. */
import type { MapArea } from '../protocol/panel.ts';

/** Areas drawn; beyond, neighbours share a bar of the largest. */
const MOST_BARS = 1200;
const HEIGHT = 160;

export function mapSvg(areas: readonly MapArea[]): string {
  if (!areas.length) return '<p>The program has no memory any more.</p>';
  const share = Math.ceil(areas.length / MOST_BARS);
  const bars = Array.from({ length: Math.ceil(areas.length / share) }, (_, at) =>
    areas.slice(at * share, (at + 1) * share),
  );
  const largest = (group: readonly MapArea[], size: (area: MapArea) => number) => Math.max(0, ...group.map(size));
  const data = bars.map((group) => largest(group, ({ dataBytes }) => dataBytes));
  const tables = bars.map((group) => largest(group, ({ table }) => table?.residentBytes ?? 0));
  const mostData = Math.max(...data);
  const scale = HEIGHT / Math.max(1, mostData + Math.max(...tables));
  const baseline = mostData * scale;
  const rectangles = bars.map((group, at) => {
    const leaked = group.some(({ table }) => table?.state === 'leaked');
    const title = `${group[0].start}–${group[group.length - 1].end}: ${data[at]} bytes of data, ${tables[at]} bytes of table`;
    const up = data[at] * scale;
    const down = tables[at] * scale;
    // Addresses are ours, made of numbers: nothing of the program's needs escaping here.
    return `<g><title>${title}</title><rect x="${at}" y="${(baseline - up).toFixed(1)}" width="0.9" height="${up.toFixed(1)}" fill="var(--data)"/><rect x="${at}" y="${baseline.toFixed(1)}" width="0.9" height="${down.toFixed(1)}" fill="var(--${leaked ? 'leaked' : 'table'})"/></g>`;
  });
  const label = `${areas.length} areas from ${areas[0].start} to ${areas[areas.length - 1].end}`;
  return `<svg viewBox="0 0 ${bars.length} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${label}">
${rectangles.join('\n')}
<rect x="0" y="${baseline.toFixed(1)}" width="${bars.length}" height="0.5" fill="var(--line)"/>
</svg>
<p><code>${areas[0].start}</code> to <code>${areas[areas.length - 1].end}</code>; empty areas are left out.</p>`;
}
