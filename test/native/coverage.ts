/** Which instructions the differential test runs: every encoding of the instruction sets that the machine claims, with native cases or the reason why not. */
import { Code, CodeExt, CpuidFeature, Instruction } from 'iced-x86';
import { InsnDecoder } from '../../src/isa/decode/decoder.ts';
import { codeInfo } from '../../src/isa/decode/mnemonic.ts';
import { describe as describeCode } from '../../src/isa/decode/operations.ts';
import { hasFeature } from '../../src/isa/model.ts';
import { allSemantics } from '../../src/isa/semantics/all.ts';
import { formOf } from '../../src/isa/semantics/table.ts';
import { HOST_FUNCTIONS } from '../../src/machine/host/index.ts';
import { makeCase } from './cases.ts';
import { FORMS } from './forms/all.ts';
import { CODE_AT } from './protocol.ts';
import { Random } from './random.ts';

const CASES_PER_FORM = 80;

/** What the forms of the differential test make. */
export interface Covered {
  /** Operations, and operations with size and form of the semantics table. */
  operations: ReadonlySet<string>;
  /** The decoder library's codes of encodings. */
  codes: ReadonlySet<Code>;
}

export function covered(): Covered {
  const random = new Random(1);
  const decoder = new InsnDecoder({ bitness: 64, mpx: false, model: 'skylake' });
  const byOp = new Map(allSemantics.map(({ op }) => [op, allSemantics.filter((d) => d.op === op)]));
  const operations = new Set<string>();
  const codes = new Set<Code>();
  for (const form of FORMS) {
    for (let i = 0; i < CASES_PER_FORM; i++) {
      const insn = decoder.decode(makeCase(random, form).code, CODE_AT);
      operations.add(insn.op);
      codes.add(insn.code);
      for (const definition of byOp.get(insn.op) ?? []) {
        const fitting = formOf(definition, insn);
        if (fitting !== undefined) operations.add(`${insn.op} ${insn.size} ${fitting}`);
      }
    }
  }
  decoder.dispose();
  return { operations, codes };
}

/** Operations that are not compared with a real CPU, and why. */
export const EXEMPT: Readonly<Record<string, string>> = {
  ...reasons('bndmk bndcl bndcu bndcn bndmov bndldx bndstx', 'no CPU at hand has MPX'),
  ...reasons('cpuid xgetbv', 'describes another CPU'),
  ...reasons('rdtsc rdtscp', 'counts instructions here'),
  rdrand: 'is random',
  ...reasons('xsave xsave64 xsaveopt xsaveopt64 xsavec xsavec64 xrstor xrstor64', 'has other components'),
  ...reasons('fxsave fxsave64 fxrstor fxrstor64', 'MXCSR_MASK differs between vendors'),
  ...reasons('popseg lss lfs lgs', 'changes the segments the helper lives in'),
  ...reasons(
    ['rcpps', 'rcpss', 'rsqrtps', 'rsqrtss'].flatMap((op) => [op, `v${op}`]).join(' '),
    'an estimate: each vendor has its own',
  ),
  syscall: 'enters the host kernel',
  int3: 'ends every case',
  int1: 'a debug trap of the host',
  toolong: 'does not fit a case',
};

function reasons(ops: string, why: string): Record<string, string> {
  return Object.fromEntries(ops.split(' ').map((op) => [op, why]));
}

/** Encodings, by the decoder library's name, that are left out though their operation is not. */
const LEFT_OUT: readonly (readonly [RegExp, string])[] = [
  [/^(Sgdt|Sidt|Sldt|Str|Smsw)_/, 'done by some kernels (UMIP); #GP here'],
  [/^Sysexit/, '#GP by Intel, #UD by AMD at CPL 3'],
  [/^Sysenter$/, 'AMD has none in 64-bit code'],
  [/^(Call|Jmp)_m1664$/, 'AMD has none'],
  [/^(Retfw|Iretw)/, 'goes to the lowest 64 KiB, where a process has no code'],
  [/^(Rd|Wr)[fg]sbase_/, '#UD here: CR4.FSGSBASE is 0, as under Linux before 5.9'],
  [/^Bswap_r16$/, 'undefined result'],
  [/^(Popw|Popq)_[FG]S$/, EXEMPT.popseg],
  [/^Mov_Sreg_/, 'loads what the GDT of the kernel has'],
  [/^Enterw/, 'leaves a 16-bit stack pointer'],
];

/** One encoding of an instruction that the machine has. */
export interface Entry {
  mnemonic: string;
  /** The decoder library's name. */
  encoding: string;
  /** CPUID features, by the decoder library's names. */
  features: string;
  /** Of the CPU model `skylake` only. */
  skylake: boolean;
  /** Undefined where the differential test has cases. */
  reason: string | undefined;
}

/** All encodings valid in 64-bit code by Intel's manual whose operation is there, by feature and mnemonic. */
export function instructionTable({ codes }: Covered): Entry[] {
  const operations = new Set([...allSemantics.map(({ op }) => op), ...Object.keys(HOST_FUNCTIONS), 'nop']);
  const entries: Entry[] = [];
  for (const code of Object.values(Code).filter((value) => typeof value === 'number')) {
    const info = CodeExt.opCode(code);
    const exists = info.intelDecoder64 && info.decoderOption === 0 && !info.isReservedNop;
    info.free();
    const features = featuresOf(code);
    const { mnemonic } = codeInfo(code);
    // MPX has a decoder of its own.
    const isMpx = features.includes('MPX');
    const op = isMpx ? mnemonic : describeCode(code).op;
    if (code === Code.INVALID || (!isMpx && !(exists && operations.has(op)))) continue;
    const encoding = Code[code];
    const reason = codes.has(code) ? undefined : reasonFor(op, encoding);
    entries.push({
      mnemonic,
      encoding,
      features: features.join(' + '),
      skylake: features.some((feature) => !hasFeature('x86-64-v2', feature)),
      reason,
    });
  }
  return entries;
}

/** Empty: there should be native cases. */
function reasonFor(op: string, encoding: string): string {
  return EXEMPT[op] ?? LEFT_OUT.find(([pattern]) => pattern.test(encoding))?.[1] ?? '';
}

function featuresOf(code: Code): string[] {
  const insn = new Instruction();
  insn.code = code;
  const features = [...insn.cpuidFeatures()].map((feature) => CpuidFeature[feature]);
  insn.free();
  return features;
}
