/** Results of kernel functions as vectors write them: 0 and up as numbers, errors as "-ENAME". */
import * as errno from '../../kernel/errno.ts';

const NAMES = new Map(
  Object.entries(errno).flatMap(([name, value]) =>
    typeof value === 'number' && /^E[A-Z0-9]+$/.test(name) ? [[value, name]] : [],
  ),
);

export function resultText(value: bigint | number): bigint | string {
  const result = BigInt(value);
  if (result >= 0n || result < -BigInt(errno.MAX_ERRNO)) return result;
  const name = NAMES.get(Number(-result));
  return name ? `-${name}` : `errno ${-result}`;
}
