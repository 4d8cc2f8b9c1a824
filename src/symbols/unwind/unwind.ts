import { wrap64 } from '../../base/address.ts';
import { CursorError } from '../../base/cursor.ts';
import { type ExpressionContext, evaluateValue, type MachineContext, Unavailable } from '../dwarf/expression.ts';
import type { FrameTables } from './frame-tables.ts';
import { type RegisterRule, rulesAt } from './rules.ts';

/** A register of a frame: its value, and where it was saved if it is in memory. */
export interface SavedRegister {
  readonly value: bigint;
  readonly address?: bigint;
  /** Calls may change it and nothing says where it was saved: it is what it was if no function called had a use for it. */
  readonly assumed?: boolean;
}

/** An address as the value of a register (DWARF number) plus a constant. */
export interface RegisterPlace {
  readonly register: number;
  readonly offset: bigint;
}

/** The frame below an unwound one; registers by DWARF number, only those that are known. */
export interface CallerFrame {
  readonly cfa: bigint;
  readonly pc: bigint;
  readonly registers: ReadonlyMap<number, SavedRegister>;
}

/** What unwinding one frame takes. */
export interface FrameMachine extends MachineContext {
  /** Where the register's value is saved, if it is in memory. */
  savedAt?(number: number): bigint | undefined;
  /** See SavedRegister. */
  assumed?(number: number): boolean;
}

/** DWARF number of the stack pointer, by the size of addresses: the CFA unless the tables say otherwise. */
const stackPointer = (addressSize: number): number => (addressSize === 4 ? 4 : 7);
const REGISTERS = 17;
/** rbx, rbp, rsp, r12–r15 and the return address: functions leave them as they were (psABI, figure 3.4). */
const KEPT_BY_CALLS = new Set([3, 6, 7, 12, 13, 14, 15, 16]);

/** Unwinds frames of one module by its call frame information. Addresses are run-time addresses. */
export class FrameUnwinder {
  constructor(
    private readonly tables: FrameTables,
    private readonly bias: bigint,
  ) {}

  /** Whether the code at `pc` is a signal trampoline, as the tables say. */
  isSignalFrame(pc: bigint): boolean {
    return this.tables.at(wrap64(pc - this.bias))?.common.signalFrame ?? false;
  }

  /** The canonical frame address at `lookupPc` as a register and a distance from it; undefined where it is more than that. */
  cfaPlace(lookupPc: bigint): RegisterPlace | undefined {
    return this.attempt(() => {
      const linked = wrap64(lookupPc - this.bias);
      const description = this.tables.at(linked);
      const rule = description && rulesAt(description, linked).cfa;
      return rule?.kind === 'register' ? { register: rule.number, offset: rule.offset } : undefined;
    });
  }

  /** The canonical frame address of a frame whose code is at `lookupPc`. */
  cfa(lookupPc: bigint, machine: FrameMachine): bigint | undefined {
    return this.attempt(() => this.start(lookupPc, machine)?.cfa);
  }

  /**
   * The frame that this one returns to. 'outermost' if the tables say that there is none; undefined if they do not
   * describe this code, or memory is not as they say.
   */
  caller(lookupPc: bigint, machine: FrameMachine): CallerFrame | 'outermost' | undefined {
    return this.attempt(() => {
      const found = this.start(lookupPc, machine);
      if (!found) return undefined;
      const { cfa, row, common } = found;
      const registers = new Map<number, SavedRegister>();
      for (let number = 0; number < REGISTERS; number++) {
        // Compilers that know a callee keep variables in any register it leaves alone (GCC's -fipa-ra), and never claim one
        // to be in a register that a call changes: a register without a rule is the same.
        const rule = row.registers.get(number) ?? { kind: 'same' };
        const saved = this.restore(number, rule, cfa, common.addressSize, machine);
        const assumed = rule.kind === 'same' && !common.signalFrame && !KEPT_BY_CALLS.has(number);
        if (saved) registers.set(number, assumed ? { ...saved, assumed } : saved);
      }
      const sp = stackPointer(common.addressSize);
      if (!row.registers.has(sp)) registers.set(sp, { value: cfa });
      if (!row.registers.has(common.returnRegister)) return undefined;
      if (row.registers.get(common.returnRegister)?.kind === 'undefined') return 'outermost';
      const pc = registers.get(common.returnRegister)?.value;
      return pc === undefined ? undefined : { cfa, pc, registers };
    });
  }

  private attempt<T>(work: () => T | undefined): T | undefined {
    try {
      return work();
    } catch (error) {
      if (error instanceof CursorError || error instanceof Unavailable) return undefined;
      throw error;
    }
  }

  private start(lookupPc: bigint, machine: FrameMachine) {
    const linked = wrap64(lookupPc - this.bias);
    const description = this.tables.at(linked);
    if (!description) return undefined;
    const row = rulesAt(description, linked);
    const { common } = description;
    const rule = row.cfa;
    let cfa: bigint | undefined;
    if (rule?.kind === 'register') {
      const register = machine.register(rule.number);
      cfa = register === undefined ? undefined : wrap64(register + rule.offset);
    } else if (rule) {
      cfa = evaluateValue(rule.expression, this.context(machine, common.addressSize));
    }
    return cfa === undefined ? undefined : { cfa, row, common };
  }

  private context(machine: FrameMachine, addressSize: number): ExpressionContext {
    return {
      encoding: { version: 4, offsetSize: 4, addressSize },
      bias: this.bias,
      register: (number) => machine.register(number),
      read: (address, size) => machine.read(address, size),
    };
  }

  private restore(
    number: number,
    rule: RegisterRule,
    cfa: bigint,
    addressSize: number,
    machine: FrameMachine,
  ): SavedRegister | undefined {
    const at = (address: bigint): SavedRegister | undefined => {
      const bytes = machine.read(wrap64(address), addressSize);
      if (!bytes || bytes.length < addressSize) return undefined;
      const value = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
      return { value, address: wrap64(address) };
    };
    const unchanged = (from: number): SavedRegister | undefined => {
      const value = machine.register(from);
      const assumed = machine.assumed?.(from) ?? false;
      return value === undefined ? undefined : { value, address: machine.savedAt?.(from), assumed };
    };
    switch (rule.kind) {
      case 'undefined':
        return undefined;
      case 'same':
        return unchanged(number);
      case 'register':
        return unchanged(rule.number);
      case 'offset':
        return at(cfa + rule.offset);
      case 'value-offset':
        return { value: wrap64(cfa + rule.offset) };
      case 'expression':
        return at(evaluateValue(rule.expression, this.context(machine, addressSize), [cfa]));
      case 'value-expression':
        return { value: evaluateValue(rule.expression, this.context(machine, addressSize), [cfa]) };
    }
  }
}
