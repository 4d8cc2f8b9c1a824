/** Changes a variable to what the user typed for it. */
import { UserError } from '../errors.ts';
import { type CObject, told } from '../variables/object.ts';
import { bitsOf, storedBits, storeInto } from './assign.ts';
import { evaluateText } from './evaluate.ts';
import type { Scope } from './scope.ts';

/** Takes a number, an enumerator, `inf`, `1 + 2i`, `"text"` or any expression. @throws UserError */
export function editObject(object: CObject, typed: string, scope: Scope): void {
  const { plain } = object;
  const text = withoutDecoration(typed);
  const special = /^([-+]?)(inf|infinity|nan)$/i.exec(text);
  if (special && plain.kind === 'base' && plain.encoding === 'float') {
    const number = special[2][0].toLowerCase() === 'n' ? Number.NaN : Number.POSITIVE_INFINITY;
    storeInto(object, {
      kind: 'float',
      value: special[1] === '-' ? -number : number,
      type: plain,
    });
    return;
  }
  const complex = /^(.+?)\s*([-+])\s*([\d.]+(?:e[-+]?\d+)?)\s*[ij]$/i.exec(text);
  if (complex && plain.kind === 'base' && plain.encoding === 'complex') {
    const half = plain.size / 2;
    const parts = [Number(complex[1]), Number(`${complex[2]}${complex[3]}`)];
    if (parts.some(Number.isNaN)) throw new UserError(`“${typed}” is not a complex number: write 1.5 + 2i.`);
    told(() => {
      parts.forEach((part, i) => {
        object.location.part(i * half * 8).store(bitsOf(part, half), storedBits(half));
      });
    });
    return;
  }
  const enumerator = plain.kind === 'enum' ? plain.values().find(({ name }) => name === text) : undefined;
  if (enumerator) told(() => object.store(enumerator.value));
  else if (/^(true|false)$/.test(text) && plain.kind === 'base' && plain.encoding === 'boolean')
    told(() => object.store(text === 'true' ? 1n : 0n));
  else storeInto(object, evaluateText(text, scope));
}

/** A value copied from the view has its text, symbol or bounds behind the number. */
function withoutDecoration(typed: string): string {
  return typed.trim().replace(/^(-?(?:0x[0-9a-f]+|\d+))\s+(?:["'\u2192].*|<[^<>]+>.*|\(\d+\))$/is, '$1');
}
