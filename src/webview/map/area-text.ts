/** An area of the map in words. */
import type { MapArea, TableState } from '../../protocol/panel.ts';
import { bytes, count } from '../format.ts';
import { t } from '../text.ts';

export const stateText = (state: TableState): string =>
  ({ live: t('live'), zapped: t('zapped'), freed: t('freed'), leaked: t('leaked') })[state];

export function areaText({ start, end, dataBytes, table }: MapArea): string {
  const place = `${start}–${end}`;
  if (!table) return t('{0}: {1} of data, no bounds table', place, bytes(dataBytes));
  return t(
    '{0}: {1} of data; table {2} ({3}): {4} in memory, {5} entries',
    place,
    bytes(dataBytes),
    table.index,
    stateText(table.state),
    bytes(table.residentBytes),
    count(table.liveEntries),
  );
}
