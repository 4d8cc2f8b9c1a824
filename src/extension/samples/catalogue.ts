/** The sample programs that ship with the extension, and the launch.json that is ready for them. */
import type { LaunchConfiguration } from '../../protocol/launch.ts';

export interface Sample {
  name: string;
  /** Relative to the folder of samples. */
  program: string;
  source: string;
  /** Attributes beside the program. */
  more?: Partial<LaunchConfiguration>;
}

const c = (name: string, more?: Sample['more']): Sample => ({
  name,
  program: `bin/${name}.O0`,
  source: `${name}.c`,
  more,
});
const assembly = (name: string, more?: Sample['more']): Sample => ({
  name,
  program: `bin/${name}`,
  source: `asm/${name}.s`,
  more,
});

/** In the order in which they are best looked at. */
export const SAMPLES: readonly Sample[] = [
  c('heap-overflow'),
  c('stack-array'),
  c('linked-list'),
  c('narrowing'),
  c('table-storm'),
  c('legacy-call'),
  c('heartbeat'),
  c('race'),
  assembly('check', { stopOnEntry: true }),
  assembly('tables', { stopOnEntry: true }),
  assembly('lost', { stopOnEntry: true }),
  assembly('plain', { mpx: { autoEnable: true } }),
];

/** Further files that the samples' sources and readers need. */
const BESIDE = ['README.md', 'THIRD-PARTY-NOTICES', 'asm/linux.inc', 'asm/enable.s', 'asm/print.s'];

/** Everything that is copied, relative to the folder of samples. */
export const SAMPLE_FILES: readonly string[] = [
  ...SAMPLES.flatMap(({ program, source }) => [program, source]),
  ...BESIDE,
];

/** Text of a launch.json with a configuration for each sample; `first` is the one that F5 takes. */
export function launchJson(first: string): string {
  const ordered = [...SAMPLES].sort((a, b) => Number(b.name === first) - Number(a.name === first));
  const configurations = ordered.map(({ name, program, more }) => ({
    type: 'mpx',
    request: 'launch',
    name: `Debug ${name}`,
    program: `\${workspaceFolder}/${program}`,
    ...more,
  }));
  return `${JSON.stringify({ version: '0.2.0', configurations }, undefined, 2)}\n`;
}
