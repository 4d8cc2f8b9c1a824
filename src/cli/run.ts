/** `mpxdbg run`: runs a program to its end with our standard streams, and reports. */
import fs from 'node:fs';
import path from 'node:path';
import { addressMap } from '../debugger/address-map.ts';
import { UserError } from '../debugger/errors.ts';
import { Continue } from '../debugger/plans.ts';
import { RunControl } from '../debugger/run-control.ts';
import type { Outcome } from '../debugger/stop.ts';
import type { ProgramSymbols } from '../debugger/symbols.ts';
import { directoryBase } from '../debugger/tables.ts';
import { eventRow } from '../debugger/timeline.ts';
import type { ExitStatus, ProcessView } from '../kernel/api.ts';
import { type HtmlMatter, reportHtml } from './html.ts';
import { launch } from './launch.ts';
import type { RunOptions } from './options.ts';
import type { Recorder } from './recorder.ts';
import { type Ending, type RunResult, reportJson, reportLines } from './report.ts';
import { reportSarif } from './sarif.ts';
import { StandardInputs, StandardOutputs } from './standard-streams.ts';

/** Exit statuses that are ours, not the program's. */
const STATUS = { violation: 99, 'max-instructions': 125, cannotRun: 126, interrupted: 130 } as const;
/** Instructions between two looks at Ctrl-C. */
const SLICE = 20_000_000;

/** Runs the program. → exit status of mpxdbg. Throws UserError with one sentence if there is nothing to run. */
export async function run(options: RunOptions): Promise<number> {
  const inputs = new StandardInputs(options.seed);
  const { process: guest, recorder, symbols } = launch(options, inputs, new StandardOutputs());
  const json = openReport(options.json);
  const sarif = openReport(options.sarif);
  const html = openReport(options.html);
  const limit = options.maxInstructions === undefined ? undefined : BigInt(options.maxInstructions);
  const control = new RunControl(guest, recorder, limit);
  let interrupted = false;
  const interruption = new Promise<void>((resolve) => {
    process.once('SIGINT', () => {
      interrupted = true;
      guest.machine.requestPause();
      resolve();
    });
  });
  const started = performance.now();

  control.resume(new Continue());
  let outcome: Outcome = { kind: 'running' };
  let ended: Ending = 'program';
  while (outcome.kind === 'running' && !interrupted) {
    outcome = limit === 0n ? { kind: 'stopped', reason: { kind: 'limit', text: '' } } : control.slice(SLICE);
    if (outcome.kind === 'waiting') {
      const more = await Promise.race([inputs.more(), interruption.then(() => true)]);
      if (more) outcome = { kind: 'running' };
      else ended = 'deadlock';
    } else if (outcome.kind === 'running') await new Promise((resolve) => setImmediate(resolve));
  }
  process.removeAllListeners('SIGINT');
  inputs.release();

  if (outcome.kind === 'stopped') ended = outcome.reason.kind === 'limit' ? 'max-instructions' : 'violation';
  if (interrupted && outcome.kind !== 'exited') ended = 'interrupted';
  if (guest.oops) ended = 'oops';
  const result: RunResult = {
    program: options.program,
    kernel: options.kernel,
    seed: options.seed,
    ended,
    exit: exitOf(ended, guest.exit),
    oops: guest.oops,
    instructions: guest.machine.retired,
    seconds: Math.round(performance.now() - started) / 1000,
    memoryHash: guest.machine.memory.hash(),
    violations: recorder.violations,
    violationsOmitted: recorder.violationsOmitted,
    memoryLimitReached: recorder.memoryLimitReached,
    tables: recorder.ledger.counts(guest),
    unimplemented: guest.unimplemented,
    files: guest.world.fileSystem.changes(),
  };
  if (!options.quiet) process.stderr.write(`${reportLines(result).join('\n')}\n`);
  writeReport(json, () => `${JSON.stringify(reportJson(result), undefined, 2)}\n`);
  writeReport(sarif, () => `${JSON.stringify(reportSarif(result, path.dirname(options.program)), undefined, 2)}\n`);
  writeReport(html, () => reportHtml(result, htmlMatter(guest, recorder, symbols)));
  return 'signal' in result.exit ? 128 + result.exit.signal : result.exit.code;
}

/** Opens the file of a report before the program runs: hours of work shall not end in a report that has no place. */
function openReport(file: string | undefined): number | undefined {
  try {
    return file === undefined ? undefined : fs.openSync(file, 'w');
  } catch (error) {
    throw new UserError(`The report cannot be written to ${file}: ${(error as Error).message}.`);
  }
}

function writeReport(file: number | undefined, text: () => string): void {
  if (file === undefined) return;
  fs.writeFileSync(file, text());
  fs.closeSync(file);
}

/** Events that the page shows: the last ones. */
const MOST_EVENTS = 2000;

function htmlMatter(process: ProcessView, { ledger, timeline }: Recorder, symbols: ProgramSymbols): HtmlMatter {
  const total = timeline?.length ?? 0;
  const start = Math.max(0, total - MOST_EVENTS);
  return {
    areas: addressMap({ process, ledger, directoryBase: directoryBase(process) }),
    events: (timeline?.page(start, MOST_EVENTS) ?? []).map((event) => eventRow(event, symbols.describe(event.pc))),
    eventsOmitted: start,
  };
}

function exitOf(ended: Ending, exit: ExitStatus | undefined): ExitStatus {
  if (ended === 'max-instructions' || ended === 'violation' || ended === 'interrupted') return { code: STATUS[ended] };
  return exit ?? { code: STATUS.cannotRun };
}
