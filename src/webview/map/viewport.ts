/** Which part of the strip is in sight, and how zooming and panning change it. Positions as in strip.ts. */
export interface Viewport {
  from: number;
  to: number;
}

/** No nearer than this many widths of an area in sight. */
const NEAREST = 4;

const span = ({ from, to }: Viewport): number => to - from;

export const whole = (length: number): Viewport => ({ from: 0, to: Math.max(length, NEAREST) });

/** `view` moved and sized so that it lies within a strip of `length`. */
export function clampView(view: Viewport, length: number): Viewport {
  const all = whole(length);
  const size = Math.min(Math.max(span(view), NEAREST), span(all));
  const from = Math.min(Math.max(view.from, 0), all.to - size);
  return { from, to: from + size };
}

/** Zooms by `factor` (below 1: nearer) so that `at` stays where it is. */
export function zoom(view: Viewport, factor: number, at: number, length: number): Viewport {
  const size = Math.min(Math.max(span(view) * factor, NEAREST), span(whole(length)));
  const from = at - ((at - view.from) / span(view)) * size;
  return clampView({ from, to: from + size }, length);
}

/** Moves by a share of what is in sight. */
export function pan(view: Viewport, share: number, length: number): Viewport {
  const by = span(view) * share;
  return clampView({ from: view.from + by, to: view.to + by }, length);
}

/** Moves as little as needed to have the area at `position` in sight. */
export function reveal(view: Viewport, position: number, length: number): Viewport {
  if (position < view.from) return clampView({ from: position, to: position + span(view) }, length);
  if (position + 1 > view.to) return clampView({ from: position + 1 - span(view), to: position + 1 }, length);
  return view;
}
