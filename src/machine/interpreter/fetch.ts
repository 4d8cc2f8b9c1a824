/** Fetches and decodes instructions from guest pages. */
import { InsnDecoder, MAX_INSN_LENGTH } from '../../isa/decode/decoder.ts';
import type { Insn } from '../../isa/insn.ts';
import type { CpuModel } from '../../isa/model.ts';
import { PAGE_SIZE, PF_INSTR, PF_PRESENT, PF_USER, PROT_EXEC, Vector } from '../api.ts';
import { GuestFault } from '../host/context.ts';
import type { PagedMemory } from '../memory/guest-memory.ts';
import type { Page } from '../memory/page.ts';
import { decodesMpx, initialisesBounds, isCode32, type Mode } from './mode.ts';

/** A page whose code was overwritten this often is not worth keeping decoded … */
const MAX_CODE_DROPS = 8;
/** … until about a thousand of its instructions have run one by one: a page that code is put into piece by piece comes to rest. */
const FORGIVENESS = 1 / 1024;
/** Bytes looked at for one block. */
const WINDOW = 512;

export interface Fetched {
  /** At least one. */
  insns: Insn[];
  pages: number[];
  /** Whether the decoded form may be kept. */
  cacheable: boolean;
}

export class CodeFetcher {
  private readonly decoders = new Map<string, InsnDecoder>();

  constructor(
    private readonly memory: PagedMemory,
    private readonly model: CpuModel,
  ) {}

  /**
   * Decodes up to `max` instructions from `rip`, to the end of the page at most; the first may reach into the next page.
   * Throws GuestFault if the first cannot be fetched.
   */
  fetch(rip: number, mode: Mode, max: number, endsBlock: (u: Insn) => boolean): Fetched {
    const decoder = this.decoder(isCode32(mode) ? 32 : 64, decodesMpx(mode));
    const number = Math.floor(rip / PAGE_SIZE);
    const page = this.executable(number, rip);
    const address = BigInt(rip);
    const rest = PAGE_SIZE - (rip % PAGE_SIZE);
    const keepsBounds = !initialisesBounds(mode);
    const asked = (u: Insn): boolean => {
      // Before anybody looks at the instruction: what it does depends on the mode.
      if (keepsBounds) u.initialisesBounds = false;
      return endsBlock(u);
    };
    let insns = decoder.decodeBlock(
      this.memory.view(page, PAGE_SIZE - rest, Math.min(rest, WINDOW)),
      address,
      max,
      asked,
    );
    const pages = [number];
    let cacheable = this.isCacheable(page);
    if (insns[0].op === 'fetch') {
      const next = this.executable(number + 1, (number + 1) * PAGE_SIZE);
      pages.push(number + 1);
      cacheable &&= this.isCacheable(next);
      insns = decoder.decodeBlock(this.memory.read(address, MAX_INSN_LENGTH), address, 1, asked);
    }
    return { insns, pages, cacheable };
  }

  private decoder(bitness: 32 | 64, mpx: boolean): InsnDecoder {
    const key = `${bitness} ${mpx}`;
    let decoder = this.decoders.get(key);
    if (!decoder) {
      decoder = new InsnDecoder({ bitness, mpx, model: this.model });
      this.decoders.set(key, decoder);
    }
    return decoder;
  }

  private isCacheable(page: Page): boolean {
    if (page.codeDrops < MAX_CODE_DROPS) return true;
    page.codeDrops -= FORGIVENESS;
    return false;
  }

  private executable(number: number, address: number): Page {
    const page = this.memory.page(number);
    if (page && page.prot & PROT_EXEC) return page;
    throw new GuestFault(Vector.PF, PF_USER | PF_INSTR | (page ? PF_PRESENT : 0), BigInt(address));
  }
}
