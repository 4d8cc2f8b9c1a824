import assert from 'node:assert/strict';
import { emptyModel, type ModelMessage, type PanelModel, reduce } from '../../src/webview/panel-model.ts';
import { initialViewState, restoreViewState } from '../../src/webview/view-state.ts';
import { FakeSession } from './fake-session.ts';

const session = { id: 's1', name: 'Debug list' };
const changed = (
  reason: 'stopped' | 'running' | 'exited' | 'edited',
  running = reason === 'running',
  id = 's1',
): ModelMessage => ({
  type: 'changed',
  session: id,
  event: { epoch: 1, running, reason },
});
const modelAfter = (...messages: ModelMessage[]): PanelModel => messages.reduce(reduce, emptyModel);
const started: ModelMessage = { type: 'session', session };

describe("The panel's model", () => {
  it('starts without a session', () => {
    assert.equal(emptyModel.phase, 'none');
    assert.equal(modelAfter({ type: 'session', session: undefined }), emptyModel);
  });

  it('follows running, stopping and the end', () => {
    const phases = [started, changed('running'), changed('stopped'), changed('exited')].map(
      (_, at, all) => modelAfter(...all.slice(0, at + 1)).phase,
    );
    assert.deepEqual(phases, ['starting', 'running', 'stopped', 'exited']);
    assert.equal(modelAfter(started, changed('exited'), { type: 'ended', session: 's1' }).phase, 'ended');
  });

  it('is stale after each stop and each edit, but not when the program goes on', () => {
    const stopped = modelAfter(started, changed('stopped'));
    assert.equal(reduce(stopped, changed('running')).revision, stopped.revision);
    assert.equal(reduce(stopped, changed('stopped')).revision, stopped.revision + 1);
    assert.equal(reduce(stopped, changed('edited')).revision, stopped.revision + 1);
  });

  it('remains exited, whatever is edited then', () => {
    assert.equal(modelAfter(started, changed('exited'), changed('edited')).phase, 'exited');
  });

  it('learns the phase from the overview, if it came too late for the event', () => {
    const { overview } = new FakeSession(1);
    assert.equal(modelAfter(started, { type: 'overview', overview }).phase, 'stopped');
    assert.equal(modelAfter(started, { type: 'overview', overview: { ...overview, running: true } }).phase, 'running');
    assert.equal(modelAfter(started, changed('running'), { type: 'overview', overview }).phase, 'running');
  });

  it('keeps the last overview when reading fails, and says why', () => {
    const { overview } = new FakeSession(1);
    const model = modelAfter(started, { type: 'overview', overview }, { type: 'overview-failed', message: 'busy' });
    assert.equal(model.overview, overview);
    assert.equal(model.failure, 'busy');
    assert.equal(reduce(model, { type: 'overview', overview }).failure, undefined);
  });

  it('does not listen to other sessions', () => {
    const model = modelAfter(started, changed('stopped'));
    assert.equal(reduce(model, changed('exited', false, 's2')), model);
    assert.equal(reduce(model, { type: 'ended', session: 's2' }), model);
  });

  it('forgets everything of a session when another is shown', () => {
    const model = modelAfter(
      started,
      { type: 'overview', overview: new FakeSession(1).overview },
      { type: 'session', session: { id: 's2', name: 'b' } },
    );
    assert.equal(model.overview, undefined);
    assert.equal(model.phase, 'starting');
  });
});

describe('A saved view state', () => {
  it('is restored', () => {
    const saved = {
      tab: 'map',
      sort: { by: 'table', descending: true },
      filter: 'x',
      selected: '0x6',
      map: { from: 0x400000, to: 0x900000 },
      mapCursor: 0x600000,
    };
    assert.deepEqual(restoreViewState(saved), saved);
  });
  it('is ignored where it makes no sense', () => {
    for (const saved of [
      undefined,
      null,
      3,
      {},
      { tab: 'events', sort: { by: 'colour' }, filter: 1, selected: {}, map: { from: 2, to: 1 }, mapCursor: 'x' },
    ])
      assert.deepEqual(restoreViewState(saved), initialViewState);
  });
});
