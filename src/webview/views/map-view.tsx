/** Where in the address space data and tables lie, and what the tables cost beside the data. */
import { useId, useState } from 'preact/hooks';
import type { Client } from '../client.ts';
import { count } from '../format.ts';
import { areaText } from '../map/area-text.ts';
import { MapCanvas } from '../map/map-canvas.tsx';
import { type MapPlace, moveByKey } from '../map/map-keys.ts';
import type { Strip } from '../map/strip.ts';
import { useMap } from '../map/use-map.ts';
import { clampView, type Viewport, whole } from '../map/viewport.ts';
import { type TableKey, tableKey } from '../table-key.ts';
import { t } from '../text.ts';
import type { ViewState } from '../view-state.ts';
import './map-view.css';
import { Notice } from './notice.tsx';
import { Tool } from './tool.tsx';

export interface MapViewProps {
  client: Client;
  session: string;
  revision: number;
  state: ViewState;
  update: (change: Partial<ViewState>) => void;
  /** Enter or a double click on an area with a table. */
  onOpenTable: (key: TableKey) => void;
}

export function MapView({ client, session, revision, state, update, onOpenTable }: MapViewProps) {
  const { strip, failure } = useMap(client, session, revision);
  const id = useId();
  const [hover, setHover] = useState(-1);
  if (!strip?.areas.length)
    return (
      <Notice>
        <p role={failure ? 'alert' : undefined}>
          {failure ?? (strip ? t('The program has no memory yet.') : t('Reading the map…'))}
        </p>
      </Notice>
    );

  const view = viewOf(strip, state.map);
  const place: MapPlace = { view, cursor: cursorOf(strip, state.mapCursor) };
  const onPlace = (next: MapPlace) => {
    const { from, to } = next.view;
    const start = strip.areas[next.cursor]?.start;
    // Seeing all is no place of its own: it stays so when more areas come.
    const all = from <= 0 && to >= strip.length;
    update({ map: all ? undefined : { from: strip.addressAt(from), to: strip.addressAt(to) }, mapCursor: start });
  };
  const press = (key: string) => {
    const next = moveByKey(key, strip, place);
    if (next) onPlace(next);
  };
  const atCursor = strip.areas[place.cursor]?.area;
  const shown = strip.areas[hover]?.area ?? atCursor;
  const tables = strip.areas.filter(({ area }) => area.table).length;
  const help = t('Arrow keys go from area to area, + and − zoom, 0 shows all, Enter opens the table.');
  return (
    <div class="map">
      <div class="bar">
        <Tool icon="zoom-in" label={t('Zoom in')} onClick={() => press('+')} />
        <Tool icon="zoom-out" label={t('Zoom out')} onClick={() => press('-')} />
        <Tool icon="screen-full" label={t('Show all')} onClick={() => press('0')} />
        <span class="map-legend">
          <Key colour="data" text={t('data')} />
          <Key colour="table" text={t('its bounds table, same scale')} />
          <Key colour="live" text={t('entries')} />
          <Key colour="zapped" text={t('zapped')} />
          <Key colour="leaked" text={t('leaked')} />
        </span>
        <span class="faint">{t('{0} of {1} areas have a table', count(tables), count(strip.areas.length))}</span>
      </div>
      <MapCanvas
        strip={strip}
        place={place}
        describedBy={`${id}-help`}
        onPlace={onPlace}
        onHover={setHover}
        onOpen={(index) => {
          const table = strip.areas[index].area.table;
          if (table) onOpenTable(tableKey(table));
        }}
      />
      <div class="map-detail code" aria-hidden="true">
        {shown ? areaText(shown) : help}
      </div>
      <div id={`${id}-help`} class="visually-hidden">
        {help}
      </div>
      <div role="status" class="visually-hidden">
        {atCursor ? areaText(atCursor) : ''}
      </div>
    </div>
  );
}

function Key({ colour, text }: { colour: string; text: string }) {
  return (
    <span class="map-key">
      <span class={`map-key-colour map-key-${colour}`} aria-hidden="true" />
      {text}
    </span>
  );
}

/** What was in sight, by its addresses: positions are others once areas have come or gone. */
function viewOf(strip: Strip, kept: ViewState['map']): Viewport {
  if (!kept) return whole(strip.length);
  return clampView({ from: strip.positionOf(kept.from), to: strip.positionOf(kept.to) }, strip.length);
}

function cursorOf(strip: Strip, start: number | undefined): number {
  if (start === undefined) return -1;
  const index = strip.indexOfAddress(start);
  return strip.areas[index]?.start === start ? index : -1;
}
