/** Failures of requests that a client may want to tell apart. */
import { UserError } from '../debugger/errors.ts';

/** The program runs; DAP's message for it is `notStopped`. */
export class NotStopped extends UserError {
  constructor() {
    super('The program is running: pause it first.');
  }
}
