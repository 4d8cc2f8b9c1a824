import assert from 'node:assert/strict';
import { makeNonce, panelHtml } from '../../src/extension/panel/panel-html.ts';
import { isPageMessage } from '../../src/protocol/panel-messages.ts';

describe('Messages from the page', () => {
  it('are taken if they are whole', () => {
    for (const message of [
      { type: 'ready' },
      { type: 'start-debugging' },
      { type: 'request', id: 1, command: 'mpx/tables', arguments: { start: 0, count: 10 } },
      { type: 'open-memory', address: '0x7fff00000000' },
      { type: 'open-source', path: '/a.c', line: 3 },
      { type: 'copy', text: 'x' },
      { type: 'go-to-moment', instruction: '2700' },
    ])
      assert.equal(isPageMessage(message), true, JSON.stringify(message));
  });
  it('are refused if they are anything else, so that a page cannot have other requests passed on', () => {
    for (const message of [
      undefined,
      null,
      'ready',
      {},
      { type: 'nonsense' },
      { type: 'request', id: 1, command: 'evaluate', arguments: {} },
      { type: 'request', id: '1', command: 'mpx/tables', arguments: {} },
      { type: 'request', id: 1, command: 'mpx/tables', arguments: null },
      { type: 'open-memory', address: '0x12; rm' },
      { type: 'open-source', path: '/a.c', line: 1.5 },
      { type: 'copy' },
      { type: 'go-to-moment', instruction: '0x12' },
    ])
      assert.equal(isPageMessage(message), false, JSON.stringify(message));
  });
});

describe("The page's frame", () => {
  it('allows its own files and nothing else', () => {
    const html = panelHtml({ source: 'https://own', script: 's.js', style: 's.css', nonce: 'n' });
    const [, policy] = html.match(/Content-Security-Policy" content="([^"]*)"/)!;
    assert.equal(policy, "default-src 'none'; script-src 'nonce-n'; style-src https://own; font-src https://own");
    assert.doesNotMatch(html, /style=|<style|unsafe/);
  });
  it('has a fresh nonce each time', () => {
    assert.match(makeNonce(), /^[0-9a-f]{32}$/);
    assert.notEqual(makeNonce(), makeNonce());
  });
});
