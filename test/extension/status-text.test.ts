import assert from 'node:assert/strict';
import { statusText } from '../../src/extension/status-text.ts';
import { FakeSession } from '../webview/fake-session.ts';

const stopped = { epoch: 1, running: false, reason: 'stopped' as const };

describe('The status bar item', () => {
  it('says that MPX is on, with its tables', () => {
    const { text, tooltip, accessible } = statusText(stopped, new FakeSession(2).overview);
    assert.equal(text, '$(shield) MPX on');
    assert.match(tooltip, /MPX is enabled, 2 bounds tables\./);
    assert.equal(accessible, 'MPX on. MPX is enabled, 2 bounds tables.');
  });
  it('says that MPX is off, and in its tooltip why', () => {
    const { overview } = new FakeSession(0);
    overview.enabled = false;
    overview.conditions[2] = { name: 'BNDCFGU.EN is set', ok: false, detail: 'BNDCFGU = 0' };
    overview.conditions[3] = { name: 'The kernel manages the directory', ok: false, detail: 'mm.bd_addr = −1' };
    const { text, tooltip } = statusText(stopped, overview);
    assert.equal(text, '$(circle-slash) MPX off');
    assert.match(
      tooltip,
      /Not met: BNDCFGU\.EN is set \(BNDCFGU = 0\)\nNot met: The kernel manages the directory \(mm\.bd_addr = −1\)/,
    );
  });
  it('says how far back in time the program is', () => {
    const past = { ...stopped, instructionsBack: '12345' };
    assert.equal(statusText(past, new FakeSession(1).overview).text, '$(history) MPX: −12,345');
  });
  it('says that the program runs, or has ended', () => {
    assert.match(statusText(undefined, undefined).text, /running/);
    assert.match(
      statusText({ epoch: 2, running: true, reason: 'running' }, new FakeSession(1).overview).text,
      /running/,
    );
    assert.match(statusText({ epoch: 3, running: false, reason: 'exited' }, undefined).text, /ended/);
  });
});
