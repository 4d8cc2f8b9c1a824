/** The scope “MPX”: the bound registers, their configuration and status. */
import { hex } from '../base/hex.ts';
import { boundsOf, setBoundsOf } from '../debugger/bound-registers.ts';
import type { BoundsLayout } from '../debugger/bounds-layout.ts';
import { assignBounds } from '../debugger/edit-bounds.ts';
import { isMpxEnabled } from '../debugger/enable-conditions.ts';
import { boundsText } from '../debugger/format.ts';
import { BNDCFG_BASE, BNDCFG_BNDPRESERVE, BNDCFG_EN, registerPlace } from '../debugger/registers.ts';
import { finish } from '../debugger/time-travel/time-travel.ts';
import { editScope, type Item, type ItemContext, placeItem } from './items.ts';

export function bndcfguText(value: bigint): string {
  if (!(value & BNDCFG_EN)) return value === 0n ? 'off' : `off (${hex(value)})`;
  return `on${value & BNDCFG_BNDPRESERVE ? ', BNDPRESERVE' : ''}, directory at ${hex(value & BNDCFG_BASE)}`;
}

/** BNDSTATUS as a sentence (spec A.2). */
export function bndstatusText(value: bigint, base: bigint | undefined, layout: BoundsLayout): string {
  const address = value & ~3n;
  switch (value & 3n) {
    case 0n:
      return value === 0n ? 'no fault yet' : `no error, address ${hex(address)}`;
    case 1n:
      return 'the last #BR was a bounds violation';
    case 2n: {
      const index = base === undefined || address < base ? undefined : (address - base) / layout.entryBytes;
      const area =
        index === undefined
          ? ''
          : `, for pointers stored in ${hex(layout.areaStart(index))}–${hex(layout.areaStart(index + 1n) - 1n)}`;
      return `the last #BR was a missing bounds table: directory entry ${hex(address)}${area}`;
    }
    default:
      return `reserved error code 3 (${hex(value)})`;
  }
}

function bndItem(context: ItemContext, index: number): Item {
  const { cpu } = context.launched.debuggee.task;
  return {
    name: `BND${index}`,
    value: boundsText(boundsOf(cpu, index)),
    type: 'bounds',
    evaluateName: `$bnd${index}`,
    memoryReference: hex(cpu.bnd(index).lower),
    children: { kind: 'bnd', index },
    set: (text) => setBoundsOf(cpu, index, assignBounds(text, editScope(context))),
  };
}

export function mpxItems(context: ItemContext): Item[] {
  const { debuggee } = context.launched;
  const { cpu } = debuggee.task;
  const enabled = isMpxEnabled(debuggee.process, debuggee.task);
  const inHandler = debuggee.control.handlerDepth() > 0;
  const bndcfgu = registerPlace(cpu, 'bndcfgu');
  const bndstatus = registerPlace(cpu, 'bndstatus');
  if (!bndcfgu || !bndstatus) throw new Error('the configuration registers are known');
  const status: Item = {
    ...placeItem(context, bndstatus, 'BNDSTATUS'),
    value: bndstatusText(cpu.bndstatus, debuggee.directoryBase, debuggee.boundsLayout),
    children: { kind: 'bndstatus' },
  };
  return [
    {
      name: 'MPX',
      value: enabled
        ? 'enabled'
        : inHandler
          ? 'off in this signal handler, until it returns'
          : 'off: MPX instructions do nothing',
      readOnly: true,
    },
    ...[0, 1, 2, 3].map((index) => bndItem(context, index)),
    { ...placeItem(context, bndcfgu, 'BNDCFGU'), value: bndcfguText(cpu.bndcfgu), children: { kind: 'bndcfgu' } },
    // The entry it names can be looked at in memory.
    (cpu.bndstatus & 3n) === 2n ? { ...status, memoryReference: hex(cpu.bndstatus & ~3n) } : status,
  ];
}

function members(
  context: ItemContext,
  register: string,
  names: readonly string[],
  pointers: readonly string[],
): Item[] {
  const { cpu } = context.launched.debuggee.task;
  return names.map((name) => {
    const place = registerPlace(cpu, register, name);
    if (!place) throw new Error(`${register}.${name} is known`);
    return placeItem(context, place, name, pointers.includes(name));
  });
}

export function bndItems(context: ItemContext, index: number): Item[] {
  const parts = members(context, `bnd${index}`, ['lower', 'upper', 'raw', 'size'], ['lower', 'upper']);
  if (!context.launched.debuggee.recorder) return parts;
  const history: Item = {
    name: 'history',
    value: 'where these bounds come from',
    children: { kind: 'bnd-history', index },
    readOnly: true,
  };
  return [...parts, history];
}

/** Asked for, the past is run again. */
export function bndHistoryItems({ launched }: ItemContext, index: number): Item[] {
  const provenance = launched.debuggee.recorder?.provenance;
  if (!provenance) return [];
  const [, ...lines] = provenance.lines(finish(provenance.historyOf({ register: index })));
  return lines.map((value, i) => ({ name: `${i + 1}`, value, readOnly: true }));
}

export function bndcfguItems(context: ItemContext): Item[] {
  return members(context, 'bndcfgu', ['en', 'bndpreserve', 'base'], ['base']);
}

export function bndstatusItems(context: ItemContext): Item[] {
  return members(context, 'bndstatus', ['ec', 'abd'], ['abd']);
}
