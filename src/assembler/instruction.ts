/** An instruction statement: its prefixes, its operands, its bytes in the section. */
import { readAttOperands } from './encode/att.ts';
import type { Encoded, Field } from './encode/encoder.ts';
import type { InstructionAssembler, InstructionText } from './encode/instructions.ts';
import { readIntelOperands } from './encode/intel.ts';
import type { Operand } from './encode/operands.ts';
import type { BranchForm, Fixup } from './sections.ts';
import type { Place } from './source.ts';
import type { State } from './state.ts';
import { TokenReader, tokenize } from './tokens.ts';

const PREFIX_BYTES: Record<string, number> = {
  lock: 0xf0,
  rep: 0xf3,
  repe: 0xf3,
  repz: 0xf3,
  repne: 0xf2,
  repnz: 0xf2,
  bnd: 0xf2,
  xacquire: 0xf2,
  xrelease: 0xf3,
  notrack: 0x3e,
  data16: 0x66,
  addr32: 0x67,
  es: 0x26,
  cs: 0x2e,
  ss: 0x36,
  ds: 0x3e,
  fs: 0x64,
  gs: 0x65,
};
/** Opcodes (with their second byte of 0F left out) before a GOT entry's address that linkers may rewrite. */
const GOT_OPCODES = new Set([0x8b, 0xff, 0x85, 0x03, 0x0b, 0x13, 0x1b, 0x23, 0x2b, 0x33, 0x3b]);
const BRANCH = /^(j|call|loop|xbegin)/;

/** `rex`, `rex.W`, `rex64`, `rex.RXB` as the prefix byte; undefined for other words. */
function rexByte(word: string): number | undefined {
  if (word === 'rex64') return 0x48;
  const match = /^rex(?:\.(w?r?x?b?))?$/.exec(word);
  if (!match) return undefined;
  const bits = { w: 8, r: 4, x: 2, b: 1 };
  return [...(match[1] ?? '')].reduce((byte, letter) => byte | bits[letter as keyof typeof bits], 0x40);
}

export class InstructionReader {
  constructor(
    private readonly state: State,
    private readonly instructions: InstructionAssembler,
  ) {}

  /** Whether `word` can begin an instruction: a mnemonic or a prefix. */
  knows(word: string): boolean {
    const lower = word.toLowerCase();
    return (
      PREFIX_BYTES[lower] !== undefined ||
      rexByte(lower) !== undefined ||
      this.instructions.knows(lower, this.state.syntax)
    );
  }

  /** Reads and writes the instruction in `text`, which stands at `column`. @throws SourceError */
  read(text: string, column: number): void {
    const prefixes: number[] = [];
    let rex = 0;
    let at = 0;
    for (;;) {
      const word = /^\s*([\w.]+)\s*/.exec(text.slice(at));
      const name = word?.[1].toLowerCase() ?? '';
      const byte = PREFIX_BYTES[name];
      const rexed = byte === undefined ? rexByte(name) : undefined;
      if (!word || (byte === undefined && rexed === undefined)) break;
      if (byte !== undefined) prefixes.push(byte);
      rex |= rexed ?? 0;
      at += word[0].length;
    }
    const mnemonic = /^\s*([^\s]+)/.exec(text.slice(at));
    if (!mnemonic) {
      // Prefixes alone: for what the next statement is.
      this.state.write(rex ? [...prefixes, rex] : prefixes);
      return;
    }
    const start = at + mnemonic[0].length - mnemonic[1].length;
    const end = start + mnemonic[1].length;
    const name = mnemonic[1].toLowerCase();
    const operands = this.operands(name, new TokenReader(tokenize(text.slice(end), column + end)));
    this.assemble({
      mnemonic: name,
      start: column + start,
      end: column + end,
      operands,
      prefixes: { bytes: prefixes, rex },
      syntax: this.state.syntax,
    });
  }

  /** In Intel's order. */
  private operands(mnemonic: string, reader: TokenReader): Operand[] {
    const { state, instructions } = this;
    const context = {
      registers: instructions.registers,
      options: { names: state.names, words: state.syntax === 'intel' },
      constant: state.constant.bind(state),
      branch: BRANCH.test(mnemonic),
    };
    if (state.syntax === 'intel') return readIntelOperands(reader, context);
    const { operands } = readAttOperands(reader, context);
    return mnemonic === 'enter' || mnemonic === 'enterq' ? operands : operands.reverse();
  }

  private assemble(text: InstructionText): void {
    const { state } = this;
    const made = this.instructions.assemble(text);
    const place = state.placeAt(text.start, state.line.text.trimEnd().length);
    if (made.warning) state.warn(made.warning, place);
    if (made.kind === 'plain') {
      const { bytes, fields } = made.encoded;
      state.writeFields(
        bytes,
        fields.map((field) => this.fixup(field, made.encoded, place)),
      );
      return;
    }
    state.refuseEmpty();
    const [field] = made.near.fields;
    state.section.add({
      kind: 'branch',
      short: branchForm(made.short),
      near: branchForm(made.near),
      target: field.expression,
      size: made.short.bytes.length,
      place,
    });
  }

  private fixup({ offset, size, expression, role, signed }: Field, { bytes }: Encoded, place: Place): Fixup {
    const fixup: Fixup = { offset, size, expression, place };
    const relative = role === 'relative' || role === 'branch';
    if (relative) fixup.relativeTo = bytes.length - offset;
    else fixup.signed = signed;
    if (role === 'branch') fixup.branch = true;
    if (role === 'relative' && GOT_OPCODES.has(bytes[offset - 2]))
      fixup.relaxable = offset >= 3 && (bytes[offset - 3] & 0xf0) === 0x40 ? 'rex' : 'plain';
    return fixup;
  }
}

function branchForm({ bytes, fields: [field] }: Encoded): BranchForm {
  return { bytes, size: field.size as BranchForm['size'] };
}
