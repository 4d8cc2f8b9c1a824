import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { lineOf, TestClient } from '../dap/client.ts';
import { nativeTools, run, scratchFolder } from '../symbols/native.ts';
import { sources } from './gdb-judge/programs.ts';

/**
 * Bit-fields are left out of arithmetic: gdb computes with their declared type, where C has `int` (docs/GDB-DIFFERENCES.md).
 * Looked at where types.c stands at STOP main. Values of pointers into stack and heap differ between processes: none is here.
 */
const EXPRESSIONS = `
first.corner.x + second.corner.y * 2
first.number.i / 2
-first.number.i % 3
first.number.i >> 1
(unsigned)first.number.i >> 1
first.next->corner.y
(*first.next).colour
first.next->colour == BLUE
odd == RED || flags & WRITE
flags & EXEC ? 10 : 20
bits.b < 0
bits.c >> 4
big
big + 1
big > 0
-1 < 0u
-1 < big
(signed char)200
(unsigned char)-1 + 1
(short)70000
'a' + 1
sizeof first
sizeof(struct shape)
sizeof(int[5])
sizeof matrix / sizeof matrix[0]
sizeof(int *)
sizeof first.name
sizeof(char)
sizeof big
matrix[1][2]
(*row)[3]
row[1][0]
*matrix[2]
&matrix[2] - &matrix[0]
&matrix[1][3] - &matrix[0][1]
matrix[2] - matrix[0]
*(&matrix[0][0] + 5)
text[0]
*text == 'h'
text + 3 - text
&text[3] - text
nothing == 0
!nothing
!text
small
small * 2
small + 0.5
second.weights[1][2] + 1
second.weights[0][1] / 4
1.5f + 1
1 / 2
1.0 / 2
7 % -3
-7 / 2
3 << 4
1ul << 40
0x7fffffff + 1
0xffffffff + 1
2147483647 + 1
2147483648
4294967295u + 1
-2147483648
1 ? 2 : 3
0 ? 1 : 2.5
global_counter + 1
global_counter == 41 && origin.x == -3
origin.x * origin.y
kept
(word)-1
(word)first.corner.y
(enum colour)5
(int)huge
huge + 1
(long)second.number.f
*(int *)&first
*(short *)((char *)&first + 2)
((struct shape *)first.next)->name[1]
(int)result - 1
result > 100 ? result - 100 : result
(5 & 3) | (4 ^ 1)
5 == 5.0
1 == 1 == 1
!(3 < 2)
10 - 4 - 3
2 + 3 * 4
(unsigned short)-1
(int)-3.7
(_Bool)0.5
*(operate) == *called
flags == (READ | EXEC)
`
  .trim()
  .split('\n');

/** gdb's and our text as the same number. */
function plain(text: string): string {
  const number = text
    .replace(/^true$/, '1')
    .replace(/^false$/, '0')
    .replace(/^(0x[0-9a-f]+)( .*)?$/, (_, digits) => BigInt(digits).toString())
    .replace(/^(-?\d+) '.*'$/s, '$1');
  return /^-?[\d.]+(e[-+]?\d+)?$/.test(number) ? String(Number(Number(number).toPrecision(7))) : number;
}

describe('Expressions, judged by gdb on the same program', function () {
  this.timeout(60_000);
  const folder = scratchFolder();

  before(function () {
    nativeTools(this, 'gdb', 'musl-gcc');
  });

  for (const flags of [['-gdwarf-4'], ['-gdwarf-5']])
    it(`have the same values, ${flags[0].slice(1)}`, () => {
      const source = path.join(folder, 'types.c');
      fs.writeFileSync(source, sources.types);
      const program = path.join(folder, `types${flags[0]}`);
      run('musl-gcc', ['-static', '-no-pie', '-std=gnu11', '-w', '-O0', ...flags, source, '-o', program]);
      const line = lineOf(source, 'STOP main');
      const commands = [
        'set confirm off',
        'set debuginfod enabled off',
        `break ${line}`,
        'run > /dev/null',
        ...EXPRESSIONS.flatMap((one) => [`printf "@@"`, `output ${one}`]),
      ];
      const script = path.join(folder, 'commands');
      // An error would end a script: each command is run by itself.
      fs.writeFileSync(
        script,
        commands
          .map(
            (one) =>
              `python\ntry:\n  gdb.execute(${JSON.stringify(one)})\nexcept gdb.error as e:\n  print('error: %s' % e)\nend`,
          )
          .join('\n'),
      );
      const output = execFileSync('gdb', ['-nx', '-batch', '-x', script, program], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const theirs = output
        .split('@@')
        .slice(1)
        .map((text) => text.trim());
      assert.equal(theirs.length, EXPRESSIONS.length);
      const client = new TestClient();
      client.launch(program, {
        configure: (one) => one.request('setBreakpoints', { source: { path: source }, breakpoints: [{ line }] }),
      });
      const frameId = client.frames()[0].id;
      const differences = EXPRESSIONS.flatMap((expression, i) => {
        const { result } = client.request('evaluate', { expression, frameId, context: 'watch' });
        return plain(result) === plain(theirs[i]) ? [] : [`${expression}: ours ${result}, gdb's ${theirs[i]}`];
      });
      assert.deepEqual(differences, []);
      // As C has it: an unsigned bit-field that fits into an int is one.
      assert.equal(client.evaluate('-bits.a', 'watch'), '-5');
      assert.equal(client.evaluate('per_thread + thread_point.y', 'watch'), '79');
      assert.equal(client.evaluate('text == "hello\\tworld"', 'watch'), 'true');
      assert.equal(client.evaluate('first.name == "second"', 'watch'), 'false');
    });
});
