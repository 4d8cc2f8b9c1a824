/** The history of bounds in words. */
import { hex } from '../../base/hex.ts';
import { boundsText, count } from '../format.ts';
import type { BoundsHistory, Link } from './history.ts';
import type { Change } from './last-change.ts';

export interface HistoryWords {
  /** Text of the instruction at an address. */
  instruction(pc: bigint): string;
  /** `main+0x1c (heap-overflow.c:14)`. */
  place(pc: bigint): string;
  /** The world's instruction count at which the history was asked for. */
  readonly now: bigint;
}

function ago(words: HistoryWords, { moment }: Pick<Link, 'moment'>): string {
  const distance = words.now - moment.instruction;
  return `${count(distance, 'instruction')} ago`;
}

const at = (words: HistoryWords, link: Link): string => `at ${words.place(link.pc)}, ${ago(words, link)}`;

/** What a link says, without place and time. */
function action(words: HistoryWords, link: Link): string {
  const text = link.insn ? `${words.instruction(link.pc)}: ` : '';
  const slot = link.slot === undefined ? '' : hex(link.slot);
  const pointer = link.pointer === undefined ? '' : hex(link.pointer);
  switch (link.kind) {
    case 'made':
      return `${text}made${link.object ? `, for ${link.object}` : ''}`;
    case 'copied':
      return `${text}copied from another register`;
    case 'loaded':
      return `${text}loaded from memory`;
    case 'saved':
      return `${text}saved in memory`;
    case 'fetched':
      return `${text}fetched from the table entry of slot ${slot} for the pointer ${pointer}`;
    case 'stored':
      return `${text}stored in the table entry of slot ${slot} for the pointer ${pointer}`;
    case 'restored':
      return `${text}restored with the rest of the processor’s state`;
    case 'overwritten':
      return `${text}written there, by an instruction that knows nothing of bounds`;
    case 'kernel':
      return `set by the kernel in ${link.function}`;
    case 'branch':
      return `${text}lost: the branch has no BND prefix and reset ${link.lost ? boundsText(link.lost) : 'the register'}`;
    case 'mismatch':
      return `${text}lost: the entry of slot ${slot} is for ${hex(link.storedFor ?? 0n)}, the pointer is ${pointer}`;
    case 'empty':
      return `${text}none: nothing is stored in the entry of slot ${slot}`;
    case 'start':
      return 'as it was at the start of the recording';
  }
}

export function linkText(words: HistoryWords, link: Link): string {
  if (link.kind === 'start') return action(words, link);
  const callers = link.callers?.length ? `, called from ${link.callers.join(', from ')}` : '';
  return `${action(words, link)}, ${at(words, link)}${callers}`;
}

/** Who stored the pointer whose bounds were lost. */
export function pointerStoredText(words: HistoryWords, change: Change, pc: bigint): string {
  if (change.kind === 'kernel')
    return `The pointer was stored by the kernel in ${change.function}, ${ago(words, change)}: without bounds.`;
  return `The pointer was last stored by ${words.instruction(pc)} at ${words.place(pc)}, ${ago(words, change)}: code that does not store its bounds.`;
}

/** One line each: what holds the bounds, then the links, latest first. */
export function historyLines(words: HistoryWords, { holder, bounds, links, pointerStored }: BoundsHistory): string[] {
  const stored =
    pointerStored &&
    pointerStoredText(words, pointerStored, pointerStored.kind === 'instruction' ? pointerStored.insn.ip : 0n);
  return [
    `${holder} = ${boundsText(bounds)}`,
    ...links.map((link) => `← ${linkText(words, link)}`),
    ...(stored ? [stored] : []),
  ];
}
