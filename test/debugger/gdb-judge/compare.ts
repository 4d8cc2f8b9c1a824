/** Compares what gdb says of a stop with what our session says. */
import type { Body, TestClient } from '../../dap/client.ts';

/** A value as walk.py writes it. */
export interface JudgeValue {
  gone?: true;
  synthetic?: true;
  error?: string;
  number?: string;
  enum?: string;
  float?: string;
  pointer?: string;
  target?: JudgeValue;
  text?: string;
  members?: [name: string | null, value: JudgeValue][];
  count?: number;
  elements?: JudgeValue[];
  other?: string;
}

export interface JudgeFrame {
  signal: boolean;
  name: string;
  known?: boolean;
  inlined?: boolean;
  line: number;
  /** Those that functions keep, by name. */
  registers?: Record<string, string>;
  variables: { name: string; type: string; argument: boolean; value: JudgeValue }[];
}

export interface JudgeStop {
  pc: string;
  frames: JudgeFrame[];
  /** Of all threads in the order of their start, where there are several. */
  threads: JudgeFrame[][];
}

/** A record whose members are all gone is gone itself. */
function isGone(text: string): boolean {
  return (
    /^<.*optimised/.test(text) || !/[^{}=,\s\w…]/.test(text.replaceAll(/\w+ = <optimised out>|<optimised out>/g, ''))
  );
}

/** gdb shows more digits than a float has, and signs and payloads of NaNs. */
function floatText(text: string, type: string): string {
  const number = Number(text.replace(/^-?nan.*/, 'NaN').replace('inf', 'Infinity'));
  return String(type === 'float' ? Math.fround(number) : number);
}

class Comparison {
  compared = 0;
  readonly differences: string[] = [];

  constructor(
    private readonly client: TestClient,
    /** Addresses of the program itself are the same for gdb and for us; those of stack and heap, behind this one, are not. */
    private readonly programEnd: bigint,
  ) {}

  same(what: string, ours: unknown, theirs: unknown): boolean {
    this.compared++;
    if (ours === theirs) return true;
    this.differences.push(`${what}: ours ${String(ours)}, gdb's ${String(theirs)}`);
    return false;
  }

  /** Every thread, with its frames. */
  threads(expected: JudgeFrame[][]): void {
    if (expected.length === 0) return;
    const { threads } = this.client.request('threads');
    this.same('threads', threads.length, expected.length);
    if (threads.length !== expected.length) return;
    // gdb begins where the thread stands in the program: so do we.
    expected.forEach((frames, i) => {
      const { stackFrames } = this.client.request('stackTrace', { threadId: threads[i].id });
      this.frames(
        frames,
        stackFrames.filter(({ moduleId }: Body) => moduleId !== 'kernel'),
        `thread ${i}: `,
      );
    });
  }

  frames(expected: JudgeFrame[], frames: Body[] = this.client.frames(), thread = ''): void {
    const ours = frames.slice(0, expected.length).map((frame: Body) => frame.name.replace(/ \(inlined\)$/, ''));
    const names = expected.map((frame) => (frame.signal ? '<signal handler called>' : frame.name));
    const plain = (list: string[]) =>
      list.map((name) => name.replace(/\+0x.*|\.(part|isra|constprop).*/, '')).join(' < ');
    if (!this.same(`${thread}backtrace`, plain(ours), plain(names))) return;
    expected.forEach((frame, depth) => {
      if (!frame.known) return;
      const where = `${thread}frame ${depth} (${frame.name})`;
      this.same(`${where}, line`, frames[depth].line, frame.line);
      this.variables(where, frames[depth], frame);
      this.registers(where, frames[depth], frame.registers ?? {});
    });
  }

  private registers(where: string, frame: Body, expected: Record<string, string>): void {
    const { scopes } = this.client.request('scopes', { frameId: frame.id });
    const scope = scopes.find(({ name }: Body) => name === 'Registers' || name === 'Frame');
    const ours = new Map(this.client.children(scope.variablesReference).map(({ name, value }) => [name, value]));
    // Only what lies within the program is at the same place for both.
    const inside = (value: string) => (BigInt(value) < this.programEnd ? value : 'elsewhere');
    for (const [name, value] of Object.entries(expected)) {
      const text = ours.get(name) ?? 'absent';
      const own = /^0x/.test(text) ? inside(BigInt(text).toString()) : text;
      this.same(`${where}, ${name}`, own, inside(value));
    }
  }

  private variables(where: string, frame: Body, expected: JudgeFrame): void {
    const { scopes } = this.client.request('scopes', { frameId: frame.id });
    const ours = new Map<string, Body>();
    for (const name of ['Arguments', 'Locals']) {
      const scope = scopes.find((one: Body) => one.name === name);
      for (const variable of scope ? this.client.children(scope.variablesReference) : [])
        if (!ours.has(variable.name)) ours.set(variable.name, variable);
    }
    const seen = new Set<string>();
    for (const { name, value } of expected.variables) {
      if (seen.has(name)) continue;
      seen.add(name);
      const variable = ours.get(name);
      // gdb gives inlined functions also the variables of blocks that the code at hand is not in: without values.
      if (!variable && value.gone) continue;
      if (this.same(`${where}, ${name} is known`, variable !== undefined, true))
        this.value(`${where}, ${name}`, variable, value);
    }
    const more = [...ours.keys()].filter((name) => !seen.has(name) && !name.includes('(hidden'));
    this.same(`${where}, variables gdb does not have`, more.join(' '), '');
  }

  private value(what: string, ours: Body, theirs: JudgeValue): void {
    const text: string = ours.value;
    const first = text.split(' ')[0];
    if (theirs.error !== undefined || theirs.other !== undefined) return;
    if (theirs.gone) this.same(what, isGone(text) ? 'optimised out' : text, 'optimised out');
    else if (theirs.synthetic) this.same(what, /optimised away/.test(text), true);
    else if (theirs.number !== undefined)
      this.same(what, first.replace('true', '1').replace('false', '0'), theirs.number);
    else if (theirs.enum !== undefined) this.same(what, text, theirs.enum.replace(/^\((.*)unknown: /, '($1unknown: '));
    else if (theirs.float !== undefined)
      this.same(what, floatText(text, ours.type), floatText(theirs.float, ours.type));
    else if (theirs.pointer !== undefined) this.pointer(what, ours, theirs);
    else if (theirs.members) this.members(what, ours, theirs.members);
    else if (theirs.elements) this.elements(what, ours, theirs);
  }

  private pointer(what: string, ours: Body, theirs: JudgeValue): void {
    const address = BigInt(theirs.pointer ?? 0);
    const text: string = ours.value;
    if (!/^0x/.test(text)) {
      this.same(what, text, `0x${address.toString(16)}`);
      return;
    }
    const value = BigInt(text.split(' ')[0]);
    if (address < this.programEnd) this.same(what, value, address);
    else this.same(`${what} points out of the program`, value >= this.programEnd, true);
    // Paths and environment differ: only texts of the program are compared.
    if (theirs.text && address < this.programEnd)
      this.same(`${what}, text`, text.slice(text.indexOf('"')), JSON.stringify(theirs.text));
    if (theirs.target?.members && ours.variablesReference) this.members(`*${what}`, ours, theirs.target.members);
  }

  private members(what: string, ours: Body, members: [name: string | null, value: JudgeValue][]): void {
    const children = this.client.children(ours.variablesReference);
    this.same(`${what}, members`, children.length, members.length);
    members.forEach(([name, value], i) => {
      if (!children[i]) return;
      if (name) this.same(`${what}, member ${i}`, children[i].name, name);
      this.value(`${what}.${name}`, children[i], value);
    });
  }

  private elements(what: string, ours: Body, { count, elements = [] }: JudgeValue): void {
    this.same(`${what}, elements`, ours.indexedVariables ?? 0, count);
    if (!ours.variablesReference) return;
    const children = this.client.children(ours.variablesReference, { start: 0, count: elements.length });
    for (const [i, value] of elements.entries()) this.value(`${what}[${i}]`, children[i], value);
  }
}

export function compareStop(
  client: TestClient,
  stop: JudgeStop,
  programEnd: bigint,
): { compared: number; differences: string[] } {
  const comparison = new Comparison(client, programEnd);
  const [top] = client.frames();
  comparison.same('pc', BigInt(top.instructionPointerReference), BigInt(stop.pc));
  comparison.frames(stop.frames);
  comparison.threads(stop.threads);
  return comparison;
}
