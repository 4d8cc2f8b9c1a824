/**
 * The page table of one address space: which pages are present, where their frames are, and the tags that let generated code reach
 * them without asking. See docs/ARCHITECTURE.md on page tags; every change of a page goes through `retag`.
 */
import { Shared, TAGS_READ, TAGS_WRITE } from '../../isa/emit/state.ts';
import { type GuestMemory, PAGE_SIZE, PROT_WRITE, type WatchRange } from '../api.ts';
import { PageCopies } from '../snapshot/page-copies.ts';
import { UndoLog } from '../snapshot/undo-log.ts';
import { WATCH_READ, Watchpoints } from '../watch/watchpoints.ts';
import { Frames } from './frames.ts';
import { hashPages } from './hash.ts';
import type { LinearMemory } from './linear.ts';
import { linesOf, type Page, type PageObserver } from './page.ts';

const PAGE_SHIFT = 12n;
const OFFSET_MASK = 0xfff;
/**
 * Writes beside a page's code that leave it decoded. Each is slow because the tags refuse it: a page that has become data gets its tags back,
 * and code that still runs is decoded once in so many writes.
 */
const MAX_SPARED_WRITES = 256;

/** Pages of a 64-bit address space. */
const PAGE_LIMIT = 2 ** 52;

const pageNumber = (address: bigint): number => Number(BigInt.asUintN(64, address) >> PAGE_SHIFT);
const pageAddress = (number: number): bigint => BigInt(number) << PAGE_SHIFT;
/** First page number at or above an exclusive end address. */
const endNumber = (end: bigint): number => Number((end + BigInt(OFFSET_MASK)) >> PAGE_SHIFT);

export class PagedMemory implements GuestMemory {
  private readonly pages = new Map<number, Page>();
  private readonly frames: Frames;
  private readonly linear: LinearMemory;
  /** Pages marked as directories since the bounds-slot cache was empty. */
  private readonly directories = new Set<Page>();
  /** The bounds-slot cache holds something. */
  boundsSlotsCached = false;
  observer: PageObserver = { dropCode: () => {} };
  readonly watchpoints = new Watchpoints();
  readonly undo = new UndoLog();

  constructor(linear: LinearMemory) {
    this.linear = linear;
    this.frames = new Frames(linear);
    // Tag 0 means "ask": it could only match page 0, reached through the first and last entry, which are never direct.
    for (const table of [TAGS_READ, TAGS_WRITE]) {
      this.linear.u64[table / 8] = ~0n & 0xffff_ffff_ffff_ffffn;
      this.linear.u64[table / 8 + 0xfffff] = ~0n & 0xffff_ffff_ffff_ffffn;
    }
  }

  get presentCount(): number {
    return this.pages.size;
  }

  pageNumbers(): Iterable<number> {
    return this.pages.keys();
  }

  private readonly copies = new PageCopies();
  private readonly copy = (page: Page): Uint8Array => this.copies.of(this.view(page, 0, PAGE_SIZE));

  /** The page with this number (address >> 12), if present. */
  page(number: number): Page | undefined {
    return this.pages.get(number);
  }

  populate(address: bigint, prot: number, content?: Uint8Array, options: { pool?: boolean } = {}): boolean {
    const number = pageNumber(address);
    const page = this.pages.get(number);
    this.undo.save(number, page, this.copy);
    if (page) {
      page.savedIn = this.undo.generation;
      this.disturb(page);
      page.prot = prot;
      this.linear.u8.fill(0, page.frame, page.frame + PAGE_SIZE);
      if (content) this.linear.u8.set(content.subarray(0, PAGE_SIZE), page.frame);
      this.retag(page);
      return true;
    }
    return this.add(number, prot, options.pool ?? false, content);
  }

  /** Makes an absent page present; false if the host has no memory left. */
  add(number: number, prot: number, pool: boolean, content?: Uint8Array): boolean {
    const page = this.newPage(number, prot, pool);
    if (!page) return false;
    this.pages.set(number, page);
    if (content) this.linear.u8.set(content.subarray(0, PAGE_SIZE), page.frame);
    this.retag(page);
    return true;
  }

  private newPage(number: number, prot: number, pool: boolean): Page | undefined {
    const place = (number % 2 ** 20) * PAGE_SIZE;
    const direct = !pool && this.frames.takeDirect(place);
    const frame = direct ? place : this.frames.takePool();
    if (frame === undefined) return undefined;
    return {
      number,
      frame,
      direct,
      prot,
      codeLines: 0n,
      codeDrops: 0,
      sparedWrites: 0,
      isDirectory: false,
      watched: this.watchpoints.ofPage(number),
      savedIn: this.undo.generation,
    };
  }

  protect(start: bigint, end: bigint, prot: number): void {
    for (const page of this.pagesIn(start, end)) {
      if (page.prot === prot) continue;
      this.undo.save(page.number, page);
      this.reprotect(page, prot);
    }
  }

  reprotect(page: Page, prot: number): void {
    this.disturb(page);
    page.prot = prot;
    this.retag(page);
  }

  discard(start: bigint, end: bigint): void {
    for (const page of this.pagesIn(start, end)) this.remove(page);
  }

  remove(page: Page): void {
    this.undo.save(page.number, page, this.copy);
    this.disturb(page);
    page.prot = 0;
    page.isDirectory = false;
    this.retag(page);
    this.frames.release(page.frame);
    this.pages.delete(page.number);
  }

  move(from: bigint, to: bigint, length: bigint): void {
    const shift = pageNumber(to) - pageNumber(from);
    for (const old of this.pagesIn(from, from + length)) {
      const content = this.linear.u8.slice(old.frame, old.frame + PAGE_SIZE);
      const { prot, number, direct } = old;
      this.remove(old);
      this.populate(pageAddress(number + shift), prot, content, { pool: !direct });
    }
  }

  protection(address: bigint): number | undefined {
    return this.pages.get(pageNumber(address))?.prot;
  }

  presentPages(start: bigint, end: bigint): bigint[] {
    return this.pagesIn(start, end).map((page) => pageAddress(page.number));
  }

  /** Present pages that overlap [start, end), ascending. */
  private pagesIn(start: bigint, end: bigint): Page[] {
    const from = pageNumber(start);
    const to = Math.min(endNumber(end), PAGE_LIMIT);
    if (to - from > this.pages.size) {
      const found = [...this.pages.values()].filter(({ number }) => number >= from && number < to);
      return found.sort((a, b) => a.number - b.number);
    }
    const found: Page[] = [];
    for (let number = from; number < to; number++) {
      const page = this.pages.get(number);
      if (page) found.push(page);
    }
    return found;
  }

  read(address: bigint, length: number): Uint8Array {
    // Sized by what is there: the length may be anything a guest has passed to a system call.
    const out = new Uint8Array(this.eachPiece(address, length, () => {}));
    this.eachPiece(address, out.length, (page, offset, position, count) => {
      const at = page.frame + offset;
      out.set(this.linear.u8.subarray(at, at + count), position);
    });
    return out;
  }

  write(address: bigint, bytes: Uint8Array): number {
    return this.eachPiece(address, bytes.length, (page, offset, position, count) => {
      this.beforeWrite(page, offset, count);
      if (page.watched) this.watchpoints.note(address + BigInt(position), count, true);
      this.linear.u8.set(bytes.subarray(position, position + count), page.frame + offset);
    });
  }

  /** Calls `visit` for each page's part of the range, up to the first absent page; returns the bytes visited. */
  private eachPiece(
    address: bigint,
    length: number,
    visit: (page: Page, offset: number, position: number, count: number) => void,
  ): number {
    let number = pageNumber(address);
    let offset = Number(BigInt.asUintN(12, address));
    let position = 0;
    while (position < length) {
      const page = this.pages.get(number);
      if (!page) break;
      const count = Math.min(PAGE_SIZE - offset, length - position);
      visit(page, offset, position, count);
      position += count;
      number++;
      offset = 0;
    }
    return position;
  }

  readUint(address: bigint, bytes: 1 | 2 | 4 | 8): bigint | undefined {
    const offset = Number(BigInt.asUintN(12, address));
    if (offset + bytes > PAGE_SIZE) {
      const raw = this.read(address, bytes);
      return raw.length === bytes ? littleEndian(raw) : undefined;
    }
    const page = this.pages.get(pageNumber(address));
    if (!page) return undefined;
    const at = page.frame + offset;
    const { view } = this.linear;
    if (bytes === 8) return view.getBigUint64(at, true);
    if (bytes === 4) return BigInt(view.getUint32(at, true));
    return BigInt(bytes === 2 ? view.getUint16(at, true) : view.getUint8(at));
  }

  writeUint(address: bigint, bytes: 1 | 2 | 4 | 8, value: bigint): boolean {
    const last = pageNumber(address + BigInt(bytes - 1));
    if (!this.pages.has(pageNumber(address)) || !this.pages.has(last)) return false;
    const raw = new Uint8Array(8);
    new DataView(raw.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
    return this.write(address, raw.subarray(0, bytes)) === bytes;
  }

  hash(): string {
    return hashPages(this.pages.values(), new Uint32Array(this.linear.u8.buffer));
  }

  // ---- for the rest of the machine

  /** Watches these ranges instead of those before. */
  watch(ranges: Iterable<WatchRange>): void {
    this.watchpoints.set(ranges);
    this.dropBoundsSlots();
    for (const page of this.pages.values()) {
      const watched = this.watchpoints.ofPage(page.number);
      if (watched === page.watched) continue;
      page.watched = watched;
      this.retag(page);
    }
  }

  /** The bytes themselves, not a copy; valid until memory changes. */
  view(page: Page, offset: number, length: number): Uint8Array {
    return this.linear.u8.subarray(page.frame + offset, page.frame + offset + length);
  }

  /** Empties the bounds-slot cache: to be called when BNDCFGU, a directory or the page of a table may have changed. */
  dropBoundsSlots(): void {
    if (!this.boundsSlotsCached) return;
    this.boundsSlotsCached = false;
    this.linear.u8.fill(0, Shared.BND_CACHE, Shared.BND_CACHE + Shared.BND_CACHE_ENTRIES * 16);
    for (const page of this.directories) {
      page.isDirectory = false;
      this.retag(page);
    }
    this.directories.clear();
  }

  /** `count` bytes of the page will be written behind the tags: what was derived from them is void. */
  beforeWrite(page: Page, offset: number, count: number): void {
    if (page.savedIn !== this.undo.generation) {
      this.undo.save(page.number, page, this.copy);
      page.savedIn = this.undo.generation;
      this.retag(page);
    }
    if (page.codeLines === 0n && !page.isDirectory) return;
    if (page.codeLines & linesOf(offset, count)) page.codeDrops++;
    else if (!page.isDirectory && ++page.sparedWrites % MAX_SPARED_WRITES) return;
    this.disturb(page);
    this.retag(page);
  }

  /** Instructions in `count` bytes of the page have been decoded: from now on writes must be seen. */
  markCode(page: Page, offset: number, count: number): void {
    const had = page.codeLines !== 0n;
    page.codeLines |= linesOf(offset, count);
    if (had) return;
    this.dropBoundsSlots();
    this.retag(page);
  }

  markDirectory(page: Page): void {
    if (page.isDirectory) return;
    page.isDirectory = true;
    this.directories.add(page);
    this.retag(page);
  }

  /** Brings the page's tags in line with its state. */
  retag(page: Page): void {
    if (!page.direct) return;
    const index = page.frame >>> 12;
    const readable = page.prot !== 0 && !(page.watched & WATCH_READ);
    this.linear.u64[TAGS_READ / 8 + index] = readable ? pageAddress(page.number) : 0n;
    this.linear.u64[TAGS_WRITE / 8 + index] = this.isFreelyWritable(page) ? pageAddress(page.number) : 0n;
  }

  /** Whether nobody has to know of writes to the page. */
  isFreelyWritable(page: Page): boolean {
    if (!(page.prot & PROT_WRITE) || page.codeLines !== 0n) return false;
    return !page.isDirectory && !page.watched && page.savedIn === this.undo.generation;
  }

  /** What was derived from the page is void. */
  disturb(page: Page): void {
    if (page.codeLines !== 0n) {
      page.codeLines = 0n;
      this.observer.dropCode(page);
    }
    // Any page may be a bounds table or directory that the cache knows by its frame.
    this.dropBoundsSlots();
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
  return value;
}
