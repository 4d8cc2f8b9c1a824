/** The generated modules, instantiated on a memory. */
import { interpreterModules } from 'generated:interpreter';
import type { CpuModel } from '../../isa/model.ts';

export interface InterpreterInstance {
  /** Runs from a record until something needs the driver; gives the exit code. */
  run(record: number): number;
  /** Runs the one instruction of a slow record. */
  step(record: number): number;
  /** Arithmetic flags in EFLAGS positions. */
  flagsWord(kind: number, a: bigint, b: bigint, c: bigint): number;
  /** The helper functions, by name, for other modules of generated code. */
  readonly helpers: WebAssembly.ModuleImports;
}

type Translate = (address: bigint, size: number, write: number) => number;

export function instantiate(memory: WebAssembly.Memory, translate: Translate, model: CpuModel): InterpreterInstance {
  const make = (bytes: Uint8Array, more: WebAssembly.ModuleImports = {}) => {
    const host = { memory, translate, ...more };
    return new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), { host }).exports;
  };
  const fast = make(interpreterModules.fast);
  const slow = make(interpreterModules.slow);
  if (model === 'skylake') {
    make(interpreterModules.fastSkylake, { table: fast.table });
    make(interpreterModules.slowSkylake, { table: slow.table });
  }
  // The signatures are those generate.ts gives its exports.
  return {
    run: fast.run as InterpreterInstance['run'],
    step: slow.step as InterpreterInstance['step'],
    flagsWord: fast.flagsWord as InterpreterInstance['flagsWord'],
    helpers: fast as WebAssembly.ModuleImports,
  };
}
