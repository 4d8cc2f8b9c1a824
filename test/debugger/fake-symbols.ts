/** Symbols and lines for tests, from plain tables. */
import { ProgramSymbols } from '../../src/debugger/symbols.ts';
import type { ElfSymbol, ModuleSymbols } from '../../src/symbols/api.ts';

export interface FakeLine {
  file: string;
  line: number;
  start: bigint;
  end: bigint;
}

export function fakeSymbols(symbols: Partial<ElfSymbol>[], lines: FakeLine[] = []): ProgramSymbols {
  const all = symbols.map(
    (one): ElfSymbol => ({ name: '', address: 0n, size: 0n, kind: 'function', binding: 'global', ...one }),
  );
  const lineAt = (address: bigint) => lines.find(({ start, end }) => address >= start && address < end);
  const location = ({ file, line }: FakeLine) => ({ file, line, column: 0 });
  const module: ModuleSymbols = {
    symbolAt: (address) => {
      const symbol = all.find((one) => address >= one.address && address < one.address + (one.size || 1n));
      return symbol && { symbol, offset: address - symbol.address };
    },
    symbolsByName: (name) => all.filter((one) => one.name === name),
    completions: (prefix, limit) => all.filter(({ name }) => name.startsWith(prefix)).slice(0, limit),
    locationOf: (address) => {
      const found = lineAt(address);
      return found && location(found);
    },
    lineRange: (address) => {
      const found = lineAt(address);
      return found && { start: found.start, end: found.end, location: location(found), isStatement: true };
    },
    addressesOf: (file, line) => {
      const found = lines.filter((one) => one.file === file && one.line >= line).sort((a, b) => a.line - b.line)[0];
      return found && { line: found.line, addresses: [found.start] };
    },
    entryAfterPrologue: ({ address }) => lineAt(address)?.end ?? address,
    breakpointColumns: () => [],
    breakpointLines: (file, from, to) =>
      lines.filter((one) => one.file === file && one.line >= from && one.line <= to).map(({ line }) => line),
    sourceFiles: () => [...new Set(lines.map(({ file }) => file))],
  };
  return new ProgramSymbols([
    { id: 'program', name: 'program', path: '/program', bias: 0n, start: 0n, end: 1n << 47n, symbols: module },
  ]);
}
