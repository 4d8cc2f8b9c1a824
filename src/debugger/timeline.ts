/** The list of events: what the kernel and the MPX unit did, one line each. */
import { hex } from '../base/hex.ts';
import type { KernelEvent, SignalInfo } from '../kernel/api.ts';
import type { MpxEvent } from '../machine/api.ts';
import type { EventRow } from '../protocol/panel.ts';
import { boundsText, byteSize } from './format.ts';
import { signalName } from './signal-names.ts';

/** Oldest events are dropped beyond this many. */
const LIMIT = 200_000;

/** Kinds of events that a user should look into. */
const FINDINGS = new Set(['bounds-violation', 'bndldx-mismatch', 'bounds-lost', 'table-failed', 'oops']);

export interface TimelineEvent {
  sequence: number;
  instruction: bigint;
  pc: bigint;
  kind: string;
  text: string;
  /** Directory index concerned. */
  index?: bigint;
}

export class Timeline {
  private events: TimelineEvent[] = [];
  private nextSequence = 1;
  /** The time of the latest event so far. */
  private latest = -1n;

  get length(): number {
    return this.events.length;
  }

  /** `again`: a replay tells it, so it may be known already. */
  noteKernel(event: KernelEvent, again: boolean): TimelineEvent {
    const index = 'area' in event ? event.area / event.areaSize : undefined;
    return this.add(
      { instruction: event.instruction, pc: event.pc, kind: event.kind, text: kernelText(event), index },
      again,
    );
  }

  noteMpx(event: MpxEvent, instruction: bigint, again: boolean): TimelineEvent {
    const text =
      event.kind === 'bounds-lost'
        ? `Bounds lost by a branch without BND prefix: ${event.lost.map(boundsText).join(', ')}`
        : `BNDLDX mismatch: slot ${hex(event.slot)} has bounds for ${hex(event.stored)}, the pointer is ${hex(event.pointer)}`;
    return this.add({ instruction, pc: event.pc, kind: event.kind, text }, again);
  }

  /** Events [start, start + count), oldest first. */
  page(start: number, count: number): TimelineEvent[] {
    return this.events.slice(start, start + count);
  }

  /**
   * The events that a user should look into, oldest first. `present`: one that the kernel has perhaps not been told of yet; it
   * takes the number that its own event will have.
   */
  findings(present?: Omit<TimelineEvent, 'sequence'>): TimelineEvent[] {
    const found = this.events.filter(({ kind }) => FINDINGS.has(kind));
    if (!present || found.some(({ kind, instruction }) => kind === present.kind && instruction === present.instruction))
      return found;
    return [...found, { sequence: this.nextSequence, ...present }];
  }

  /** Forgets what lies behind `instruction`: the program goes on differently from there. */
  cut(instruction: bigint): void {
    this.events = this.events.filter((event) => event.instruction <= instruction);
    this.latest = this.events.at(-1)?.instruction ?? -1n;
  }

  /** What a replay tells again is known already. */
  private known({ instruction, pc, kind, text }: Omit<TimelineEvent, 'sequence'>): TimelineEvent | undefined {
    if (instruction > this.latest) return undefined;
    return this.events.findLast(
      (one) => one.instruction === instruction && one.pc === pc && one.kind === kind && one.text === text,
    );
  }

  private add(event: Omit<TimelineEvent, 'sequence'>, again: boolean): TimelineEvent {
    const known = again ? this.known(event) : undefined;
    if (known) return known;
    const numbered = { sequence: this.nextSequence++, ...event };
    if (event.instruction >= this.latest) {
      this.latest = event.instruction;
      this.events.push(numbered);
    } else {
      const index = this.events.findLastIndex(({ instruction }) => instruction <= event.instruction);
      this.events.splice(index + 1, 0, numbered);
    }
    // Dropped in bulk: shifting one by one would cost a copy each.
    if (this.events.length > LIMIT * 1.25) this.events = this.events.slice(-LIMIT);
    return numbered;
  }
}

/** An event as a row of the panel. */
export function eventRow(event: TimelineEvent, location: string): EventRow {
  return {
    sequence: event.sequence,
    instruction: event.instruction.toString(),
    kind: event.kind,
    text: event.text,
    pc: hex(event.pc),
    location,
    index: event.index === undefined ? undefined : hex(event.index),
  };
}

/** `SIGSEGV (SEGV_MAPERR) at 0x10`. */
export function signalText(info: SignalInfo): string {
  const name = signalName(info.signo, info.code);
  if (info.lower !== undefined && info.upper !== undefined)
    return `${name} at ${hex(info.address)}, bounds [${hex(info.lower)}, ${hex(info.upper)}]`;
  return info.code > 0 && info.code < 0x80 ? `${name} at ${hex(info.address)}` : name;
}

function kernelText(event: KernelEvent): string {
  switch (event.kind) {
    case 'bounds-violation':
      return event.kernelReport
        ? `Bounds violation, reported as ${signalText(event.kernelReport)}`
        : 'Bounds violation';
    case 'table-allocated':
      return `Table ${hex(event.table)} allocated for ${hex(event.area)} (${byteSize(Number(event.areaSize))})`;
    case 'table-race-lost':
      return `Table ${hex(event.table)} given back: another thread had installed one first`;
    case 'table-zapped':
      return `Table ${hex(event.table)}: entries ${hex(event.start)}–${hex(event.end)} dropped`;
    case 'table-freed':
      return `Table ${hex(event.table)} freed`;
    case 'table-failed':
      return `No table for the entry at ${hex(event.entry)}: ${event.reason}`;
    case 'management':
      return `Kernel management ${event.enabled ? `of the directory at ${hex(event.bdAddr)}` : 'ended'}${event.result === 0 ? '' : `, result ${event.result}`}`;
    case 'signal': {
      const what = {
        handler: 'goes to its handler',
        kill: 'ends the process',
        ignore: 'is ignored',
        stop: 'stops the process',
      }[event.action];
      return `${signalText(event.info)} ${what}`;
    }
    case 'sigreturn':
      return 'Return from a signal handler';
    case 'syscall-unknown':
      return `System call ${event.number} is not known: ENOSYS`;
    case 'memory-limit':
      return `The memory limit is reached (${event.what} at ${hex(event.address)})`;
    case 'mpx-log':
      return event.text;
    case 'thread-started':
      return `Thread ${event.child} started`;
    case 'thread-exited':
      return `Thread ${event.tid} ended`;
    case 'process-started':
      return `Process ${event.child} started`;
    case 'exec':
      return `Process ${event.pid} became ${event.path}`;
    case 'code-mapped':
      return `Code of ${event.path} mapped at ${hex(event.address)}`;
    case 'code-unmapped':
      return `Code of ${event.path} at ${hex(event.address)} unmapped`;
    case 'oops':
      return `Kernel oops in ${event.function}: ${event.reason}`;
    case 'exit':
      return 'code' in event.status
        ? `Exit with code ${event.status.code}`
        : `Killed by ${signalName(event.status.signal)}`;
  }
}
