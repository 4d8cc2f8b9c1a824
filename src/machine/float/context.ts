/** Exceptions of x87 arithmetic, in status word positions (SDM Vol. 1, 8.5). */
export const Flag = { IE: 1, DE: 2, ZE: 4, OE: 8, UE: 16, PE: 32, SF: 64 } as const;

/** Rounding control of the x87 control word and MXCSR. */
export const Rounding = { NEAREST: 0, DOWN: 1, UP: 2, ZERO: 3 } as const;

/** Thrown by an operation that an unmasked exception forbids to have a result: its flags are raised, its destination stays. */
export class Abandoned {}

/** What an operation depends on, and what it reports besides its result. */
export class FloatContext {
  flags = 0;
  /** The result is larger in magnitude than the exact one: condition code C1. */
  roundedUp = false;

  /**
   * `rounding` one of Rounding; `precision` in bits of the significand for the operations that heed it (24, 53 or 64);
   * `masks` the exceptions that are masked.
   */
  constructor(
    readonly rounding: number,
    readonly precision: number,
    readonly masks: number,
  ) {}

  isMasked(flag: number): boolean {
    return (this.masks & flag) !== 0;
  }

  /** Raises an exception that precedes the computation: IE, DE or ZE. */
  raise(flag: number): void {
    this.flags |= flag;
    if (!this.isMasked(flag)) throw new Abandoned();
  }
}
