/** Steps backwards by source line: to the place where stepping forwards would have stopped before. */
import type { TaskView } from '../../kernel/api.ts';
import type { Unwinder } from '../backtrace.ts';
import { type CodeReader, isCall, isReturn } from '../code.ts';
import { Continue, RSP } from '../plans.ts';
import type { RunControl } from '../run-control.ts';
import type { ProgramSymbols } from '../symbols.ts';
import { isBefore, type Moment } from './moment.ts';
import type { TimeTravel, Work } from './time-travel.ts';

/** Windows of the past looked at one after the other, in instructions; then checkpoint by checkpoint. */
const WINDOWS = [1_000n, 10_000n, 100_000n, 1_000_000n];
/** Bytes of a call instruction. */
const CALL_LENGTHS = [2n, 3n, 4n, 5n, 6n, 7n, 8n];
const RETURN_ADDRESS_BYTES = 8n;
/** Functions are not longer than this many line ranges. */
const MOST_RANGES = 20_000;

/** A function's activation on the stack. */
interface Activation {
  /** Stack pointer behind the return address. */
  cfa: bigint;
  /** Address of the function, and where its statements begin. */
  entry: bigint;
  statements: ReadonlySet<bigint>;
}

/** A moment of the thread at an address. */
interface Visit {
  moment: Moment;
  pc: bigint;
}

export class StepBack {
  constructor(
    private readonly travel: TimeTravel,
    private readonly control: RunControl,
    private readonly unwinder: Unwinder,
    private readonly code: CodeReader,
    private readonly symbols: ProgramSymbols,
  ) {}

  /** To the start of the statement before, in this function or its caller; calls are stepped over. undefined: none is known. */
  *line(): Work<Moment | undefined> {
    const { tid } = this.control.task;
    const origin = this.travel.now;
    const activation = this.activation();
    if (!activation) return undefined;
    const found = this.isEntry(activation)
      ? { statement: undefined, entered: origin }
      : yield* this.lastStatement(activation, origin, tid);
    if (found.statement) return found.statement.moment;
    if (!found.entered) return undefined;
    // The function had just been entered: what came before is the caller's.
    const call = yield* this.toCall(found.entered, tid);
    if (!call) return undefined;
    const caller = this.activation();
    if (!caller) return call;
    // The call itself belongs to a statement that has begun earlier, or begins with it.
    const from = caller.statements.has(this.control.task.cpu.rip)
      ? undefined
      : yield* this.lastStatement(caller, call, tid);
    return from?.statement?.moment ?? call;
  }

  /** Into the function that returned last on the way to here: to its last statement. undefined: no call was made since the statement before. */
  *into(): Work<Moment | undefined> {
    const { tid } = this.control.task;
    const origin = this.travel.now;
    const { retired } = this.control.task.cpu;
    // Where a call has just returned to, only the return is before this moment.
    const just = yield* this.beforeReturn(tid, retired, origin);
    yield* this.travel.goTo(origin, tid);
    const previous = yield* this.line();
    const back = just ?? (previous && (yield* this.lastReturn(previous, origin, tid)));
    if (!back) return previous;
    yield* this.travel.goTo(back, tid);
    const activation = this.activation();
    if (!activation) return previous;
    if (activation.statements.has(this.control.task.cpu.rip)) return back;
    const { statement } = yield* this.lastStatement(activation, back, tid);
    return statement?.moment ?? back;
  }

  /** To the call of this function. undefined: the recording does not have it. */
  *out(): Work<Moment | undefined> {
    const { tid } = this.control.task;
    const activation = this.activation(false);
    if (!activation) return undefined;
    const { entered } = this.isEntry(activation)
      ? { entered: this.travel.now }
      : yield* this.lastStatement(activation, this.travel.now, tid, true);
    return entered && (yield* this.toCall(entered, tid));
  }

  /** One instruction back, over a call that has just returned. undefined: an ordinary instruction was before. */
  *overCall(): Work<Moment | undefined> {
    const { tid, cpu } = this.control.task;
    const origin = this.travel.now;
    const { rip } = cpu;
    const sp = cpu.gpr(RSP);
    const calls = CALL_LENGTHS.map((length) => rip - length).filter((address) => {
      const insn = this.code.at(address);
      return insn && isCall(insn) && address + BigInt(insn.length) === rip;
    });
    if (!calls.length) return undefined;
    const before = yield* this.travel.beforeRetired(tid, cpu.retired - 1n, origin);
    if (!before) return undefined;
    yield* this.travel.goTo(before, tid);
    const last = this.code.at(this.control.task.cpu.rip);
    if (!last || !isReturn(last)) return undefined;
    let found: Moment | undefined;
    yield* this.search(
      origin,
      tid,
      calls,
      (task, moment) => {
        if (task.cpu.gpr(RSP) === sp) found = moment;
      },
      () => found !== undefined,
    );
    return found;
  }

  /** The activation of the thread that is looked at. `needsLines`: only if its statements are known. */
  private activation(needsLines = true): Activation | undefined {
    const { task } = this.control;
    const [frame, caller] = this.unwinder.userFrames(task, 2);
    const symbol = frame && this.symbols.symbolAt(frame.pc)?.symbol;
    if (!frame || !symbol) return undefined;
    const statements = this.statements(symbol.address, symbol.address + symbol.size);
    if (needsLines && statements.size === 0) return undefined;
    // The outermost function has no caller: every stack pointer is its own.
    return { cfa: caller?.sp ?? -1n, entry: symbol.address, statements };
  }

  /** Whether the thread stands at the first instruction of the function. */
  private isEntry({ cfa, entry }: Activation): boolean {
    const { cpu } = this.control.task;
    return cpu.rip === entry && (cfa < 0n || cpu.gpr(RSP) + RETURN_ADDRESS_BYTES === cfa);
  }

  private statements(start: bigint, end: bigint): Set<bigint> {
    const found = new Set<bigint>();
    let last = '';
    for (let at = start, count = 0; at < end && count < MOST_RANGES; count++) {
      const range = this.symbols.lineRange(at);
      if (!range) break;
      const line = `${range.location.file}:${range.location.line}`;
      if (range.isStatement && line !== last) found.add(range.start);
      last = line;
      at = range.end > at ? range.end : end;
    }
    return found;
  }

  /** The last statement begun in `activation` before `origin`, and when the activation began, as far back as had to be looked. */
  private *lastStatement(
    activation: Activation,
    origin: Moment,
    tid: number,
    untilEntered = false,
  ): Work<{ statement?: Visit; entered?: Moment }> {
    const { cfa, entry, statements } = activation;
    let statement: Visit | undefined;
    let entered: Moment | undefined;
    const begin = () => {
      statement = undefined;
      entered = undefined;
    };
    const visit = (task: TaskView, moment: Moment) => {
      const { rip } = task.cpu;
      if (rip === entry && (cfa < 0n || task.cpu.gpr(RSP) + RETURN_ADDRESS_BYTES === cfa)) {
        entered = moment;
        statement = undefined;
      }
      if (!statements.has(rip)) return;
      if (cfa < 0n || (this.unwinder.userFrames(task, 2)[1]?.sp ?? -1n) === cfa) statement = { moment, pc: rip };
    };
    const enough = () => entered !== undefined || (statement !== undefined && !untilEntered);
    yield* this.search(origin, tid, [...statements, entry], visit, enough, begin);
    return { statement, entered };
  }

  /** The moment at the call that led to the function entered at `entered`; the program stands there afterwards. */
  private *toCall(entered: Moment, tid: number): Work<Moment | undefined> {
    yield* this.travel.goTo(entered, tid);
    const { cpu } = this.control.task;
    const call = yield* this.travel.beforeRetired(tid, cpu.retired - 1n, entered);
    if (call) yield* this.travel.goTo(call, tid);
    return call;
  }

  /** The last moment in [from, until) at which a function was about to return to the activation that is looked at, at `from`. */
  private *lastReturn(from: Moment, until: Moment, tid: number): Work<Moment | undefined> {
    yield* this.travel.goTo(from, tid);
    const { task } = this.control;
    const symbol = this.symbols.symbolAt(task.cpu.rip)?.symbol;
    const cfa = this.unwinder.userFrames(task, 2)[1]?.sp;
    if (!symbol) return undefined;
    const behindCalls: bigint[] = [];
    for (const insn of this.code.between(symbol.address, symbol.address + symbol.size))
      if (isCall(insn)) behindCalls.push(insn.ip + BigInt(insn.length));
    let returned: { moment: Moment; retired: bigint } | undefined;
    const visit = (at: TaskView, moment: Moment) => {
      if (!isBefore(from, moment)) return;
      if (this.unwinder.userFrames(at, 2)[1]?.sp === cfa) returned = { moment, retired: at.cpu.retired };
    };
    yield* this.search(until, tid, behindCalls, visit, () => true);
    return returned && (yield* this.beforeReturn(tid, returned.retired, returned.moment));
  }

  /** The moment before the thread's last instruction at `moment`, if that is a return from a function whose lines are known. */
  private *beforeReturn(tid: number, retired: bigint, moment: Moment): Work<Moment | undefined> {
    const before = yield* this.travel.beforeRetired(tid, retired - 1n, moment);
    if (!before) return undefined;
    yield* this.travel.goTo(before, tid);
    const last = this.code.at(this.control.task.cpu.rip);
    const known = this.symbols.lineRange(this.control.task.cpu.rip) !== undefined;
    return last && isReturn(last) && known ? before : undefined;
  }

  /**
   * Looks at the past in ever larger windows before `origin`: visits, in order, the moments at which thread `tid` was at one of `addresses`.
   * Ends with the first window after which there is `enough`.
   */
  private *search(
    origin: Moment,
    tid: number,
    addresses: readonly bigint[],
    visit: (task: TaskView, moment: Moment) => void,
    enough: () => boolean,
    begin: () => void = () => {},
  ): Work<void> {
    const { travel, control } = this;
    const plan = new Visits(addresses, (task) => {
      if (isBefore(control.moment, origin)) visit(task, control.moment);
    });
    for (const window of WINDOWS) {
      const start = { instruction: origin.instruction - window, step: 0 };
      if (isBefore(start, travel.start)) break;
      begin();
      yield* travel.goTo(start, tid);
      yield* travel.replay(origin, 'silent', plan, tid);
      if (enough()) return;
    }
    for (let index = travel.checkpoints.indexBefore(origin); index >= 0; index--) {
      begin();
      travel.restore(index);
      yield* travel.replay(origin, 'silent', plan, tid);
      if (enough()) return;
    }
  }
}

/** Past every moment at which the thread is at one of some addresses. */
class Visits extends Continue {
  override readonly title = 'Looking back';

  constructor(
    private readonly addresses: readonly bigint[],
    private readonly visit: (task: TaskView) => void,
  ) {
    super();
  }
  override temporaryBreakpoints(): readonly bigint[] {
    return this.addresses;
  }
  override reached(task: TaskView): boolean {
    if (this.addresses.includes(task.cpu.rip)) this.visit(task);
    return false;
  }
}
