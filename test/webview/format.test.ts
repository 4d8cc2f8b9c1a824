import assert from 'node:assert/strict';
import { bytes, count, instructionNumber, plural, times } from '../../src/webview/format.ts';
import { moveActive, scrollToShow } from '../../src/webview/grid/grid-keys.ts';

describe('Numbers for people', () => {
  it('have thousands separators', () => {
    assert.equal(count(1234567), '1,234,567');
    assert.equal(instructionNumber('12345678901234567890'), '12,345,678,901,234,567,890');
    assert.equal(instructionNumber('unknown'), 'unknown');
  });
  it('agree with their noun', () => {
    assert.equal(plural(1, 'table'), '1 table');
    assert.equal(plural(0, 'entry', 'entries'), '0 entries');
  });
  it('have binary units', () => {
    assert.deepEqual([1, 1023, 1024, 1536, 4 * 2 ** 20, 2 ** 31, 123.4 * 1024].map(bytes), [
      '1 byte',
      '1,023 bytes',
      '1 KiB',
      '1.5 KiB',
      '4 MiB',
      '2 GiB',
      '123 KiB',
    ]);
  });
  it('tell how many times something is', () => {
    assert.equal(times(400, 100), '4 times');
    assert.equal(times(50, 100), '0.5 times');
    assert.equal(times(1, 1000), '0.001 times');
    assert.equal(times(123456, 100), '1,235 times');
    assert.equal(times(1, 0), undefined);
  });
});

describe('The keys of the grid', () => {
  it('move the active row, but not beyond the ends', () => {
    assert.equal(moveActive('ArrowDown', -1, 10, 5), 0);
    assert.equal(moveActive('ArrowDown', 9, 10, 5), 9);
    assert.equal(moveActive('ArrowUp', -1, 10, 5), 0);
    assert.equal(moveActive('PageDown', 0, 100, 5), 4);
    assert.equal(moveActive('PageUp', 2, 100, 5), 0);
    assert.equal(moveActive('Home', 7, 10, 5), 0);
    assert.equal(moveActive('End', 7, 10, 5), 9);
  });
  it('leave other keys, and an empty list, alone', () => {
    assert.equal(moveActive('a', 1, 10, 5), undefined);
    assert.equal(moveActive('ArrowDown', -1, 0, 5), undefined);
  });
  it('scroll no further than needed', () => {
    assert.equal(scrollToShow(0, 20, 100, 100), 0);
    assert.equal(scrollToShow(6, 20, 100, 100), 100);
    assert.equal(scrollToShow(12, 20, 100, 100), 160);
  });
});
