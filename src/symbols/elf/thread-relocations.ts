/** Where a loaded file keeps what the dynamic linker told it of its thread storage (psABI, table 4.10; ELF Handling For TLS, 4.4). */
import { Cursor, CursorError } from '../../base/cursor.ts';
import { SHN_UNDEF, SHT_RELA, STT_TLS } from './constants.ts';
import { type ElfFile, type ElfSection, sectionBytes } from './file.ts';

/** Addresses are link-time addresses of words that the dynamic linker fills. */
export interface ThreadRelocations {
  /** Words with the number of the module: its index in the thread's vector of blocks. */
  readonly moduleNumbers: readonly bigint[];
  /** Words with the distance from the thread pointer to `offset` bytes into the module's block. */
  readonly distances: readonly { readonly at: bigint; readonly offset: bigint }[];
}

const R_X86_64_DTPMOD64 = 16;
const R_X86_64_TPOFF64 = 18;
const ENTRY_SIZE = 24;
const SYMBOL_SIZE = 24;

/** Offset of a thread-local symbol that the file defines itself; 0 for no symbol; undefined for those of other files. */
function ownOffset(elf: ElfFile, symbols: ElfSection | undefined, number: number): bigint | undefined {
  if (number === 0) return 0n;
  const bytes = symbols && sectionBytes(elf, symbols);
  if (!bytes) return undefined;
  const cursor = new Cursor(bytes, number * SYMBOL_SIZE + 4);
  const type = cursor.u8() & 15;
  cursor.skip(1);
  const section = cursor.u16();
  return type === STT_TLS && section !== SHN_UNDEF ? cursor.u64() : undefined;
}

/** Of a 64-bit file; damaged tables give what comes before the damage. */
export function threadRelocations(elf: ElfFile): ThreadRelocations {
  const moduleNumbers: bigint[] = [];
  const distances: { at: bigint; offset: bigint }[] = [];
  for (const table of elf.is64 ? elf.sections.filter(({ type }) => type === SHT_RELA) : []) {
    const bytes = sectionBytes(elf, table) ?? new Uint8Array();
    try {
      for (const cursor = new Cursor(bytes); cursor.remaining >= ENTRY_SIZE; ) {
        const at = cursor.u64();
        const type = cursor.u32();
        const symbol = cursor.u32();
        const addend = cursor.u64();
        if (type !== R_X86_64_DTPMOD64 && type !== R_X86_64_TPOFF64) continue;
        const own = ownOffset(elf, elf.sections[table.link], symbol);
        if (own === undefined) continue;
        if (type === R_X86_64_DTPMOD64) moduleNumbers.push(at);
        else distances.push({ at, offset: own + addend });
      }
    } catch (error) {
      if (!(error instanceof CursorError)) throw error;
      elf.remarks.push(`Thread-local variables of ${elf.name} may not be found: ${error.message}.`);
    }
  }
  return { moduleNumbers, distances };
}
