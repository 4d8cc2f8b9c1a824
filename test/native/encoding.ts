/** The parts of an instruction, put together. */
import { CODE_AT } from './protocol.ts';
import { littleEndian } from './scratch.ts';

const MANDATORY = new Set([0x66, 0xf2, 0xf3, 0xf0, 0x65, 0x67]);

/** Fields of a VEX prefix; R, X and B come from `rex`. */
export interface Vex {
  /** 0F, 0F 38, 0F 3A: 1, 2, 3. */
  map: number;
  /** None, 66, F3, F2: 0–3. */
  prefix: number;
  wide: boolean;
  /** 256 bits. */
  long: boolean;
  /** Register number in VEX.vvvv. */
  register: number;
}

export class Encoding {
  prefixes: number[] = [];
  /** 0x40 | WRXB where bits are needed, else 0. */
  rex = 0;
  opcode: number[] = [];
  vex: Vex | undefined;
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
    const head = [...this.prefixes, ...mandatory, ...(this.vex ? this.vexPrefix(this.vex) : rex), ...opcode];
    const bytes = [...head, ...this.modrm, ...this.immediate];
    if (this.ripRelativeTo !== undefined) {
      const disp = this.ripRelativeTo - CODE_AT - BigInt(bytes.length);
      bytes.splice(head.length + 1, 4, ...littleEndian(disp, 4));
    }
    return bytes;
  }

  /** The two-byte form where that can say all and `shortVex` asks for it. */
  private vexPrefix({ map, prefix, wide, long, register }: Vex): number[] {
    const last = ((~register & 15) << 3) | (long ? 4 : 0) | prefix;
    const extensions = (~this.rex & 7) << 5;
    if (this.shortVex && map === 1 && !wide && (this.rex & 3) === 0) return [0xc5, (extensions & 0x80) | last];
    return [0xc4, extensions | map, (wide ? 0x80 : 0) | last];
  }
  shortVex = false;
}
