/** Tells the client how far a long run has come. */
import type { SessionState } from './state.ts';

/** Instructions before a run counts as long, and between updates. */
const STEP = 50_000_000n;

export class Progress {
  private id: string | undefined;
  private start: bigint | undefined;
  private told = 0n;
  private runs = 0;

  constructor(private readonly state: SessionState) {}

  /** The program goes on running. */
  update(title = this.state.launched?.debuggee.control.title ?? ''): void {
    const { launched, client } = this.state;
    if (!client.progress || !launched) return;
    const { machine } = launched.debuggee.process;
    this.start ??= machine.retired;
    const ran = machine.retired > this.start ? machine.retired - this.start : this.start - machine.retired;
    if (ran - this.told < STEP) return;
    this.told = ran;
    const message = `${(ran / 1_000_000n).toLocaleString('en-US')} million instructions`;
    if (this.id === undefined) {
      this.id = `run-${++this.runs}`;
      this.state.runProgressId = this.id;
      this.state.emit('progressStart', { progressId: this.id, title, message, cancellable: true });
    } else this.state.emit('progressUpdate', { progressId: this.id, message });
  }

  /** The program has stopped or ended. */
  end(): void {
    if (this.id !== undefined) this.state.emit('progressEnd', { progressId: this.id });
    this.state.runProgressId = undefined;
    this.id = undefined;
    this.start = undefined;
    this.told = 0n;
  }
}
