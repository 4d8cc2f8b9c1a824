/**
 * The demonstration of `npm run demo`: a sample debugged end to end through the real adapter, over the Debug Adapter Protocol on
 * stdio. It stops where the kernel must allocate a bounds table, steps through the kernel doing so, stops at the bounds violation,
 * explains it, lists the tables, and lets the program end.
 */
import path from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { OverviewResponse, TablesResponse } from '../protocol/panel.ts';
import { DapClient } from './dap-client.ts';

const root = path.join(__dirname, '..');
const program = path.join(root, 'samples/bin/linked-list.O0');
const print = (text = '') => process.stdout.write(`${text}\n`);
const heading = (text: string) => print(`\n── ${text} ${'─'.repeat(Math.max(2, 100 - text.length))}`);

class Demo {
  private readonly client = new DapClient(process.execPath, [path.join(root, 'dist/cli.js'), 'dap']);
  private thread = 1;

  async run(): Promise<void> {
    heading(`Launching ${path.relative(root, program)} with 20 list nodes`);
    await this.launch();
    let stops = 0;
    let kernelSteps = 0;
    for (;;) {
      const event = await this.client.nextEvent('stopped', 'terminated');
      if (event.event === 'terminated') break;
      stops++;
      const stopped = event.body as DebugProtocol.StoppedEvent['body'];
      this.thread = stopped.threadId ?? this.thread;
      heading(`Stop ${stops}: ${stopped.description ?? stopped.reason}${stopped.text ? `: ${stopped.text}` : ''}`);
      await this.printStack();
      if (stopped.reason === 'exception') await this.printException();
      if (/table/i.test(stopped.text ?? stopped.description ?? '') && !kernelSteps)
        kernelSteps = await this.stepThroughKernel();
      else if (stopped.reason === 'exception') await this.printBoundsAndTables();
      await this.client.request('continue', { threadId: this.thread });
    }
    heading('The program has ended');
    this.client.close();
    if (stops < 2 || kernelSteps < 5)
      throw new Error(`expected to stop at a missing table and at a violation, but there were ${stops} stops`);
  }

  private async launch(): Promise<void> {
    this.client.onEvent((event) => {
      if (event.event !== 'output') return;
      const { category, output } = event.body as DebugProtocol.OutputEvent['body'];
      if (category === 'stdout' || category === 'stderr') print(`   program ${category}: ${output.trimEnd()}`);
    });
    const capabilities = await this.client.request<DebugProtocol.Capabilities>('initialize', {
      adapterID: 'mpx',
      clientID: 'demo',
      linesStartAt1: true,
      columnsStartAt1: true,
      pathFormat: 'path',
    });
    const filters = (capabilities.exceptionBreakpointFilters ?? [])
      .filter((filter) => filter.default || /missing/i.test(filter.label))
      .map(({ filter }) => filter);
    const launched = this.client.request('launch', { program, args: ['20'] });
    await this.client.nextEvent('initialized');
    await this.client.request('setExceptionBreakpoints', { filters });
    await this.client.request('configurationDone');
    await launched;
  }

  private async stack(): Promise<DebugProtocol.StackFrame[]> {
    return (
      await this.client.request<DebugProtocol.StackTraceResponse['body']>('stackTrace', {
        threadId: this.thread,
        levels: 12,
      })
    ).stackFrames;
  }

  private async printStack(): Promise<void> {
    for (const frame of await this.stack())
      print(
        `   ${frame.instructionPointerReference ?? ''} ${frame.name}${frame.source ? `  ${frame.source.name}:${frame.line}` : ''}`,
      );
  }

  private async printException(): Promise<void> {
    const info = await this.client.request<DebugProtocol.ExceptionInfoResponse['body']>('exceptionInfo', {
      threadId: this.thread,
    });
    print();
    for (const line of (info.details?.stackTrace ?? info.details?.message ?? '').split('\n')) print(`   ${line}`);
  }

  /** Steps into the kernel's handler of the present fault and through its first steps. Returns how many. */
  private async stepThroughKernel(): Promise<number> {
    print('\n   Stepping into the kernel:');
    const seen = new Set<string>();
    let steps = 0;
    await this.client.request('mpx/stepIntoKernel', { threadId: this.thread });
    for (; steps < 60; steps++) {
      const event = await this.client.nextEvent('stopped', 'terminated');
      if (event.event === 'terminated') throw new Error('the program ended inside the kernel');
      const [frame] = await this.stack();
      if (
        frame.presentationHint !== 'subtle' &&
        steps > 0 &&
        !frame.source?.path?.includes('mpx/') &&
        !frame.source?.sourceReference
      )
        break;
      print(`   ${frame.name.padEnd(60)} ${frame.source?.name ?? ''}:${frame.line}`);
      seen.add(frame.name);
      await this.client.request('stepIn', { threadId: this.thread });
    }
    return steps;
  }

  private async printBoundsAndTables(): Promise<void> {
    const [frame] = await this.stack();
    const { scopes } = await this.client.request<DebugProtocol.ScopesResponse['body']>('scopes', { frameId: frame.id });
    const mpx = scopes.find((scope) => scope.name === 'MPX');
    if (mpx) {
      const { variables } = await this.client.request<DebugProtocol.VariablesResponse['body']>('variables', {
        variablesReference: mpx.variablesReference,
      });
      print();
      for (const variable of variables) print(`   ${variable.name.padEnd(10)} ${variable.value}`);
    }
    const overview = await this.client.request<OverviewResponse>('mpx/overview');
    const { rows } = await this.client.request<TablesResponse>('mpx/tables', { start: 0, count: 20 });
    print(
      `\n   Bounds tables: ${overview.tables.live} live, ${overview.tables.everAllocated} ever allocated, ${overview.tables.freed} freed, ${overview.tables.leaked} leaked`,
    );
    for (const row of rows)
      print(
        `   area ${row.areaStart}–${row.areaEnd}  table ${row.table}  ${row.residentPages} resident pages, ${row.liveEntries} live entries, ${row.state}, allocated by ${row.allocatedBy}`,
      );
  }
}

new Demo().run().then(
  () => process.exit(0),
  (error: Error) => {
    process.stderr.write(`demo: ${error.message}\n`);
    process.exit(1);
  },
);
