/** The parts of an instruction, put together. */
import { CODE_AT } from './protocol.ts';
import { littleEndian } from './scratch.ts';

const MANDATORY = new Set([0x66, 0xf2, 0xf3, 0xf0, 0x65, 0x67]);

export class Encoding {
  prefixes: number[] = [];
  /** 0x40 | WRXB where bits are needed, else 0. */
  rex = 0;
  opcode: number[] = [];
  /** ModRM, SIB and displacement; empty without ModRM. */
  modrm: number[] = [];
  immediate: number[] = [];
  /** The displacement (behind ModRM) leads here. */
  ripRelativeTo: bigint | undefined;

  bytes(): number[] {
    // A mandatory prefix of the opcode goes in front of REX.
    const mandatory: number[] = [];
    let { opcode } = this;
    while (opcode.length > 1 && MANDATORY.has(opcode[0])) {
      mandatory.push(opcode[0]);
      opcode = opcode.slice(1);
    }
    const rex = this.rex ? [0x40 | this.rex] : [];
    const head = [...this.prefixes, ...mandatory, ...rex, ...opcode];
    const bytes = [...head, ...this.modrm, ...this.immediate];
    if (this.ripRelativeTo !== undefined) {
      const disp = this.ripRelativeTo - CODE_AT - BigInt(bytes.length);
      bytes.splice(head.length + 1, 4, ...littleEndian(disp, 4));
    }
    return bytes;
  }
}
