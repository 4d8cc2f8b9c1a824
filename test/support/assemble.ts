/** Assembles snippets of x86-64 code (GNU as, AT&T syntax) to flat bytes. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export interface Assembled {
  /** The text section, linked at `address`. */
  bytes: Uint8Array;
  /** Addresses of the labels. */
  symbols: ReadonlyMap<string, bigint>;
}

const assembled = new Map<string, Assembled>();

/** Throws with the assembler's message if `source` is wrong. */
export function assemble(source: string, address = 0x400000n): Assembled {
  const key = `${address} ${source}`;
  const result = assembled.get(key) ?? assembleAnew(source, address);
  assembled.set(key, result);
  return result;
}

function assembleAnew(source: string, address: bigint): Assembled {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mpx-as-'));
  const file = (name: string) => path.join(directory, name);
  try {
    fs.writeFileSync(file('a.s'), `${source}\n`);
    execFileSync('as', ['--64', '-o', file('a.o'), file('a.s')], { stdio: 'pipe' });
    execFileSync('ld', ['-o', file('a'), `-Ttext=0x${address.toString(16)}`, '-e', '0', file('a.o')], {
      stdio: 'pipe',
    });
    execFileSync('objcopy', ['-O', 'binary', '-j', '.text', file('a'), file('a.bin')], { stdio: 'pipe' });
    const listing = execFileSync('nm', [file('a')], { encoding: 'utf8' });
    const symbols = listing.split('\n').flatMap((line): [string, bigint][] => {
      const [value, , name] = line.split(' ');
      return name ? [[name, BigInt(`0x${value}`)]] : [];
    });
    return { bytes: new Uint8Array(fs.readFileSync(file('a.bin'))), symbols: new Map(symbols) };
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}
