import { execFileSync } from 'node:child_process';

export interface JudgeInstruction {
  address: bigint;
  bytes: Uint8Array;
  text: string;
  /** The address that objdump names behind `#`. */
  target?: bigint;
}

/** What `objdump -d` shows of a program, in order. */
export function objdump(program: string, flavor: 'att' | 'intel'): JudgeInstruction[] {
  const args = ['-d', '-w', '-z', '-M', flavor, program];
  const text = execFileSync('objdump', args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  return [...text.matchAll(/^\s*([0-9a-f]+):\t([0-9a-f ]+)\t(.*)$/gm)].map(([, address, bytes, instruction]) => ({
    address: BigInt(`0x${address}`),
    bytes: Uint8Array.from(bytes.trim().split(' '), (byte) => Number.parseInt(byte, 16)),
    text: instruction,
    target: /# ([0-9a-f]+)/.test(instruction) ? BigInt(`0x${/# ([0-9a-f]+)/.exec(instruction)![1]}`) : undefined,
  }));
}

/**
 * Takes out what two disassemblers may write differently without meaning anything else: spaces, the comment, prefixes and
 * segments without effect, displacements of zero, operands that are implied, immediates with a sign.
 */
export function essence(text: string): string {
  return (
    text
      .replace(/\s*#.*$/, '')
      .replace(/\s+/g, ' ')
      .replace(/^((data16|cs|ds|es|ss|addr32|rex(\.\w+)?) )+/, '')
      .replace(/(?<!%)\b([d-g]s):(0x[0-9a-f]+)/, '$1:[$2]')
      .replace(/%?[cde]s:/g, '')
      .replace(/([,[ ])0x0\(/g, '$1(')
      .replace(/\+0x0\]/g, ']')
      .replace(/(\b0x)?\b([0-9a-f]+) <.*>$/, '$2')
      .replace(/^((?:bnd )?(?:j\w+|call|loop\w*|xbegin)) (?:0x)?([0-9a-f]+)$/, '$1 $2')
      .replace(/^(s[ah][lr]|ro[lr]|rc[lr])([bwlq]?) (\$0x1,)?/, '$1$2 ')
      .replace(/^(s[ah][lr]|ro[lr]|rc[lr]) (.*?),(0x)?1$/, '$1 $2')
      .replace(/^rep[ze]? ret$/, 'rep ret')
      .replace(/^repz /, 'repe ')
      .replace(/^repnz /, 'repne ')
      .replace(/^(imul (?:[$]?0x[0-9a-f]+,)?%?(\w+)),%?\2\b/, '$1')
      // The register on top of the x87 stack is implied.
      .replace(/^(f\w+) .*$/, (line) =>
        line
          .replace(/%?st(?:\(1\))?(?!\()/g, '')
          .replace(/[ ,]+/g, ' ')
          .trim(),
      )
      .replace(/^((?:rep\w* )?(?:movs|cmps|stos|lods|scas))[bwdq]? .*$/, '$1')
      .replace(/\+(0xf{6,}[0-9a-f]+)\]/, (_, value) => `-0x${(-BigInt.asIntN(64, BigInt(value))).toString(16)}]`)
      .replace(/^movabs ([er]\w+),/, 'mov $1,')
      .trim()
  );
}
