import { PAGE_SIZE } from '../api.ts';
import type { Page } from './page.ts';

/** 64-bit hash of the pages that are not all zero, with their numbers, as 16 hex digits. `words`: linear memory. */
export function hashPages(pages: Iterable<Page>, words: Uint32Array): string {
  let low = 0x811c9dc5;
  let high = 0x2545f491;
  const mix = (word: number) => {
    low = Math.imul(low ^ word, 0x01000193);
    high = Math.imul(((high << 13) | (high >>> 19)) ^ word, 0x5bd1e995);
  };
  for (const { number, frame } of [...pages].sort((a, b) => a.number - b.number)) {
    const start = frame >>> 2;
    const end = start + PAGE_SIZE / 4;
    let any = 0;
    for (let i = start; i < end; i++) any |= words[i];
    if (!any) continue;
    mix(number >>> 0);
    mix(Math.floor(number / 2 ** 32));
    for (let i = start; i < end; i++) mix(words[i]);
  }
  const hex = (word: number) => (word >>> 0).toString(16).padStart(8, '0');
  return hex(high) + hex(low);
}
