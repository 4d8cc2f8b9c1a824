import assert from 'node:assert/strict';
import { LineDiscipline, terminalLines } from '../../src/extension/terminal/line-discipline.ts';

/** What has been echoed and sent after `keys`, one after the other. */
function typed(...keys: string[]) {
  const line = new LineDiscipline();
  return keys
    .map((key) => line.type(key))
    .reduce((all, one) => ({
      echo: all.echo + one.echo,
      send: all.send + one.send,
      end: all.end || one.end,
      interrupt: all.interrupt || one.interrupt,
    }));
}

describe('A line typed to the program', () => {
  it('is echoed at once and sent as a whole', () => {
    assert.deepEqual(typed('h', 'i'), { echo: 'hi', send: '', end: false, interrupt: false });
    assert.deepEqual(typed('hi', '\r'), { echo: 'hi\r\n', send: 'hi\n', end: false, interrupt: false });
  });
  it('may be several, pasted', () => {
    assert.equal(typed('one\rtwo\rthree').send, 'one\ntwo\n');
  });
  it('can be mended before it is sent, character by character or altogether', () => {
    assert.equal(typed('helo', '\x7f', '\x7f', 'llo\r').send, 'hello\n');
    assert.equal(typed('😀', '\x7f', 'x\r').send, 'x\n');
    assert.equal(typed('\x7f').echo, '');
    assert.equal(typed('wrong', '\x15', 'right\r').send, 'right\n');
  });
  it('ends the input when it is empty and Ctrl-D is typed, and is sent as it is else', () => {
    assert.equal(typed('\x04').end, true);
    assert.deepEqual(typed('ab', '\x04'), { echo: 'ab', send: 'ab', end: false, interrupt: false });
  });
  it('is thrown away by Ctrl-C, which interrupts', () => {
    assert.deepEqual(typed('ab', '\x03', 'c\r'), { echo: 'ab^C\r\nc\r\n', send: 'c\n', end: false, interrupt: true });
  });
  it('knows no arrow keys and other control characters', () => {
    assert.equal(typed('a', '\x1b[D', '\x1bOA', '\x01', 'b\r').send, 'ab\n');
  });
});

describe("A program's output in a terminal", () => {
  it('begins each line at the left', () => {
    assert.equal(terminalLines('a\nb\r\nc'), 'a\r\nb\r\nc');
  });
});
