import assert from 'node:assert/strict';
import path from 'node:path';
import { type Body, lineOf, SAMPLES, sample, TestClient } from './client.ts';

/** Launches a sample and stops at the line that holds `marker`. */
function stopAt(name: string, source: string, marker: string): TestClient {
  const client = new TestClient();
  const file = path.join(SAMPLES, source);
  client.launch(sample(name), {
    configure: (one) =>
      one.request('setBreakpoints', { source: { path: file }, breakpoints: [{ line: lineOf(file, marker) }] }),
  });
  return client;
}

const named = (variables: Body[], name: string): Body => {
  const found = variables.find((one) => one.name === name);
  assert.ok(found, `${name} is among ${variables.map((one) => one.name).join(', ')}`);
  return found;
};

describe('Variables of the samples', () => {
  it('are shown with their values in each frame of heap-overflow at -O0', () => {
    const client = stopAt('heap-overflow.O0', 'heap-overflow.c', 'BREAK');
    const args = client.scope('Arguments');
    assert.equal(named(args, 'n').value, '10');
    assert.equal(named(args, 'n').type, 'int');
    assert.match(named(args, 'text').value, /^0x[0-9a-f]+/);
    assert.equal(named(args, 'text').type, 'char *');
    assert.equal(named(client.scope('Locals'), 'i').value, '0');
    const main = client.frames().find((frame) => frame.name === 'main');
    const { scopes } = client.request('scopes', { frameId: main.id });
    const locals = client.children(named(scopes, 'Locals').variablesReference);
    assert.equal(named(locals, 'text').value.split(' ')[0], named(args, 'text').value.split(' ')[0]);
  });

  it('say what was optimised out at -O2', () => {
    const client = stopAt('linked-list.O2', 'linked-list.c', '/* BREAK');
    const args = client.scope('Arguments');
    assert.equal(named(args, 'argv').value, '<optimised out>');
    const locals = client.scope('Locals');
    assert.equal(named(locals, 'total').value, '502500');
    assert.equal(named(locals, 'count').value, '<optimised out>');
    assert.match(client.failure('evaluate', { expression: 'count + 1', context: 'watch' }), /is optimised out/);
  });

  it('open pointers to records, with bounds beside each pointer that has an entry', () => {
    const client = stopAt('linked-list.O0', 'linked-list.c', '/* BREAK');
    const head = named(client.scope('Locals'), 'head');
    assert.equal(head.type, 'struct node *');
    const members = client.children(head.variablesReference);
    assert.deepEqual(
      members.map((one) => [one.name, one.type, one.evaluateName]),
      [
        ['next', 'struct node *', 'head->next'],
        ['payload', 'int [4]', 'head->payload'],
      ],
    );
    assert.match(members[0].value, /^(0x[0-9a-f]+) → \[\1, 0x[0-9a-f]+\] 24 bytes, \+0$/);
    assert.equal(members[1].value, '{0, 1, 2, 3}');
    assert.equal(members[1].indexedVariables, 4);
    const page = client.children(members[1].variablesReference, { filter: 'indexed', start: 1, count: 2 });
    assert.deepEqual(
      page.map((one) => [one.name, one.value, one.evaluateName]),
      [
        ['[1]', '1', 'head->payload[1]'],
        ['[2]', '2', 'head->payload[2]'],
      ],
    );
    assert.equal(client.evaluate('count', 'hover'), '1000');
  });

  it('show bounds that the code keeps: in its frame, in BND registers, none where it does not tell', () => {
    const text = (name: string, source: string) => {
      const client = stopAt(name, source, 'BREAK');
      const { scopes } = client.request('scopes', { frameId: client.frames()[0].id });
      return (scope: string, variable: string): string =>
        named(client.children(named(scopes, scope).variablesReference), variable).value;
    };
    const overflow = text('heap-overflow.O0', 'heap-overflow.c');
    assert.match(
      overflow('Arguments', 'text'),
      /^(0x[0-9a-f]+) → \[\1, 0x[0-9a-f]+\] 10 bytes, \+0 \(kept at 0x[0-9a-f]+\)$/,
    );
    const narrow = text('narrowing.O2', 'narrowing.c');
    assert.match(narrow('Locals', 'to'), /^(0x[0-9a-f]+) → \[\1, 0x[0-9a-f]+\] 8 bytes, \+0 \(BND0\)$/);
    assert.match(
      narrow('Arguments', 'name'),
      /^(0x[0-9a-f]+) "mallory!!" → \[\1, 0x[0-9a-f]+\] 10 bytes, \+0 \(BND1\)$/,
    );
    // The next check of what head points to is with bounds made for one member of it: they are not head's.
    assert.match(text('linked-list.O0', 'linked-list.c')('Locals', 'head'), /^0x[0-9a-f]+$/);
  });

  it('say when the entry belongs to another pointer', () => {
    const client = stopAt('linked-list.O0', 'linked-list.c', '/* BREAK');
    const next = client.evaluate('head->next', 'watch');
    client.evaluate('head->next = head->next + 1');
    assert.match(client.evaluate('head->next', 'watch'), /→ no bounds: its entry is for another pointer, 0x[0-9a-f]+ /);
    client.evaluate('head->next = head->next - 1');
    assert.equal(client.evaluate('head->next', 'watch'), next);
  });

  it('are changed in the view and in expressions', () => {
    const client = stopAt('heap-overflow.O0', 'heap-overflow.c', 'BREAK');
    const { scopes } = client.request('scopes', { frameId: client.frames()[0].id });
    const locals = named(scopes, 'Locals').variablesReference;
    assert.equal(client.request('setVariable', { variablesReference: locals, name: 'i', value: '7' }).value, '7');
    assert.equal(client.evaluate('i', 'watch'), '7');
    assert.equal(client.evaluate('i = n - 1'), '9');
    assert.equal(client.evaluate('i == 9 && text[0] == 0', 'watch'), 'true');
    assert.match(client.failure('setVariable', { variablesReference: locals, name: 'i', value: '1l << 40' }), /fit/);
  });

  it('are completed with their members', () => {
    const client = stopAt('linked-list.O0', 'linked-list.c', '/* BREAK');
    const labels = (text: string) =>
      client
        .request('completions', { text, column: text.length + 1, frameId: client.frames()[0].id })
        .targets.map(({ label }: Body) => label);
    assert.deepEqual(labels('head->'), ['next', 'payload']);
    assert.deepEqual(labels('1 + head->next->pay'), ['payload']);
    assert.deepEqual(labels('(*head).n'), ['next']);
    assert.ok(labels('hea').includes('head'));
  });

  it('are meant by C expressions', () => {
    const client = stopAt('linked-list.O0', 'linked-list.c', '/* BREAK');
    const value = (expression: string) => client.evaluate(expression, 'watch');
    const head = BigInt(value('head').split(' ')[0]);
    assert.equal(value('*head').replace(/next = 0x[^,]*,/, 'next,'), '{next, payload = {0, 1, 2, 3}}');
    assert.equal(value('&head->payload[1]'), `0x${(head + 12n).toString(16)}`);
    assert.equal(value('head + 1'), `0x${(head + 24n).toString(16)}`);
    assert.equal(value('((struct node *)head)->payload[2]'), '2');
    assert.equal(value('head->payload + 1 - head->payload'), '1');
    assert.match(client.failure('evaluate', { expression: 'head->nothing', context: 'watch' }), /no member “nothing”/);
    assert.match(client.failure('evaluate', { expression: '(struct absent *)head', context: 'watch' }), /no type/);
  });

  it('are frames found by the unwind tables, and say so', () => {
    const client = stopAt('heap-overflow.O0', 'heap-overflow.c', 'BREAK');
    const { scopes } = client.request('scopes', { frameId: client.frames()[1].id });
    const frame = client.children(named(scopes, 'Frame').variablesReference);
    assert.equal(named(frame, 'found by').value, 'unwind tables');
  });

  it('of outer frames have the registers that were saved, and not those of the CPU', () => {
    const client = stopAt('linked-list.O0', 'linked-list.c', 'BREAK');
    const [inner, outer] = client.frames();
    const value = (expression: string, frameId: number) =>
      client.request('evaluate', { expression, frameId, context: 'watch' }).result;
    const { scopes } = client.request('scopes', { frameId: outer.id });
    const registers = client.children(named(scopes, 'Frame').variablesReference);
    assert.equal(named(registers, 'rax').value, '<not saved>');
    assert.equal(value('$rsp', outer.id).split(' ')[0], named(registers, 'rsp').value);
    assert.ok(BigInt(value('$rsp', outer.id).split(' ')[0]) > BigInt(value('$rsp', inner.id).split(' ')[0]));
    assert.equal(value('$pc', outer.id).split(' ')[0], outer.instructionPointerReference);
    for (const expression of ['$rax', '$zf', '$xmm0'])
      assert.match(client.failure('evaluate', { expression, frameId: outer.id, context: 'watch' }), /was not saved/);
  });
});
