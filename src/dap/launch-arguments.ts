/** Reads the launch configuration, which users write by hand: every mistake is one sentence that names the attribute. */
import { UserError } from '../debugger/errors.ts';
import { CPU_MODELS } from '../isa/model.ts';
import type { LaunchConfiguration } from '../protocol/launch.ts';
import type { Arguments } from './arguments.ts';

const PROFILES = ['v4.1', 'v4.19', 'v5.5', 'ideal', 'v4.1-i386'] as const;
type Profile = (typeof PROFILES)[number];

function profile(value: string): Profile {
  const known = PROFILES.find((one) => one === value);
  if (!known) throw new UserError(`“${value}” is not a kernel profile: use ${PROFILES.join(', ')}.`);
  return known;
}

function kernel(args: Arguments): LaunchConfiguration['kernel'] {
  if (!args.has('kernel')) return undefined;
  if (typeof args.raw('kernel') === 'string') return profile(args.string('kernel'));
  const choice = args.object('kernel');
  const switches = choice.object('switches').entries();
  for (const [name, value] of switches)
    if (typeof value !== 'boolean') throw new UserError(`The kernel switch “${name}” must be true or false.`);
  return {
    profile: profile(choice.string('profile')),
    switches: Object.fromEntries(switches) as Record<string, boolean>,
  };
}

function oneOf<T extends string>(args: Arguments, name: string, values: readonly T[]): T | undefined {
  const text = args.optionalString(name);
  if (text === undefined) return undefined;
  const value = values.find((one) => one === text);
  if (!value) throw new UserError(`“${name}” must be one of ${values.join(', ')}.`);
  return value;
}

function texts(args: Arguments, name: string): Record<string, string> | undefined {
  if (!args.has(name)) return undefined;
  const entries = args.object(name).entries();
  for (const [key, value] of entries)
    if (typeof value !== 'string') throw new UserError(`“${key}” in “${name}” must be a string.`);
  return Object.fromEntries(entries) as Record<string, string>;
}

function environment(args: Arguments): Record<string, string | null> | undefined {
  if (!args.has('env')) return undefined;
  const entries = args.object('env').entries();
  for (const [key, value] of entries)
    if (typeof value !== 'string' && value !== null)
      throw new UserError(`The environment variable “${key}” must be a string, or null to leave it out.`);
  return Object.fromEntries(entries) as Record<string, string | null>;
}

function fileAccess(args: Arguments): LaunchConfiguration['fileAccess'] {
  if (!args.has('fileAccess')) return undefined;
  const list = args.raw('fileAccess');
  const wrong = () => new UserError('“fileAccess” must be a list of { "path": FOLDER, "mode": "read" or "write" }.');
  if (!Array.isArray(list)) throw wrong();
  return list.map((item: unknown) => {
    const { path, mode = 'read' } = (item ?? {}) as { path?: unknown; mode?: unknown };
    if (typeof path !== 'string' || (mode !== 'read' && mode !== 'write')) throw wrong();
    return { path, mode };
  });
}

function positive(args: Arguments, name: string, group = 'limits'): number | undefined {
  const value = args.optionalInteger(name);
  if (value !== undefined && value <= 0) throw new UserError(`“${group}.${name}” must be greater than 0.`);
  return value;
}

/** Throws UserError. */
export function launchConfiguration(args: Arguments): LaunchConfiguration {
  const program = args.optionalString('program');
  if (!program)
    throw new UserError('“program” is missing: give the path of an ELF program, or of an assembly source, to debug.');
  const mpx = args.has('mpx') ? args.object('mpx') : undefined;
  const limits = args.has('limits') ? args.object('limits') : undefined;
  const timeTravel = args.has('timeTravel') ? args.object('timeTravel') : undefined;
  return {
    program,
    args: args.strings('args'),
    env: environment(args),
    cwd: args.optionalString('cwd'),
    stopOnEntry: args.boolean('stopOnEntry'),
    kernel: kernel(args),
    cpu: oneOf(args, 'cpu', CPU_MODELS),
    mpx: mpx && { autoEnable: mpx.boolean('autoEnable'), bndpreserve: mpx.boolean('bndpreserve') },
    sysroot: args.optionalString('sysroot'),
    fileAccess: fileAccess(args),
    sourceMap: texts(args, 'sourceMap'),
    disassemblyFlavor: oneOf(args, 'disassemblyFlavor', ['att', 'intel'] as const),
    stepIntoKernel: args.boolean('stepIntoKernel'),
    stepIntoUnknown: args.boolean('stepIntoUnknown'),
    console: oneOf(args, 'console', ['internalConsole', 'integratedTerminal'] as const),
    limits: limits && { memory: positive(limits, 'memory'), instructions: positive(limits, 'instructions') },
    seed: args.optionalInteger('seed'),
    noDebug: args.boolean('noDebug'),
    timeTravel: timeTravel && {
      enabled: timeTravel.has('enabled') ? timeTravel.boolean('enabled') : undefined,
      memory: positive(timeTravel, 'memory', 'timeTravel'),
    },
  };
}
