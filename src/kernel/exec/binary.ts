/** Putting a program into an empty address space: segments, stack, registers as Linux hands them over (Linux: load_elf_binary). */
import { cpuid } from '../../machine/host/cpuid.ts';
import { WINDOWS, WINDOWS_32 } from '../../machine/layout.ts';
import { taskSize32 } from '../ia32/address-space.ts';
import { mapVdso } from '../ia32/vdso.ts';
import { PAGE } from '../mm/page.ts';
import type { MappedFile } from '../mm/vma.ts';
import type { Task } from '../task.ts';
import type { ElfProgram } from './elf.ts';
import type { Interpreter } from './interpreter.ts';
import { loadInterpreter, loadProgram } from './load.ts';
import { buildStack } from './stack.ts';

export interface Binary {
  program: ElfProgram;
  /** Absolute path of the file. */
  path: string;
  bytes: Uint8Array;
  /** The dynamic linker it wants. */
  interpreter: Interpreter | undefined;
  /** All of argv. */
  args: readonly string[];
  /** `NAME=value` strings. */
  env: readonly string[];
}

const RSP = 4;
/** Most pages a seed shifts each window by: the windows stay usable. */
const SHIFT_PAGES = 1024;
const COMM_LENGTH = 15;
const USER32_CS = 0x23;
const USER_DS = 0x2b;
/** Below this huge mappings of 32-bit programs go, away from the ordinary ones. */
const RESERVATIONS_32 = 0xb000_0000n;

/** Three shifts in bytes that follow from the seed; none for seed 0. */
function shifts(seed: number): { pie: bigint; mmap: bigint; stack: bigint } {
  let state = (seed | 0) >>> 0;
  const next = () => {
    if (seed === 0) return 0n;
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return BigInt((state >>> 7) % SHIFT_PAGES) * 4096n;
  };
  return { pie: next(), mmap: next(), stack: next() };
}

/** The name a thread gets from its program's file. */
export const commandName = (path: string): string => (path.split('/').pop() ?? '').slice(0, COMM_LENGTH);

const fileOf = (name: string, bytes: Uint8Array): MappedFile => ({
  name,
  size: bytes.length,
  read: (offset, length) => bytes.subarray(offset, offset + length),
});

/** Makes the address space and the segment registers those of a 32-bit program (Linux: set_personality_ia32, start_thread_ia32). */
function enter32({ mm, cpu, process }: Task): void {
  mm.ia32 = true;
  mm.task_size = taskSize32(process.profile);
  mm.reservation_base = RESERVATIONS_32;
  cpu.setSelector('cs', USER32_CS);
  for (const name of ['ss', 'ds', 'es'] as const) cpu.setSelector(name, USER_DS);
}

/** Loads `binary` into the empty memory map of `task` and points its registers at the first instruction. Throws ExecError. */
export function loadBinary(task: Task, { program, path, bytes, interpreter, args, env }: Binary): void {
  const { process } = task;
  const { machine, mm, world } = process;
  machine.entropy = (count) => world.inputs.random(count);
  process.readImpliesExec = program.executableStack;
  const shift = shifts(world.seed);
  const { bits } = program;
  const windows = bits === 64 ? WINDOWS : WINDOWS_32;
  if (bits === 32) enter32(task);
  mm.mmap_base = windows.mmap.end - shift.mmap;
  const loaded = loadProgram(task, program, fileOf(path, bytes), windows.pie.start + shift.pie);
  const linker = interpreter && loadInterpreter(task, interpreter.program, fileOf(interpreter.path, interpreter.bytes));
  if (bits === 32) mapVdso(mm, mm.get_unmapped_area(PAGE));
  const [, , , hwcap] = cpuid(1, 0, machine.xcr0, machine.features);
  const { sp, auxv } = buildStack(task, windows.stack.end - shift.stack, {
    bits,
    filename: path,
    args,
    env,
    random: world.inputs.random(16),
    phdr: loaded.phdr,
    phnum: program.phnum,
    entry: loaded.entry,
    interpreterBase: linker?.bias ?? 0n,
    hwcap: BigInt(hwcap >>> 0),
    hwcap2: process.profile.version !== 'v4.1',
    executable: program.executableStack,
  });
  process.image = { path, args: [...args], env, auxv, entry: loaded.entry, loadBias: loaded.bias };
  task.name = commandName(path);
  task.cpu.setGpr(RSP, sp);
  task.cpu.rip = linker?.entry ?? loaded.entry;
}
