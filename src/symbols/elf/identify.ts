/** Names what a file is that is no ELF file, so that the user sees at once what was chosen by mistake. */

const magics: [prefix: number[], is: string, mend: string][] = [
  [[0x4d, 0x5a], 'a Windows program', 'choose a program built for x86-64 Linux'],
  [[0xcf, 0xfa, 0xed, 0xfe], 'a macOS program', 'choose a program built for x86-64 Linux'],
  [[0xca, 0xfe, 0xba, 0xbe], 'a macOS or Java program', 'choose a program built for x86-64 Linux'],
  [[0x00, 0x61, 0x73, 0x6d], 'a WebAssembly module', 'choose a program built for x86-64 Linux'],
  [[0x21, 0x3c, 0x61, 0x72, 0x63, 0x68, 0x3e], 'a library archive (.a)', 'choose the program that it was linked into'],
  [[0x1f, 0x8b], 'a gzip archive', 'unpack it and choose the program in it'],
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive', 'unpack it and choose the program in it'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'an xz archive', 'unpack it and choose the program in it'],
];

const isText = (bytes: Uint8Array) =>
  bytes.every((byte) => (byte >= 0x20 && byte !== 0x7f) || (byte >= 9 && byte <= 13));

/** `is` completes "The file is …", `mend` says what to do instead. */
export function identifyForeign(bytes: Uint8Array): { is: string; mend: string } {
  if (bytes.length === 0) return { is: 'empty', mend: 'build or copy the program again' };
  for (const [prefix, is, mend] of magics) if (prefix.every((byte, i) => bytes[i] === byte)) return { is, mend };
  const head = bytes.subarray(0, 256);
  if (head[0] === 0x23 && head[1] === 0x21) {
    return { is: 'a script', mend: 'choose the compiled program that the script runs' };
  }
  if (isText(head)) return { is: 'a text file', mend: 'choose the program compiled from it' };
  return { is: 'no ELF file', mend: 'choose a program built for x86-64 Linux' };
}
