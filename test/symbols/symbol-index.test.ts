import assert from 'node:assert/strict';
import type { ElfSymbol } from '../../src/symbols/api.ts';
import { SymbolIndex } from '../../src/symbols/symbol-index.ts';

const symbol = (
  name: string,
  address: number,
  size: number,
  kind: ElfSymbol['kind'] = 'function',
  binding: ElfSymbol['binding'] = 'global',
): ElfSymbol => ({ name, address: BigInt(address), size: BigInt(size), kind, binding });

const code = [
  { start: 0x1000n, end: 0x2000n },
  { start: 0x3000n, end: 0x4000n },
];
const index = (...symbols: ElfSymbol[]) => new SymbolIndex(symbols, [], code);
const at = (symbols: SymbolIndex, address: number) => {
  const found = symbols.at(BigInt(address));
  return found && `${found.symbol.name}+${found.offset}`;
};

describe('symbols by address', () => {
  it('are those whose extent holds the address, the innermost first', () => {
    const symbols = index(
      symbol('outer', 0x1000, 0x100),
      symbol('inner', 0x1040, 0x10),
      symbol('table', 0x8000, 16, 'object'),
    );
    assert.equal(at(symbols, 0x1000), 'outer+0');
    assert.equal(at(symbols, 0x1048), 'inner+8');
    assert.equal(at(symbols, 0x1050), 'outer+80');
    assert.equal(at(symbols, 0x800f), 'table+15');
    assert.equal(at(symbols, 0x8010), undefined);
  });

  it('fall back to the label below, in the same executable section only', () => {
    const symbols = index(
      symbol('_start', 0x1000, 0, 'other'),
      symbol('again', 0x1010, 0, 'other', 'local'),
      symbol('leaf', 0x1100, 0x10),
      symbol('_end', 0x9000, 0, 'other'),
    );
    assert.equal(at(symbols, 0x100f), '_start+15');
    assert.equal(at(symbols, 0x1018), 'again+8');
    assert.equal(at(symbols, 0x1118), undefined, 'behind a function of known size');
    assert.equal(at(symbols, 0x3000), undefined, 'in another section');
    assert.equal(at(symbols, 0x9001), undefined, 'in data');
    assert.equal(at(symbols, 0xfff), undefined);
  });

  it('prefer the name that people use among aliases', () => {
    const symbols = index(
      symbol('__libc_write', 0x1000, 8),
      symbol('write', 0x1000, 8, 'function', 'weak'),
      symbol('local_write', 0x1000, 8, 'function', 'local'),
      symbol('a_label', 0x1000, 0, 'other'),
    );
    assert.equal(at(symbols, 0x1004), 'write+4');
  });
});

describe('symbols by name', () => {
  const symbols = index(
    symbol('fill', 0x1000, 8),
    symbol('fill.chkp', 0x1010, 8),
    symbol('fill.constprop.0.isra.1', 0x1020, 8, 'function', 'local'),
    symbol('fill.cold', 0x1030, 8, 'function', 'local'),
    symbol('file', 0x1040, 8),
    symbol('only.chkp', 0x1050, 8),
  );

  it('include the copies that GCC makes of a function, itself first', () => {
    assert.deepEqual(
      symbols.named('fill').map(({ name }) => name),
      ['fill', 'fill.chkp', 'fill.constprop.0.isra.1'],
    );
    assert.deepEqual(
      symbols.named('only').map(({ name }) => name),
      ['only.chkp'],
    );
    assert.deepEqual(symbols.named('none'), []);
  });

  it('complete in order, one a name, up to the limit', () => {
    assert.deepEqual(
      symbols.startingWith('fi', 3).map(({ name }) => name),
      ['file', 'fill', 'fill.chkp'],
    );
    assert.deepEqual(symbols.startingWith('x', 3), []);
  });

  it('list the functions by address', () => {
    assert.equal(symbols.functions().length, 6);
    assert.equal(symbols.functions()[0].name, 'fill');
  });
});
