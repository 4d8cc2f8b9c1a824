/**
 * The decoded form of an instruction (or a fused pair) in linear memory. Generated handlers read their operands from it by address:
 * a register operand is the address of its slot in the state block, an immediate the address of the record's own immediate field, so
 * that "register or immediate" is one handler, and AH is just RAX's address + 1.
 */
export const RECORD_BYTES = 40;

/** Byte offsets of the fields. */
export const Field = {
  /** u16: index of the handler. */
  HANDLER: 0,
  /** u16: address of the destination register's slot. */
  DESTINATION: 2,
  /** u16: address of the base register's slot (Shared.ZERO without). */
  BASE: 4,
  /** u16: address of the index register's slot (Shared.ZERO without). */
  INDEX: 6,
  /** u32: address of the source: a register's slot, or this record's IMMEDIATE. */
  SOURCE: 8,
  /** u16: address of the segment's base (Shared.ZERO without). */
  SEGMENT: 12,
  /** u16: address of the mask of the effective address (Shared.ONES or Shared.LOW32). */
  MASK: 14,
  /** i64: immediate operand; return address of calls; stubs: the record whose link is to be set. */
  IMMEDIATE: 16,
  /** i64: displacement; target address of direct branches and stubs. */
  DISPLACEMENT: 24,
  /** u32: record of a direct branch's target. */
  LINK: 32,
  /** Two u16 in its place where an instruction has so many operands: addresses of the first source's slot and of the third's. */
  FIRST: 32,
  THIRD: 34,
  /** u16: instructions in the target block, charged on the way. */
  LINK_COUNT: 36,
  /** u8: log2 of the scale. */
  SHIFT: 38,
  /** u8: instructions of the block from this one on, refunded when the block is left here. */
  LEFT: 39,
} as const;

/** Why generated code was left. Record addresses are greater than all of these. */
export const Exit = {
  /** A direct branch whose target has no record yet; EXIT_RECORD is its stub. */
  UNLINKED: 1,
  /** The next block is longer than the budget; EXIT_RECORD is its first record. Nothing of it is charged. */
  BUDGET: 2,
  /** An indirect jump missed the jump cache; RIP is the target. */
  INDIRECT: 3,
  /** The page tags refuse an access (EXIT_RECORD did nothing). */
  MISS: 4,
  /** Exception EXIT_DETAIL. */
  TRAP: 5,
  /** Left to a host function. */
  HOST: 6,
  BREAKPOINT: 7,
  /** The record after a single instruction. */
  END: 8,
  /** The instruction is done, and the driver must look before the next one. */
  LEAVE: 9,
  /** One iteration of a string instruction is done and there are more. */
  AGAIN: 10,
  /** `translate` refused an access and has noted why (slow module only). */
  FAULT: 11,
  /** The instruction is done (slow module only). */
  DONE: 12,
  /** What is to be done is in EXIT_DETAIL: a decoded #UD, #GP … at this record. */
  INVALID: 13,
  /** A branch is about to reset bounds that are not INIT, and somebody wants to know. */
  OBSERVE: 14,
} as const;
export const LAST_EXIT = 15;
