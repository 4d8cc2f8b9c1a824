/** Draws the strip: data upwards, tables downwards in the same scale, below them what the tables hold. */
import type { TableState } from '../../protocol/panel.ts';
import type { Strip, StripArea } from './strip.ts';
import type { Viewport } from './viewport.ts';

/** Colours as the theme has them; `read` of palette.ts. */
export interface Palette {
  data: string;
  table: string;
  line: string;
  text: string;
  cursor: string;
  states: Record<TableState, string>;
}

export interface Picture {
  strip: Strip;
  view: Viewport;
  /** CSS pixels. */
  width: number;
  height: number;
  /** Index of the area that is outlined; -1 for none. */
  cursor: number;
  palette: Palette;
  font: string;
}

const AXIS_HEIGHT = 18;
const STATE_HEIGHT = 10;
const GAP = 2;
/** Distance of the addresses on the axis, at least. */
const LABEL_WIDTH = 120;
/** The states that matter more hide the others where several areas share a pixel. */
const WEIGHT: Record<TableState, number> = { freed: 0, zapped: 1, live: 2, leaked: 3 };

/** What one column of pixels stands for: the largest of its areas. */
interface Column {
  left: number;
  right: number;
  data: number;
  table: number;
  entries: number;
  state: TableState | undefined;
}

export function draw(context: CanvasRenderingContext2D, picture: Picture): void {
  const { strip, view, width, height, palette } = picture;
  context.clearRect(0, 0, width, height);
  const bars = height - AXIS_HEIGHT - STATE_HEIGHT - 2 * GAP;
  if (bars < 10 || width < 10) return;
  const columns = columnsOf(strip, view, width);
  const mostData = columns.reduce((most, column) => Math.max(most, column.data), 0);
  const mostTable = columns.reduce((most, column) => Math.max(most, column.table), 0);
  // One scale for both, so that what a table costs can be seen against what it describes.
  const scale = bars / Math.max(mostData + mostTable, 1);
  const baseline = Math.round(mostData * scale);
  fillBars(context, columns, palette.data, ({ data }) => [baseline - data * scale, data * scale]);
  fillBars(context, columns, palette.table, ({ table }) => [baseline + 1, table * scale]);
  context.fillStyle = palette.line;
  context.fillRect(0, baseline, width, 1);
  drawStates(context, columns, bars + GAP, palette);
  drawCursor(context, picture, bars + GAP + STATE_HEIGHT);
  drawAxis(context, picture, height - AXIS_HEIGHT);
}

function columnsOf(strip: Strip, view: Viewport, width: number): Column[] {
  const perArea = width / (view.to - view.from);
  const inset = perArea > 4 ? 1 : 0;
  const columns: Column[] = [];
  let last: Column | undefined;
  for (let i = strip.firstBehind(view.from); i < strip.areas.length; i++) {
    const { position, area } = strip.areas[i];
    if (position >= view.to) break;
    const left = Math.floor((position - view.from) * perArea);
    const right = Math.max(left + 1, Math.floor((position + 1 - view.from) * perArea) - inset);
    if (!last || left >= last.right) {
      last = { left, right, data: 0, table: 0, entries: 0, state: undefined };
      columns.push(last);
    }
    last.data = Math.max(last.data, area.dataBytes);
    const { table } = area;
    if (!table) continue;
    last.table = Math.max(last.table, table.residentBytes);
    last.entries = Math.max(last.entries, table.liveEntries);
    if (last.state === undefined || WEIGHT[table.state] > WEIGHT[last.state]) last.state = table.state;
  }
  return columns;
}

function fillBars(
  context: CanvasRenderingContext2D,
  columns: Column[],
  colour: string,
  bar: (column: Column) => [top: number, height: number],
): void {
  context.fillStyle = colour;
  for (const column of columns) {
    const [top, height] = bar(column);
    // What is there at all is seen, however little it is.
    if (height > 0) context.fillRect(column.left, top, column.right - column.left, Math.max(1, height));
  }
}

/** A row of marks: the state by colour, the number of entries by how full the mark is. */
function drawStates(context: CanvasRenderingContext2D, columns: Column[], top: number, palette: Palette): void {
  const most = columns.reduce((entries, column) => Math.max(entries, column.entries), 1);
  for (const { left, right, entries, state } of columns) {
    if (!state) continue;
    const share = Math.log1p(entries) / Math.log1p(most);
    const full = Math.max(2, Math.round(STATE_HEIGHT * share));
    context.fillStyle = palette.states[state];
    context.fillRect(left, top + STATE_HEIGHT - full, right - left, full);
  }
}

function drawCursor(context: CanvasRenderingContext2D, picture: Picture, bottom: number): void {
  const { strip, view, width, cursor, palette } = picture;
  const area: StripArea | undefined = strip.areas[cursor];
  if (!area) return;
  const perArea = width / (view.to - view.from);
  const left = (area.position - view.from) * perArea;
  context.strokeStyle = palette.cursor;
  context.lineWidth = 2;
  context.strokeRect(Math.floor(left) - 1, 1, Math.max(4, Math.floor(perArea) + 1), bottom - 1);
}

function drawAxis(context: CanvasRenderingContext2D, picture: Picture, top: number): void {
  const { strip, view, width, palette, font } = picture;
  const perArea = width / (view.to - view.from);
  context.font = font;
  context.textBaseline = 'middle';
  context.fillStyle = palette.text;
  let free = 0;
  for (let i = strip.firstBehind(view.from); i < strip.areas.length; i++) {
    const { position, start } = strip.areas[i];
    const left = (position - view.from) * perArea;
    if (left >= width) break;
    if (left < free) continue;
    const label = `0x${start.toString(16)}`;
    if (left + context.measureText(label).width > width) break;
    context.fillRect(Math.floor(left), top, 1, 4);
    context.fillText(label, left + 3, top + AXIS_HEIGHT / 2 + 1);
    free = left + LABEL_WIDTH;
  }
}
