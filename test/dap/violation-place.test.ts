import assert from 'node:assert/strict';
import { sample, TestClient } from './client.ts';

/** Text of the first violation of a sample, without addresses. */
function violation(name: string): string {
  const client = new TestClient();
  client.launch(sample(name));
  const { text } = client.events.filter(({ event }) => event === 'stopped').at(-1)?.body ?? {};
  return text.replace(/0x[0-9a-f]{6,}/g, 'A').replace(/\+0x[0-9a-f]+/, '');
}

describe('A violation is told in the words of the C program', () => {
  for (const [name, expected] of [
    [
      'heap-overflow.O0',
      'text[10]: A is 1 byte past [A, A] (BND0), 10 bytes of allocated memory at fill (heap-overflow.c:8)',
    ],
    [
      'heap-overflow.O2',
      'text[10]: A is 1 byte past [A, A] (BND0), 10 bytes of allocated memory at main (heap-overflow.c:8)',
    ],
    [
      'stack-array.O0',
      'values[100]: A is 4 bytes past [A, A] (BND0), the array values (int [100], in main) at sum (stack-array.c:8)',
    ],
    [
      'stack-array.O2',
      'values[100]: A is 4 bytes past [A, A] (BND2), the array values (int [100], in main) at main (stack-array.c:8)',
    ],
    [
      'linked-list.O0',
      'head->payload[4]: A is 4 bytes past [A, A] (BND0), the part head->payload (int [4]) at main (linked-list.c:42)',
    ],
    // head was optimised away: only the address can be told.
    ['linked-list.O2', 'A is 4 bytes past [A, A] (BND0), 16 bytes of allocated memory at main (linked-list.c:42)'],
    // The pointer has moved on before the check: the expression is in terms of its value now.
    [
      'narrowing.O0',
      'to[-1]: A is 1 byte past [A, A] (BND0), the part a.name (char [8], in main) at set_name (narrowing.c:13)',
    ],
    [
      'legacy-call.O2',
      'checked[16]: A is 1 byte past [A, A] (BND2), 16 bytes of allocated memory at main (legacy-call.c:16)',
    ],
    [
      'heartbeat.O0',
      'from[16]: A is 1 byte past [A, A] (BND1), 16 bytes of allocated memory at answer (heartbeat.c:16)',
    ],
  ] as const)
    it(`in ${name}`, () => {
      assert.equal(violation(name), `Upper bound violation: ${expected}`);
    });
});
