/** The scope “Kernel”, and the locals of kernel frames. */
import { hex } from '../base/hex.ts';
import { byteSize, count } from '../debugger/format.ts';
import { signalName } from '../debugger/signal-names.ts';
import { signalText } from '../debugger/timeline.ts';
import type { SignalInfo } from '../kernel/api.ts';
import { pending_set } from '../kernel/signal/pending.ts';
import type { KernelFrame } from '../kernel/steps.ts';
import { Task } from '../kernel/task.ts';
import { type Item, type ItemContext, numberText } from './items.ts';

const readOnly = (name: string, value: string, more: Partial<Item> = {}): Item => ({
  name,
  value,
  readOnly: true,
  ...more,
});

export function kernelItems(context: ItemContext): Item[] {
  const { debuggee, profile } = context.launched;
  const { process, task } = debuggee;
  const { bdAddr, mapCount } = process.mpx;
  const vmas = process.vmas();
  const info = process.lastSiginfo;
  return [
    readOnly('profile', profile),
    readOnly('mm.bd_addr', bdAddr === undefined ? 'none: tables are not managed' : hex(bdAddr), {
      memoryReference: bdAddr === undefined ? undefined : hex(bdAddr),
    }),
    readOnly('mm.map_count', numberText(mapCount, context.hex)),
    readOnly('mappings', count(vmas.length, 'area'), { children: { kind: 'vmas' }, indexed: vmas.length }),
    readOnly('pending signals', pendingText(task)),
    readOnly('last siginfo', info ? signalText(info) : 'none', { children: info && { kind: 'siginfo', info } }),
    readOnly('instructions', numberText(process.machine.retired, context.hex)),
    readOnly('resident memory', byteSize(process.machine.memory.presentCount * 4096)),
  ];
}

function pendingText(task: unknown): string {
  if (!(task instanceof Task)) return 'none';
  const pending = pending_set(task);
  const names = Array.from({ length: 64 }, (_, i) => i + 1).filter((signo) => (pending >> BigInt(signo - 1)) & 1n);
  return names.length ? names.map((signo) => signalName(signo)).join(' ') : 'none';
}

export function vmaItems(context: ItemContext): Item[] {
  return context.launched.debuggee.process
    .vmas()
    .slice(context.start, context.start + context.count)
    .map(({ start, end, protection, name }) =>
      readOnly(`${hex(start)}-${hex(end)}`, `${protection} ${byteSize(Number(end - start))}${name ? ` ${name}` : ''}`, {
        memoryReference: hex(start),
      }),
    );
}

export function siginfoItems(info: SignalInfo): Item[] {
  const items = [
    readOnly('si_signo', `${info.signo} (${signalName(info.signo)})`),
    readOnly('si_errno', info.errno.toString()),
    readOnly('si_code', `${info.code} (${signalName(info.signo, info.code).replace(/^.*\(|\)$/g, '')})`),
    readOnly('si_addr', hex(info.address), { memoryReference: hex(info.address) }),
  ];
  if (info.lower === undefined || info.upper === undefined) return items;
  return [
    ...items,
    readOnly('si_lower', hex(info.lower), { memoryReference: hex(info.lower) }),
    readOnly('si_upper', hex(info.upper), { memoryReference: hex(info.upper) }),
  ];
}

/** Locals of a kernel function: numbers of 64 bits in hexadecimal, counts as they are. */
export function kernelLocalItems(context: ItemContext, frame: KernelFrame): Item[] {
  return Object.entries(frame.locals).map(([name, value]) => {
    if (typeof value === 'bigint')
      return readOnly(name, value < 0n && value > -4096n ? value.toString() : hex(value), {
        evaluateName: name,
        memoryReference: value > 0n ? hex(value) : undefined,
      });
    const text =
      typeof value === 'number' ? numberText(value, context.hex && value >= 0) : String(value ?? 'undefined');
    return readOnly(name, text, { evaluateName: name });
  });
}
