/** Runs one instruction at a time: what page tags refuse, what the host implements, what is left of a budget. */
import { InsnDecoder } from '../isa/decode/decoder.ts';
import { mnemonicOf } from '../isa/decode/mnemonic.ts';
import { Shared, State } from '../isa/emit/state.ts';
import { type Insn, type MemoryOperand, type Operand, Segment } from '../isa/insn.ts';
import type { CpuModel } from '../isa/model.ts';
import { type Stop, type Unimplemented, Vector } from './api.ts';
import { GuestFault, type HostResult } from './host/context.ts';
import { isCanonical } from './host/far.ts';
import { HOST_FUNCTIONS } from './host/index.ts';
import type { EngineHostContext } from './host-context.ts';
import type { BlockCache, SingleStep } from './interpreter/blocks.ts';
import type { InterpreterInstance } from './interpreter/instance.ts';
import { isObserving, type Mode } from './interpreter/mode.ts';
import { Exit } from './interpreter/record.ts';
import type { SlowAccess } from './interpreter/slow-access.ts';
import type { PagedMemory } from './memory/guest-memory.ts';
import type { LinearMemory } from './memory/linear.ts';

/** `retired`: whether the instruction (or an iteration of it) is done. A stop may come with either. */
export interface StepResult {
  retired: boolean;
  /** An iteration of a string instruction is done, and RIP is still on it. */
  again?: boolean;
  stop?: Stop;
}

/** A fault as the caller of `run` sees it. */
export function faultStop({ vector, errorCode, address }: GuestFault): Stop {
  return { kind: 'trap', vector, errorCode, address };
}

/** Instructions whose memory operand is on the stack without saying so. */
const STACK_OPERATIONS = new Set(['push', 'pop', 'call', 'calli', 'ret', 'leave', 'enter', 'pushf', 'popf']);

export class Stepper {
  readonly unimplemented: Unimplemented[] = [];
  private readonly seen = new Set<string>();

  constructor(
    private readonly linear: LinearMemory,
    private readonly memory: PagedMemory,
    private readonly access: SlowAccess,
    private readonly cache: BlockCache,
    private readonly instance: InterpreterInstance,
    private readonly context: EngineHostContext,
  ) {}

  private setRip(rip: bigint): void {
    this.linear.view.setBigUint64(State.RIP, BigInt.asUintN(64, rip), true);
  }

  /** RIP is `rip`, and stays there unless the instruction retires. */
  step(rip: number, mode: Mode): StepResult {
    this.memory.watchpoints.begin();
    let single: SingleStep;
    try {
      single = this.cache.single(rip, mode);
    } catch (error) {
      if (error instanceof GuestFault) return { retired: false, stop: faultStop(error) };
      throw error;
    }
    const { insn, choice, record } = single;
    if (choice.kind === 'host') return this.host(insn);
    if (choice.kind === 'invalid') return { retired: false, stop: this.invalid(insn) };
    if (insn.initialisesBounds && isObserving(mode)) this.observeLoss(insn);
    this.access.begin();
    this.setRip(insn.ip + BigInt(insn.length));
    const exit = this.instance.step(record);
    if (exit === Exit.DONE || exit === Exit.LEAVE) {
      this.access.commit();
      return { retired: true };
    }
    this.setRip(insn.ip);
    switch (exit) {
      case Exit.AGAIN:
        this.access.commit();
        return { retired: true, again: true };
      case Exit.HOST:
        return this.host(insn);
      case Exit.FAULT:
        return { retired: false, stop: faultStop(this.stackFault(insn)) };
      default: {
        const vector = this.linear.view.getInt32(Shared.EXIT_DETAIL, true);
        return { retired: false, stop: faultStop(new GuestFault(vector)) };
      }
    }
  }

  /** Reports the bounds that a branch is about to reset. */
  private observeLoss(insn: Insn): void {
    const word = (offset: number) => this.linear.view.getBigUint64(State.BND + offset, true);
    const bounds = [0, 16, 32, 48].map((offset) => ({ lower: word(offset), upperRaw: word(offset + 8) }));
    const lost = bounds.filter(({ lower, upperRaw }) => lower | upperRaw);
    if (lost.length) this.context.observe?.({ kind: 'bounds-lost', pc: insn.ip, lost });
  }

  /** What `translate` noted; a non-canonical address in the stack segment is #SS. */
  private stackFault(insn: Insn): GuestFault {
    const fault = this.access.fault ?? new GuestFault(Vector.GP);
    if (fault.vector !== Vector.GP) return fault;
    const explicit = [insn.a, insn.b].find((o: Operand | undefined) => o?.kind === 'mem');
    const refused = explicit?.kind === 'mem' && this.isNonCanonical(explicit);
    const stack = refused ? explicit.segment === Segment.SS : STACK_OPERATIONS.has(insn.op);
    return stack ? new GuestFault(Vector.SS) : fault;
  }

  private isNonCanonical(o: MemoryOperand): boolean {
    const first = this.context.address(o);
    const last = BigInt.asUintN(64, first + BigInt(Math.max(o.size, 1)) - 1n);
    return !isCanonical(first) || !isCanonical(last);
  }

  /** Runs an instruction that is a host function. */
  host(insn: Insn): StepResult {
    this.memory.watchpoints.begin();
    const bndcfgu = this.linear.view.getBigUint64(State.BNDCFGU, true);
    let result: HostResult;
    try {
      result = HOST_FUNCTIONS[insn.op](this.context, insn);
    } catch (error) {
      if (error instanceof GuestFault) return { retired: false, stop: faultStop(error) };
      throw error;
    }
    if (this.linear.view.getBigUint64(State.BNDCFGU, true) !== bndcfgu) this.memory.dropBoundsSlots();
    if (result === 'jump') return { retired: true };
    this.setRip(insn.ip + BigInt(insn.length));
    if (result === 'next') return { retired: true };
    if (result === 'syscall') return { retired: true, stop: { kind: 'syscall' } };
    if (result === 'sysenter') return { retired: true, stop: { kind: 'syscall', fast: true } };
    return {
      retired: true,
      stop: { kind: 'trap', vector: result.interrupt, errorCode: 0, address: 0n, software: true },
    };
  }

  /** #UD for an instruction the machine does not have, with its name. */
  invalid(insn: Insn): Stop {
    const bytes = this.memory.read(insn.ip, insn.length);
    const model = this.modelWith(bytes, insn.ip);
    const found: Unimplemented = { mnemonic: mnemonicOf(insn), bytes, pc: insn.ip, ...(model && { model }) };
    const key = `${insn.ip} ${bytes.join()}`;
    if (!this.seen.has(key)) {
      this.seen.add(key);
      this.unimplemented.push(found);
    }
    return { kind: 'trap', vector: Vector.UD, errorCode: 0, address: 0n, unimplemented: found };
  }

  /** The CPU model that has an instruction which this one lacks. */
  private modelWith(bytes: Uint8Array, ip: bigint): CpuModel | undefined {
    const decoder = new InsnDecoder({ bitness: 64, mpx: false, model: 'skylake' });
    const insn = decoder.decode(bytes, ip);
    decoder.dispose();
    return this.cache.implements(insn) ? 'skylake' : undefined;
  }
}
