/**
 * Turns the semantics table into the interpreter's WebAssembly modules; run at build time (esbuild.js).
 *  fast  one function with a dispatch loop and the hot handlers, the other handlers as functions behind a table
 *  slow  one function for each handler; memory through the host's `translate`
 * The handlers of instructions that only some CPU models have are in two further modules, which put them into the same tables: a machine
 * of another model does without.
 */
import { pushUnsigned } from '../../isa/emit/bytes.ts';
import { helperFunctions } from '../../isa/emit/helpers.ts';
import { ModuleEncoder, type Signature } from '../../isa/emit/module.ts';
import { Op } from '../../isa/emit/opcodes.ts';
import { State } from '../../isa/emit/state.ts';
import { baseSemantics, skylakeSemantics } from '../../isa/semantics/all.ts';
import { FastEmit } from './fast-emit.ts';
import type { HandlerEmit } from './handler-emit.ts';
import { isHot } from './hot.ts';
import { fusedJobs, type HandlerJob, singleJobs } from './patterns.ts';
import { Exit, Field, LAST_EXIT } from './record.ts';
import { SlowEmit } from './slow-emit.ts';
import { OBSERVE_HANDLER, PSEUDO, slowKey } from './special.ts';

export interface GeneratedInterpreter {
  modules: { fast: Uint8Array; slow: Uint8Array; fastSkylake: Uint8Array; slowSkylake: Uint8Array };
  handlers: Record<string, number>;
}

/** record → next record or exit code. */
const HANDLER: Signature = { parameters: ['i32'], results: ['i32'] };
const TRANSLATE: Signature = { parameters: ['i64', 'i32', 'i32'], results: ['i32'] };

export function generateInterpreter(): GeneratedInterpreter {
  const singles = singleJobs(baseSemantics, false);
  const jobs = [...singles, ...fusedJobs(singles)];
  const skylakeJobs = singleJobs(skylakeSemantics, false);
  const slowJobs = singleJobs(baseSemantics, true);
  const slowSkylakeJobs = singleJobs(skylakeSemantics, true);
  const handlers: Record<string, number> = {};
  const { bytes: fast, hot, filled } = fastModule(jobs, skylakeJobs.length, handlers);
  const slow = slowModule(slowJobs, slowSkylakeJobs.length, handlers);
  skylakeJobs.forEach(({ key }, i) => {
    number(handlers, key, hot + filled + i);
  });
  slowSkylakeJobs.forEach(({ key }, i) => {
    number(handlers, slowKey(key), slowJobs.length + i);
  });
  const modules = {
    fast,
    slow,
    fastSkylake: furtherFast(skylakeJobs, filled),
    slowSkylake: furtherSlow(slowSkylakeJobs, slowJobs.length),
  };
  return { modules, handlers };
}

function number(handlers: Record<string, number>, key: string, handler: number): void {
  if (key in handlers) throw new Error(`two handlers for ${key}`);
  handlers[key] = handler;
}

/** Emits the instructions of a handler. The rule that faults are precise is checked here: an emitter throws if it is broken. */
function emitJob(e: HandlerEmit, job: HandlerJob): void {
  try {
    job.steps.forEach(({ definition, pattern }, i) => {
      if (i === 0) e.start(pattern);
      else e.use(pattern);
      definition.emit(e, pattern.insn, definition.op);
    });
    if (!e.terminated) e.finish();
  } catch (error) {
    throw new Error(`handler ${job.key}: ${error instanceof Error ? error.message : error}`);
  }
}

function addHelpers(module: ModuleEncoder): number {
  const first = module.nextIndex;
  for (const { name, parameters, result, body } of helperFunctions(first))
    module.export(name, module.add({ parameters, results: [result] }, body));
  return first;
}

/** A handler in a function of its own. */
function handlerBody(e: HandlerEmit, job: HandlerJob): Uint8Array {
  emitJob(e, job);
  e.code.push(Op.unreachable);
  return e.body();
}

/** `further`: how many handlers will be put behind those of `jobs`. → the module, its hot handlers, and its other ones, which fill the table */
function fastModule(
  jobs: readonly HandlerJob[],
  further: number,
  handlers: Record<string, number>,
): { bytes: Uint8Array; hot: number; filled: number } {
  const module = new ModuleEncoder();
  const firstHelper = addHelpers(module);
  const hot = jobs.filter(({ key }) => isHot(key));
  const cold = jobs.filter(({ key }) => !isHot(key));
  const pseudo = Object.entries(PSEUDO);
  [...hot, ...cold].forEach(({ key }, i) => {
    number(handlers, key, i);
  });
  const table = cold.map((job) => module.add(HANDLER, handlerBody(new FastEmit(firstHelper, undefined), job)));
  for (const [key, exit] of pseudo) {
    handlers[key] = hot.length + table.length;
    const e = new FastEmit(firstHelper, undefined);
    e.begin();
    e.exit(exit);
    table.push(module.add(HANDLER, e.body()));
  }
  handlers[OBSERVE_HANDLER] = hot.length + table.length;
  table.push(module.add(HANDLER, observeBody(new FastEmit(firstHelper, undefined))));
  module.setTable(table, table.length + further);
  const run = module.add(HANDLER, hotFunction(hot, firstHelper, module.type(HANDLER)));
  module.export('run', run);
  return { bytes: module.encode(), hot: hot.length, filled: table.length };
}

/** Handlers that fill the fast module's table from slot `start` on. */
function furtherFast(jobs: readonly HandlerJob[], start: number): Uint8Array {
  const module = new ModuleEncoder();
  const firstHelper = addHelpers(module);
  const table = jobs.map((job) => module.add(HANDLER, handlerBody(new FastEmit(firstHelper, undefined), job)));
  module.extendTable(table, start);
  return module.encode();
}

/** Leaves if a bound register is other than INIT. */
function observeBody(e: FastEmit): Uint8Array {
  e.begin();
  const words = Array.from({ length: 8 }, (_, i) => e.state('i64', 8, State.BND + i * 8));
  const live = words.reduce((all, word) => e.or(all, word));
  e.if(e.eqz(e.eqz(live)), () => e.exit(Exit.OBSERVE));
  e.finish();
  e.code.push(Op.unreachable);
  return e.body();
}

/** loop { block… br_table(handler) … } with one block for each hot handler and one for all others. */
function hotFunction(hot: readonly HandlerJob[], firstHelper: number, handlerType: number): Uint8Array {
  const e = new FastEmit(firstHelper, 0);
  e.begin();
  e.code.push(Op.loop, Op.void);
  for (let i = 0; i <= hot.length; i++) e.code.push(Op.block, Op.void);
  const handler = () => e.load('i32', 2, e.recordValue, Field.HANDLER);
  e.put(handler());
  e.code.push(Op.brTable);
  pushUnsigned(e.code, hot.length);
  for (let i = 0; i <= hot.length; i++) pushUnsigned(e.code, i);
  hot.forEach((job, i) => {
    e.code.push(Op.end);
    e.dispatchDepth = hot.length - i;
    emitJob(e, job);
  });
  e.code.push(Op.end);
  e.put(e.recordValue);
  e.put(e.sub(handler(), e.i32(hot.length)));
  e.code.push(Op.callIndirect);
  pushUnsigned(e.code, handlerType);
  e.code.push(0, Op.localTee, 0);
  e.put(e.i32(LAST_EXIT));
  e.code.push(0x4b /* i32.gt_u */, Op.brIf, 0);
  e.put(e.recordValue);
  e.code.push(Op.return, Op.end, Op.unreachable);
  return e.body();
}

function slowModule(jobs: readonly HandlerJob[], further: number, handlers: Record<string, number>): Uint8Array {
  const module = new ModuleEncoder();
  const translate = module.import('translate', TRANSLATE);
  const firstHelper = addHelpers(module);
  const table = jobs.map((job, i) => {
    handlers[slowKey(job.key)] = i;
    return module.add(HANDLER, handlerBody(new SlowEmit(firstHelper, translate), job));
  });
  module.setTable(table, table.length + further);
  module.export('step', module.add(HANDLER, stepFunction(firstHelper, module.type(HANDLER))));
  return module.encode();
}

/** The same for the slow module. */
function furtherSlow(jobs: readonly HandlerJob[], start: number): Uint8Array {
  const module = new ModuleEncoder();
  const translate = module.import('translate', TRANSLATE);
  const firstHelper = addHelpers(module);
  const table = jobs.map((job) => module.add(HANDLER, handlerBody(new SlowEmit(firstHelper, translate), job)));
  module.extendTable(table, start);
  return module.encode();
}

/** Calls the handler of one record. */
function stepFunction(firstHelper: number, handlerType: number): Uint8Array {
  const e = new FastEmit(firstHelper, undefined);
  e.begin();
  e.put(e.recordValue);
  e.put(e.load('i32', 2, e.recordValue, Field.HANDLER));
  e.code.push(Op.callIndirect);
  pushUnsigned(e.code, handlerType);
  e.code.push(0);
  return e.body();
}
