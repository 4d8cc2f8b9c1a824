/** What a variables reference can stand for. */

import type { UserFrame } from '../debugger/backtrace.ts';
import type { CObject } from '../debugger/variables/object.ts';
import type { SignalInfo } from '../kernel/api.ts';
import type { KernelFrame } from '../kernel/steps.ts';

export type Container =
  | { kind: 'registers' }
  | { kind: 'flags' }
  | { kind: 'segments' }
  | { kind: 'sse' }
  | { kind: 'x87' }
  | { kind: 'mpx' }
  | { kind: 'bnd'; index: number }
  | { kind: 'bnd-history'; index: number }
  | { kind: 'bndcfgu' }
  | { kind: 'bndstatus' }
  | { kind: 'directory' }
  /** A table by the index of its directory entry. */
  | { kind: 'table'; index: bigint; table: bigint; entry: bigint; value: bigint }
  | { kind: 'table-entry'; slot: bigint; table: bigint }
  | { kind: 'kernel' }
  | { kind: 'vmas' }
  | { kind: 'siginfo'; info: SignalInfo }
  /** An outer frame: only what unwinding recovers. */
  | { kind: 'frame'; frame: UserFrame }
  | { kind: 'kernel-locals'; frame: KernelFrame }
  /** Variables of a C frame. */
  | { kind: 'variables'; which: 'arguments' | 'locals' | 'globals'; frame: UserFrame }
  /** Members of a record, or what a pointer leads to; elements of an array. `key` tells it from others. */
  | { kind: 'object'; object: CObject; expression: string | undefined; key: string; frame: UserFrame | undefined }
  | { kind: 'array'; object: CObject; expression: string | undefined; key: string; frame: UserFrame | undefined };

/** The same container at the same stop has the same key, and so the same reference. */
export function containerKey(container: Container): string {
  switch (container.kind) {
    case 'bnd':
    case 'bnd-history':
      return `${container.kind} ${container.index}`;
    case 'table':
      return `table ${container.entry}`;
    case 'table-entry':
      return `entry ${container.slot}`;
    case 'frame':
      return `frame ${container.frame.sp}`;
    case 'kernel-locals':
      return `locals ${container.frame.name} ${container.frame.label}`;
    case 'variables':
      return `${container.which} ${container.frame.sp} ${container.frame.inlined?.depth ?? 0}`;
    case 'object':
    case 'array':
      return `${container.kind} ${container.key}`;
    default:
      return container.kind;
  }
}
