import assert from 'node:assert/strict';
import type { HostChanges, HostTree } from '../../../src/kernel/files/host-tree.ts';
import { recordedInputs, recordedOutputs, recordedTree } from '../../../src/kernel/snapshot/recorded.ts';
import { Tape } from '../../../src/kernel/snapshot/tape.ts';

describe('The tape', () => {
  it('records answers once and plays them in order', () => {
    const tape = new Tape();
    let next = 0;
    const ask = () => tape.answer('number', () => next++);
    assert.deepEqual([ask(), ask(), ask()], [0, 1, 2]);
    tape.position = 1;
    assert.equal(tape.playing, true);
    assert.deepEqual([ask(), ask(), ask()], [1, 2, 3]);
    assert.equal(tape.length, 4);
  });

  it('plays what had to be waited for no earlier than it came', () => {
    const tape = new Tape();
    let now = 5n;
    let input: string | undefined;
    tape.clock = () => now;
    const ask = () => tape.answerWhenThere('input', () => input);
    assert.equal(ask(), undefined);
    assert.equal(tape.length, 0, 'that nothing is there yet leaves no trace');
    now = 10n;
    input = 'text';
    assert.equal(ask(), 'text');
    tape.position = 0;
    now = 9n;
    assert.equal(ask(), undefined);
    now = 10n;
    assert.equal(ask(), 'text');
  });

  it('asks anew after the rest has been cut off', () => {
    const tape = new Tape();
    const answers = ['first', 'second', 'third'];
    const ask = () => tape.answer('text', () => answers.shift());
    ask();
    ask();
    tape.position = 1;
    tape.cut();
    assert.equal(ask(), 'third');
    assert.equal(tape.length, 2);
  });

  it('notes a replay that asks for something else, keeps the recording, and has no effect outside until it is set back', () => {
    const tape = new Tape();
    let written = 0;
    const outputs = recordedOutputs({ write: () => void written++ }, tape);
    tape.answer('number', () => 1);
    outputs.write(1, new Uint8Array(1));
    tape.position = 0;
    outputs.write(1, new Uint8Array(1));
    assert.deepEqual(tape.divergence, { at: 0n, asked: 'output', recorded: 'number' });
    assert.equal(
      tape.answer('number', () => 7),
      7,
    );
    assert.deepEqual([written, tape.length], [1, 2]);
    tape.position = 0;
    assert.equal(tape.divergence, undefined);
    assert.equal(
      tape.answer('number', () => 7),
      1,
    );
  });

  it('keeps what the host told of its folders, and changes it once', () => {
    const calls: string[] = [];
    const note = <T>(name: string, answer: T): T => {
      calls.push(name);
      return answer;
    };
    const changes: HostChanges = {
      write: () => note('write', true),
      makeFolder: () => note('makeFolder', true),
      makeLink: () => note('makeLink', false),
      remove: () => note('remove', true),
    };
    const tree: HostTree = {
      stat: () => note('stat', undefined),
      list: () => note('list', ['a']),
      readLink: () => note('readLink', 'b'),
      read: () => note('read', new Uint8Array([1])),
      changes,
    };
    const tape = new Tape();
    const recorded = recordedTree(tree, tape);
    const all = () => [
      recorded.stat(['x']),
      recorded.list([]),
      recorded.readLink(['l']),
      recorded.read(['f']),
      recorded.changes?.write(['f'], new Uint8Array(0), 0o644),
      recorded.changes?.makeFolder(['d'], 0o755),
      recorded.changes?.makeLink(['l'], 'f'),
      recorded.changes?.remove(['f']),
    ];
    const first = all();
    assert.equal(calls.length, first.length);
    tape.position = 0;
    assert.deepEqual(all(), first);
    assert.equal(calls.length, first.length, 'the host was not asked again');
  });

  it('gives the same random bytes and start time', () => {
    let seed = 1;
    const tape = new Tape();
    const inputs = recordedInputs(
      { random: (count) => new Uint8Array(count).fill(seed++), stdin: () => undefined, startTime: () => 7n },
      tape,
    );
    const first = inputs.random(4);
    tape.position = 0;
    assert.deepEqual(inputs.random(4), first);
    assert.equal(inputs.startTime(), 7n);
  });
});
