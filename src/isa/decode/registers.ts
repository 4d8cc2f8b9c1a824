import { Register } from 'iced-x86';
import type { Operand, SegmentNumber } from '../insn.ts';

const GPR64 = [
  'RAX',
  'RCX',
  'RDX',
  'RBX',
  'RSP',
  'RBP',
  'RSI',
  'RDI',
  'R8',
  'R9',
  'R10',
  'R11',
  'R12',
  'R13',
  'R14',
  'R15',
];
const GPR32 = [
  'EAX',
  'ECX',
  'EDX',
  'EBX',
  'ESP',
  'EBP',
  'ESI',
  'EDI',
  'R8D',
  'R9D',
  'R10D',
  'R11D',
  'R12D',
  'R13D',
  'R14D',
  'R15D',
];
const GPR16 = [
  'AX',
  'CX',
  'DX',
  'BX',
  'SP',
  'BP',
  'SI',
  'DI',
  'R8W',
  'R9W',
  'R10W',
  'R11W',
  'R12W',
  'R13W',
  'R14W',
  'R15W',
];
const GPR8 = [
  'AL',
  'CL',
  'DL',
  'BL',
  'SPL',
  'BPL',
  'SIL',
  'DIL',
  'R8L',
  'R9L',
  'R10L',
  'R11L',
  'R12L',
  'R13L',
  'R14L',
  'R15L',
];
const HIGH8 = ['AH', 'CH', 'DH', 'BH'];
const SEGMENTS = ['ES', 'CS', 'SS', 'DS', 'FS', 'GS'];

/** The decoder library's register numbers as our operands; registers of extensions we do not have are absent. */
function registerOperands(): readonly (Operand | undefined)[] {
  const table: (Operand | undefined)[] = [];
  const number = (name: string): number => Register[name as keyof typeof Register];
  const put = (names: string[], operand: (index: number) => Operand) =>
    names.forEach((name, index) => {
      table[number(name)] = Object.freeze(operand(index));
    });
  put(GPR64, (n) => ({ kind: 'reg', number: n, size: 8, high: false }));
  put(GPR32, (n) => ({ kind: 'reg', number: n, size: 4, high: false }));
  put(GPR16, (n) => ({ kind: 'reg', number: n, size: 2, high: false }));
  put(GPR8, (n) => ({ kind: 'reg', number: n, size: 1, high: false }));
  put(HIGH8, (n) => ({ kind: 'reg', number: n, size: 1, high: true }));
  put(SEGMENTS, (n) => ({ kind: 'seg', number: n as SegmentNumber }));
  for (const width of ['XMM', 'YMM'])
    put(
      GPR64.map((_, n) => `${width}${n}`),
      (n) => ({ kind: 'xmm', number: n }),
    );
  put(
    Array.from({ length: 8 }, (_, n) => `ST${n}`),
    (n) => ({ kind: 'st', number: n }),
  );
  put(
    Array.from({ length: 8 }, (_, n) => `MM${n}`),
    (n) => ({ kind: 'mm', number: n }),
  );
  return table;
}

export const REGISTER_OPERANDS = registerOperands();

/** The width in bytes of a general register used in an address: 8 or 4 (or 2 in 16-bit addressing, which 64-bit code lacks). */
export function addressRegister(register: Register): { number: number; size: number } {
  const operand = REGISTER_OPERANDS[register];
  return operand?.kind === 'reg' ? { number: operand.number, size: operand.size } : { number: -1, size: 0 };
}
