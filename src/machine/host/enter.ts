import type { HostFunction } from './context.ts';
import { setStackPointer, stackAddress, stackPointer, stackSize } from './stack.ts';

const RBP = 5;

/** ENTER: a stack frame with nesting level 0–31 (SDM Vol. 2). A fault leaves nothing changed. */
export const enterFrame: HostFunction = (cpu, insn) => {
  const size = stackSize(insn);
  const allocation = cpu.read(insn.a, 2);
  const level = Number(cpu.read(insn.b, 1)) & 31;
  const step = BigInt(size);
  const down = (from: bigint, words: number) => stackAddress(insn, from - step * BigInt(words));
  const rsp = stackPointer(cpu, insn);
  const rbp = stackAddress(insn, cpu.gpr(RBP));
  const frame = down(rsp, 1);
  const words = level === 0 ? 1 : level + 1;
  // Every access is tried before the first store.
  for (let i = 1; i < level; i++) cpu.loadUint(down(rbp, i), size, true);
  for (let i = 1; i <= words; i++) cpu.probeStore(down(rsp, i), size, true);
  const top = stackAddress(insn, down(rsp, words) - allocation);
  cpu.probeStore(top, size, true);
  const store = (word: number, value: bigint) =>
    cpu.storeUint(down(rsp, word), size, BigInt.asUintN(8 * size, value), true);
  store(1, rbp);
  // One by one: the old frame's display may overlap the new one.
  for (let i = 1; i < level; i++) store(i + 1, cpu.loadUint(down(rbp, i), size, true));
  if (level > 0) store(words, frame);
  cpu.setGpr(RBP, BigInt.asUintN(8 * size, frame), size);
  setStackPointer(cpu, insn, top);
  return 'next';
};
