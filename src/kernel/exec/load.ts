/** Mapping the segments of a program, its heap's start, and pages of zeros behind its data (Linux: load_elf_binary). */
import { greater } from '../../base/address.ts';
import { isError } from '../errno.ts';
import { do_mmap, MAP_FIXED, MAP_PRIVATE } from '../mm/mmap.ts';
import { PAGE_MASK, pageAlign } from '../mm/page.ts';
import type { MappedFile } from '../mm/vma.ts';
import { complete } from '../steps.ts';
import type { Task } from '../task.ts';
import { copy_to_user } from '../user.ts';
import { type ElfProgram, ExecError, PF_R, PF_W, PF_X, type Segment } from './elf.ts';

const PROT_WRITE = 2n;
const MAP_ANONYMOUS = 0x20n;

function protOf(task: Task, segment: Segment): bigint {
  const read = segment.flags & PF_R ? 1n : 0n;
  const exec = segment.flags & PF_X || (read && task.process.readImpliesExec) ? 4n : 0n;
  return read | (segment.flags & PF_W ? PROT_WRITE : 0n) | exec;
}

function map(task: Task, addr: bigint, len: bigint, prot: bigint, flags: bigint, pgoff = 0n, file?: MappedFile): void {
  const { address } = complete(do_mmap(task, { addr, len, prot, flags: flags | MAP_FIXED | MAP_PRIVATE, pgoff, file }));
  if (isError(address))
    throw new ExecError(
      `The program cannot be mapped at 0x${addr.toString(16)}: ${address === -12n ? 'it needs more memory than the limit allows' : 'its segments lie at addresses no program may have'}.`,
    );
}

export interface Loaded {
  /** What is added to the addresses of the file. */
  bias: bigint;
  entry: bigint;
  /** Where the program headers are in memory. */
  phdr: bigint;
}

/** Maps the segments; of a position-independent file the first one lies at `base`. → with the first address behind them all */
function mapSegments(task: Task, program: ElfProgram, file: MappedFile, base: bigint): Loaded & { end: bigint } {
  const bias = program.positionIndependent ? base - (program.loads[0].vaddr & PAGE_MASK) : 0n;
  let end = 0n;
  for (const segment of program.loads) {
    const start = segment.vaddr + bias;
    const page = start & PAGE_MASK;
    const fileEnd = start + segment.filesz;
    const memoryEnd = start + segment.memsz;
    const prot = protOf(task, segment);
    const mappedEnd = segment.filesz > 0n ? pageAlign(fileEnd) : page;
    if (segment.filesz > 0n) map(task, page, mappedEnd - page, prot, 0n, BigInt(segment.offset) >> 12n, file);
    if (pageAlign(memoryEnd) > mappedEnd) map(task, mappedEnd, pageAlign(memoryEnd) - mappedEnd, prot, MAP_ANONYMOUS);
    // The rest of the last file page becomes zero where the program may write there.
    if (memoryEnd > fileEnd && prot & PROT_WRITE && mappedEnd > fileEnd)
      complete(copy_to_user(task, fileEnd, new Uint8Array(Number(mappedEnd - fileEnd))));
    if (memoryEnd > end) end = memoryEnd;
  }
  const first = program.loads[0];
  const phdr = first.vaddr - BigInt(first.offset) + program.phoff + bias;
  return { bias, entry: program.entry + bias, phdr, end };
}

/** Maps the program; a position-independent one at `base`. Sets the heap's start. Throws ExecError. */
export function loadProgram(task: Task, program: ElfProgram, file: MappedFile, base: bigint): Loaded {
  const { end, ...loaded } = mapSegments(task, program, file, base);
  const { mm } = task;
  mm.start_brk = pageAlign(end);
  mm.brk = mm.start_brk;
  return loaded;
}

/** Maps the dynamic linker where mmap would put it. Throws ExecError. */
export function loadInterpreter(task: Task, program: ElfProgram, file: MappedFile): Loaded {
  const first = program.loads[0].vaddr & PAGE_MASK;
  const end = program.loads.reduce((most, { vaddr, memsz }) => greater(most, vaddr + memsz), 0n);
  const base = task.mm.get_unmapped_area(end - first);
  if (isError(base)) throw new ExecError(`There is no room for the dynamic linker ${file.name}.`);
  return mapSegments(task, program, file, base);
}
