// biome-ignore-all lint/a11y/noNoninteractiveTabindex: the map handles keys itself, as its role says.
/** The map's picture, with mouse and keyboard. */
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t } from '../text.ts';
import { draw, type Palette } from './draw.ts';
import { type MapPlace, moveByKey } from './map-keys.ts';
import { onThemeChange, readPalette } from './palette.ts';
import type { Strip } from './strip.ts';
import { clampView, pan, zoom } from './viewport.ts';

/** Zoom of one notch of a mouse wheel, which tells 100 or so. */
const ZOOM_PER_PIXEL = 1.002;
/** Movement beyond which a press is no click. */
const CLICK_PIXELS = 3;

export interface MapCanvasProps {
  strip: Strip;
  place: MapPlace;
  /** Id of the element that tells what the cursor is at. */
  describedBy: string;
  onPlace: (place: MapPlace) => void;
  /** The mouse is over the area with this index; -1 when over none. */
  onHover: (index: number) => void;
  /** Enter or a double click. */
  onOpen: (index: number) => void;
}

export function MapCanvas({ strip, place, describedBy, onPlace, onHover, onOpen }: MapCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [palette, setPalette] = useState<Palette>();
  const drag = useRef<{ x: number; moved: boolean } | undefined>(undefined);
  const { view } = place;

  useLayoutEffect(() => {
    const element = canvas.current!;
    const measure = () => setSize({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    const read = () => setPalette(readPalette(element));
    read();
    const stop = onThemeChange(read);
    return () => {
      observer.disconnect();
      stop();
    };
  }, []);

  useLayoutEffect(() => {
    const element = canvas.current!;
    const context = element.getContext('2d');
    if (!context || !palette) return;
    const ratio = window.devicePixelRatio;
    const width = Math.round(size.width * ratio);
    const height = Math.round(size.height * ratio);
    // Setting a size also clears, and costs: only when it is another one.
    if (element.width !== width || element.height !== height) {
      element.width = width;
      element.height = height;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const { fontFamily, fontSize } = getComputedStyle(element);
    draw(context, { strip, ...size, view, cursor: place.cursor, palette, font: `${fontSize} ${fontFamily}` });
  }, [strip, view, place.cursor, size, palette]);

  const positionAt = (x: number) => view.from + (x / size.width) * (view.to - view.from);

  const onWheel = (event: WheelEvent) => {
    event.preventDefault();
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
    const next = sideways
      ? pan(view, (event.deltaX || event.deltaY) / size.width, strip.length)
      : zoom(view, ZOOM_PER_PIXEL ** event.deltaY, positionAt(event.offsetX), strip.length);
    onPlace({ ...place, view: next });
  };
  // Preact listens passively where browsers do; then the page could not be kept from scrolling.
  useEffect(() => {
    const element = canvas.current!;
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  });

  const onPointerDown = (event: JSX.TargetedPointerEvent<HTMLCanvasElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { x: event.offsetX, moved: false };
  };
  const onPointerMove = (event: JSX.TargetedPointerEvent<HTMLCanvasElement>) => {
    const { current } = drag;
    if (!current) return onHover(strip.indexAt(positionAt(event.offsetX)));
    const by = current.x - event.offsetX;
    if (!current.moved && Math.abs(by) <= CLICK_PIXELS) return;
    drag.current = { x: event.offsetX, moved: true };
    const shift = (by / size.width) * (view.to - view.from);
    onPlace({ ...place, view: clampView({ from: view.from + shift, to: view.to + shift }, strip.length) });
  };
  const onPointerUp = (event: JSX.TargetedPointerEvent<HTMLCanvasElement>) => {
    const { current } = drag;
    drag.current = undefined;
    if (current && !current.moved) onPlace({ ...place, cursor: strip.indexAt(positionAt(event.offsetX)) });
  };
  const onKeyDown = (event: JSX.TargetedKeyboardEvent<HTMLDivElement>) => {
    if (event.altKey || event.metaKey || event.ctrlKey) return;
    if (event.key === 'Enter' && place.cursor >= 0) onOpen(place.cursor);
    else {
      const next = moveByKey(event.key, strip, place);
      if (!next) return;
      onPlace(next);
    }
    event.preventDefault();
  };

  return (
    <div
      class="map-frame"
      role="application"
      tabIndex={0}
      aria-label={t('Map of the address space')}
      aria-describedby={describedBy}
      onKeyDown={onKeyDown}
    >
      <canvas
        ref={canvas}
        class="map-canvas"
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerLeave={() => onHover(-1)}
        onDblClick={(event) => {
          const index = strip.indexAt(positionAt(event.offsetX));
          if (index >= 0) onOpen(index);
        }}
      />
    </div>
  );
}
