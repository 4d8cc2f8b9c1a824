/** What keys do in the map. */
import type { Strip } from './strip.ts';
import { pan, reveal, type Viewport, whole, zoom } from './viewport.ts';

export interface MapPlace {
  view: Viewport;
  /** Index of the area that the keyboard is at; -1 before the first key. */
  cursor: number;
}

const NEARER = 0.7;
const PAGE_SHARE = 0.8;

/** Where `key` leads from `place`; undefined if the map does not know it. */
export function moveByKey(key: string, strip: Strip, { view, cursor }: MapPlace): MapPlace | undefined {
  const { length, areas } = strip;
  const goTo = (index: number): MapPlace => {
    const at = Math.min(Math.max(index, 0), areas.length - 1);
    return { view: areas[at] ? reveal(view, areas[at].position, length) : view, cursor: at };
  };
  const middle = cursor >= 0 && areas[cursor] ? areas[cursor].position + 0.5 : (view.from + view.to) / 2;
  switch (key) {
    case 'ArrowRight':
      return goTo(cursor < 0 ? strip.firstBehind(view.from) : cursor + 1);
    case 'ArrowLeft':
      return goTo(cursor < 0 ? strip.firstBehind(view.from) : cursor - 1);
    case 'Home':
      return goTo(0);
    case 'End':
      return goTo(areas.length - 1);
    case 'PageDown':
      return { view: pan(view, PAGE_SHARE, length), cursor };
    case 'PageUp':
      return { view: pan(view, -PAGE_SHARE, length), cursor };
    case 'ArrowUp':
    case '+':
    case '=':
      return { view: zoom(view, NEARER, middle, length), cursor };
    case 'ArrowDown':
    case '-':
      return { view: zoom(view, 1 / NEARER, middle, length), cursor };
    case '0':
      return { view: whole(length), cursor };
    default:
      return undefined;
  }
}
