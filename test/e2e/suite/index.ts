/** Entry of the suite that runs inside VS Code's extension host, started by ../run.js or ../electron.js. */
import Mocha from 'mocha';
import { activation } from './activation.ts';
import { cLevel } from './c-level.ts';
import { debugging } from './debugging.ts';
import { kernelSteps } from './kernel-steps.ts';
import { samples } from './samples.ts';
import { starting } from './starting.ts';

/** Runs all tests; rejects if one fails. */
export function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 60_000, reporter: 'spec', color: false, bail: true });
  // Gives the suites `describe` and `it`, which mocha otherwise does only for files that it loads itself.
  mocha.suite.emit('pre-require', globalThis, 'suite', mocha);
  activation();
  debugging();
  cLevel();
  kernelSteps();
  starting();
  samples();
  return new Promise((resolve, reject) => {
    mocha.run((failures) => (failures ? reject(new Error(`${failures} end-to-end tests failed`)) : resolve()));
  });
}
