/** Group U: what munmap does to tables and directory. */
import { hex } from '../../base/hex.ts';
import { MPX, type MpxConstants } from '../../kernel/mpx/constants.ts';
import { resolveProfile } from '../../kernel/mpx/profiles.ts';
import { resultText } from './errno-text.ts';
import type { Observations } from './expectation.ts';
import { isObject, type Json, NotUnderstood, wordOf } from './fields.ts';
import type { Group, GroupContext } from './group.ts';
import { pageOf, place, preparedCpu, profileIn } from './machine.ts';
import { areaOf, PreparedProcess, type Record } from './process.ts';

const MUNMAP = 11n;
const DIRECTORY = { 64: 0x100000000000n, 32: 0xa0000000n };
const KINDS = ['anon', 'mpx', 'stack'] as const;
const DEREFERENCE = 'kernel NULL dereference (no mapping after the table, K-11)';

interface Area {
  start: bigint;
  end: bigint;
  kind: (typeof KINDS)[number];
}

function areaFrom(value: Json): Area | undefined {
  if (!Array.isArray(value) || value.length !== 3) return undefined;
  const [start, end, name] = [wordOf(value[0]), wordOf(value[1]), value[2]];
  const kind = KINDS.find((one) => one === name);
  return start === undefined || end === undefined || !kind ? undefined : { start, end, kind };
}

/** The line for something that happened, if the vectors have one for it. */
function lineOf(record: Record, directory: bigint, c: MpxConstants): string | undefined {
  if (record.kind === 'event') {
    const { event } = record;
    if (event.kind === 'table-freed') {
      const index = (event.entry - directory) / BigInt(c.word);
      return `clear BDE[${hex(index)}], munmap table ${hex(event.table)}`;
    }
    if (event.kind === 'table-zapped') return `zap [${hex(event.start)}, ${hex(event.end)})`;
    if (event.kind !== 'oops') return undefined;
    return event.function === 'zap_bt_entries' ? DEREFERENCE : `kernel oops in ${event.function}: ${event.reason}`;
  }
  switch (record.label) {
    case 'unmap_edge_bts: leave the last edge alone':
      return 'end-edge table not looked at (K-09)';
    case 'mpx_notify_unmap: skip, a bounds table is in the range': {
      const outermost = record.functions.filter((name) => name === 'mpx_notify_unmap').length === 1;
      return outermost ? 'skip: VM_MPX mapping in range' : undefined;
    }
    case 'mpx_notify_unmap: force SIGSEGV':
      return `SIGSEGV (${resultText(Number(record.locals.ret))})`;
    default:
      return undefined;
  }
}

function prepare(context: GroupContext, mode: 64 | 32, areas: Area[], bd: [string, bigint][]): PreparedProcess {
  const machine = context.machines.empty();
  const cpu = preparedCpu(machine, context.common);
  const prepared = new PreparedProcess(machine, cpu, resolveProfile(profileIn(context.profile, mode)), mode);
  const { mm, profile } = prepared;
  const c = MPX[mode];
  mm.install(areas.map(({ start, end, kind }) => areaOf(mm, profile, start, end, kind)));
  const start = DIRECTORY[mode];
  mm.hideDirectory({ start, end: start + c.MPX_BD_SIZE_BYTES, writable: true });
  mm.bd_addr = start;
  for (const [index, value] of bd) {
    const entry = start + BigInt(index) * BigInt(c.word);
    place(machine, pageOf(entry), new Uint8Array(1), 3);
    machine.memory.writeUint(entry, c.word, value);
  }
  cpu.bndcfgu = start | 1n;
  return prepared;
}

export const unmap: Group = {
  profiled: true,
  run(input, context): Observations {
    const mode = input.integer('mode', 64);
    if (mode !== 64 && mode !== 32) throw new NotUnderstood(`mode ${mode}`);
    const areas = input.list('vmas', areaFrom);
    const bd = input.entries('bd', wordOf);
    const [start, length, ...more] = input.list('munmap', wordOf);
    if (start === undefined || length === undefined || more.length > 0)
      throw new NotUnderstood('munmap is not [start, length]');
    const prepared = prepare(context, mode, areas, bd);
    const { mm } = prepared;
    mm.sysctl_max_map_count = input.integer('map_limit', mm.sysctl_max_map_count);

    const ret = resultText(prepared.syscall(MUNMAP, start, length));
    const directory = DIRECTORY[mode];
    const c = MPX[mode];
    const actions = prepared.records.flatMap((record) => lineOf(record, directory, c) ?? []);
    const entryAt = (index: string) => mm.memory.readUint(directory + BigInt(index) * BigInt(c.word), c.word) ?? 0n;
    const asked = Object.values(context.expect).flatMap((one) =>
      isObject(one) && isObject(one.bd_after) ? Object.keys(one.bd_after) : [],
    );
    const indices = [...new Set([...bd.map(([index]) => index), ...asked])];
    const bd_after = Object.fromEntries(indices.map((index) => [index, entryAt(index)]));
    return { outcome: { ret: actions.includes(DEREFERENCE) ? undefined : ret, actions, bd_after } };
  },
  /** With a dead kernel there is no return value to compare. */
  agrees(base, expected, observations) {
    const outcome = observations.outcome;
    if (base !== 'outcome' || !isObject(expected) || typeof outcome !== 'object' || outcome === null) return undefined;
    if (Array.isArray(outcome) || outcome.ret !== undefined) return undefined;
    outcome.ret = wordOf(expected.ret) ?? (typeof expected.ret === 'string' ? expected.ret : undefined);
    return undefined;
  },
  /** Unmapping executes no code of the program, so both word sizes can be run. */
};
