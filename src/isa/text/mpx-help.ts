/** What the MPX instructions do, in a sentence each: for hovers and for readers who never saw one. */
export interface InstructionHelp {
  title: string;
  sentence: string;
}

const help: Readonly<Record<string, InstructionHelp>> = {
  bndmk: {
    title: 'BNDMK: make bounds',
    sentence:
      'Puts new bounds into the bound register: the lower bound is the base register alone, the upper bound is the address of the whole memory operand; nothing is read from memory.',
  },
  bndcl: {
    title: 'BNDCL: check the lower bound',
    sentence:
      'Raises #BR if the address of the operand (or the value of the register) is below the lower bound; nothing is read from memory.',
  },
  bndcu: {
    title: 'BNDCU: check the upper bound',
    sentence:
      "Raises #BR if the address of the operand (or the value of the register) is above the upper bound, which the register holds in one's complement; nothing is read from memory.",
  },
  bndcn: {
    title: 'BNDCN: check the upper bound, taken as it is',
    sentence:
      "Raises #BR if the address of the operand is above the raw upper half of the register, without undoing the one's complement: right only for bounds that were not made by BNDMK.",
  },
  bndmov: {
    title: 'BNDMOV: move bounds',
    sentence:
      'Copies both bounds between bound registers, or to or from 16 bytes of ordinary memory (lower bound first, then the raw upper bound), as for spills to the stack.',
  },
  bndldx: {
    title: 'BNDLDX: load bounds from the table',
    sentence:
      'Loads the bounds stored for the slot at base + displacement from its bounds table; if the entry was stored for another pointer than the index register holds, the register becomes INIT, which allows everything.',
  },
  bndstx: {
    title: 'BNDSTX: store bounds into the table',
    sentence:
      'Stores the bounds and the value of the index register (the pointer) into the bounds-table entry of the slot at base + displacement; if there is no table yet, #BR asks the kernel for one.',
  },
  bnd: {
    title: 'BND prefix: keep bounds across a branch',
    sentence:
      'Keeps BND0–BND3 through this branch; without the prefix, near calls, returns and jumps (but not short JMP) reset them to INIT, which allows everything, unless BNDPRESERVE is set.',
  },
};

/** Help for the mnemonic that `text` (one line of disassembly or of assembly source) begins with, in any case; labels may precede it. */
export function explainInstruction(text: string): InstructionHelp | undefined {
  const word = /^\s*(?:[\w.$]+:\s*)*([a-z]+)/i.exec(text)?.[1].toLowerCase();
  return word !== undefined && Object.hasOwn(help, word) ? help[word] : undefined;
}

/** The mnemonics that have help, for completion and tests. */
export const explainedMnemonics: readonly string[] = Object.keys(help);
