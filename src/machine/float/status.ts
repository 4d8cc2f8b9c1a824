/** Bits of the x87 status word. */
export const Status = {
  /** IE DE ZE OE UE PE. */
  EXCEPTIONS: 0x3f,
  /** An unmasked exception is pending; B mirrors it. */
  ES: 0x80,
  C0: 0x100,
  C1: 0x200,
  C2: 0x400,
  C3: 0x4000,
  TOP: 0x3800,
  B: 0x8000,
} as const;
export const CONDITION_CODES = Status.C0 | Status.C1 | Status.C2 | Status.C3;

/** ES and B as exceptions and masks make them, whatever was written there. */
export function withSummary(fsw: number, fcw: number): number {
  const pending = fsw & ~fcw & Status.EXCEPTIONS;
  return (fsw & ~(Status.ES | Status.B)) | (pending ? Status.ES | Status.B : 0);
}
