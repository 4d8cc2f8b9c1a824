/**
 * The address space laid out as a strip: areas side by side in equal widths, the emptiness between them shortened to the
 * logarithm of its length. Positions are counted in widths of an area.
 */
import type { MapArea } from '../../protocol/panel.ts';

export interface StripArea {
  /** Addresses fit a double: they have 47 bits. */
  start: number;
  end: number;
  position: number;
  area: MapArea;
}

/** Width of `count` absent areas: neighbours stay neighbours, whatever lies far away comes near. */
const gapWidth = (count: number): number => (count <= 1 ? count : 1 + Math.log2(count));

export class Strip {
  readonly areas: readonly StripArea[];
  readonly length: number;

  /** `areas` in ascending order. */
  constructor(areas: readonly MapArea[]) {
    const placed: StripArea[] = [];
    let position = 0;
    let behind: number | undefined;
    for (const area of areas) {
      const start = Number(area.start);
      const end = Number(area.end);
      if (behind !== undefined) position += gapWidth((start - behind) / (end - start));
      placed.push({ start, end, position, area });
      position += 1;
      behind = end;
    }
    this.areas = placed;
    this.length = position;
  }

  /** Index of the area at a position; -1 in an empty place. */
  indexAt(position: number): number {
    const index = this.lastAt((area) => area.position <= position);
    return index >= 0 && position < this.areas[index].position + 1 ? index : -1;
  }

  /** Index of the first area that reaches beyond `position`; `areas.length` if none does. */
  firstBehind(position: number): number {
    return this.lastAt((area) => area.position + 1 <= position) + 1;
  }

  /** Index of the area that starts at `start`, or of the last one before it; -1 if there is none. */
  indexOfAddress(start: number): number {
    return this.lastAt((area) => area.start <= start);
  }

  /** Where an address lies, also between areas. The inverse of `addressAt`. */
  positionOf(address: number): number {
    return this.interpolate(
      address,
      (area) => area.start,
      (area) => area.end,
      (area) => area.position,
      (area) => area.position + 1,
    );
  }

  addressAt(position: number): number {
    return this.interpolate(
      position,
      (area) => area.position,
      (area) => area.position + 1,
      (area) => area.start,
      (area) => area.end,
    );
  }

  /** Piecewise linear from one measure of areas to the other, held at the ends of the strip. */
  private interpolate(
    value: number,
    from: (area: StripArea) => number,
    fromEnd: (area: StripArea) => number,
    to: (area: StripArea) => number,
    toEnd: (area: StripArea) => number,
  ): number {
    const { areas } = this;
    if (!areas.length) return 0;
    const index = this.lastAt((area) => from(area) <= value);
    if (index < 0) return to(areas[0]);
    const area = areas[index];
    const within = value - from(area);
    const size = fromEnd(area) - from(area);
    if (within <= size) return to(area) + (within / size) * (toEnd(area) - to(area));
    const next = areas[index + 1];
    if (!next) return toEnd(area);
    const gap = from(next) - fromEnd(area);
    return toEnd(area) + ((value - fromEnd(area)) / gap) * (to(next) - toEnd(area));
  }

  /** Index of the last area for which `holds`, which holds for none behind the first for which it does not. */
  private lastAt(holds: (area: StripArea) => boolean): number {
    let low = 0;
    let high = this.areas.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (holds(this.areas[middle])) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
