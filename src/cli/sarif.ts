/**
 * The report for tools that show findings in code: SARIF 2.1.0 (OASIS). One result for each check that failed, however often it
 * did.
 */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { version } from '../../package.json';
import { hex } from '../base/hex.ts';
import { reportText } from '../debugger/kernel-report.ts';
import { accessText, type ViolationKind } from '../debugger/violation.ts';
import { type RecordedViolation, type ReportFrame, type RunResult, titleOf } from './report.ts';

const RULES: Record<ViolationKind, { id: string; name: string; text: string }> = {
  upper: {
    id: 'MPX001',
    name: 'UpperBoundViolation',
    text: 'A pointer was used beyond the upper bound of the object it belongs to.',
  },
  lower: {
    id: 'MPX002',
    name: 'LowerBoundViolation',
    text: 'A pointer was used before the lower bound of the object it belongs to.',
  },
  inverted: {
    id: 'MPX003',
    name: 'NoBounds',
    text: 'A pointer was used whose bounds allow no address.',
  },
};
const KINDS: readonly ViolationKind[] = ['upper', 'lower', 'inverted'];

/** `sourceRoot`: folder that relative paths of the debug information start at. */
export function reportSarif(result: RunResult, sourceRoot: string): object {
  const byCheck = new Map<bigint, RecordedViolation[]>();
  for (const recorded of result.violations)
    byCheck.set(recorded.violation.pc, [...(byCheck.get(recorded.violation.pc) ?? []), recorded]);
  const at = (frame: ReportFrame) => location(frame, sourceRoot);
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'mpxdbg',
            version,
            rules: KINDS.map((kind) => ({
              id: RULES[kind].id,
              name: RULES[kind].name,
              shortDescription: { text: RULES[kind].text },
              defaultConfiguration: { level: 'error' },
            })),
          },
        },
        invocations: [
          {
            // The run itself went as it should, whatever the program did.
            executionSuccessful: result.ended !== 'oops' && result.ended !== 'deadlock',
            ...('code' in result.exit ? { exitCode: result.exit.code } : { exitSignalNumber: result.exit.signal }),
          },
        ],
        results: [...byCheck.values()].map((all) => {
          const [first] = all;
          const { violation, explanation } = first;
          const frames = explanation?.stack ?? [];
          return {
            ruleId: RULES[violation.kind].id,
            ruleIndex: KINDS.indexOf(violation.kind),
            level: 'error',
            message: { text: message(first) },
            locations: frames.slice(0, 1).map(at),
            stacks: frames.length ? [{ frames: frames.map((frame) => ({ location: at(frame) })) }] : [],
            occurrenceCount: all.length,
            partialFingerprints: { 'check/v1': `${first.symbol} ${first.instruction}` },
          };
        }),
      },
    ],
  };
}

function message(recorded: RecordedViolation): string {
  const access = accessText(recorded.violation);
  return [
    `${titleOf(recorded)}.`,
    ...(access ? [`${access}.`] : []),
    ...(recorded.reported ? [`The kernel reports ${reportText(recorded.reported)}.`] : []),
    ...recorded.differences,
  ].join(' ');
}

function location({ pc, name, file, line }: ReportFrame, sourceRoot: string): object {
  return {
    ...(file !== undefined && {
      physicalLocation: {
        artifactLocation: { uri: pathToFileURL(path.resolve(sourceRoot, file)).href },
        region: { startLine: Math.max(1, line ?? 1) },
      },
    }),
    logicalLocations: [{ fullyQualifiedName: name, kind: 'function' }],
    message: { text: `${name} at ${hex(pc)}` },
  };
}
