/** Inputs, outputs and folders of the host, recorded on a tape. What is played has been done already: no byte is written twice. */
import type { Inputs, Outputs } from '../api.ts';
import type { HostChanges, HostTree } from '../files/host-tree.ts';
import type { Tape } from './tape.ts';

export function recordedInputs(inputs: Inputs, tape: Tape): Inputs {
  return {
    random: (count) => tape.answer('random bytes', () => inputs.random(count)),
    stdin: (count) => tape.answerWhenThere('standard input', () => inputs.stdin(count)),
    startTime: () => inputs.startTime(),
  };
}

export function recordedOutputs(outputs: Outputs, tape: Tape): Outputs {
  return { write: (fd, bytes) => tape.answer('output', () => outputs.write(fd, bytes), undefined) };
}

/** Answers of the host are kept: bytes of files as they were given, which nobody changes. */
export function recordedTree(tree: HostTree, tape: Tape): HostTree {
  return {
    stat: (path) => tape.answer('a file’s attributes', () => tree.stat(path)),
    list: (path) => tape.answer('a folder', () => tree.list(path)),
    readLink: (path) => tape.answer('a link', () => tree.readLink(path)),
    read: (path) => tape.answer('a file', () => tree.read(path)),
    changes: tree.changes && recordedChanges(tree.changes, tape),
  };
}

function recordedChanges(changes: HostChanges, tape: Tape): HostChanges {
  const once = (what: () => boolean) => tape.answer('a change of a folder', what, false);
  return {
    write: (path, bytes, mode) => once(() => changes.write(path, bytes, mode)),
    makeFolder: (path, mode) => once(() => changes.makeFolder(path, mode)),
    makeLink: (path, target) => once(() => changes.makeLink(path, target)),
    remove: (path) => once(() => changes.remove(path)),
  };
}
