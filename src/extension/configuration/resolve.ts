/** Launch configurations as VS Code hands them over → as the session wants them. Knows files, not VS Code. */
import os from 'node:os';
import path from 'node:path';
import { isAssembly } from '../../assembler/paths.ts';
import type { Files } from './files.ts';
import { isWholeSource, programsFor } from './program-lookup.ts';

/** A configuration whose attributes nobody has checked yet. */
export interface RawConfiguration {
  type: string;
  request: string;
  name: string;
  [attribute: string]: unknown;
}

export interface Situation {
  /** The workspace folder the configuration is for. */
  folder: string | undefined;
  /** The file in the active editor, if it is on disk. */
  activeFile: string | undefined;
}

export type Resolution =
  | { kind: 'configuration'; configuration: RawConfiguration }
  /** Several programs come into question. */
  | { kind: 'choice'; programs: string[]; withProgram: (program: string) => RawConfiguration }
  /** One sentence for the user. */
  | { kind: 'problem'; message: string };

/** Whether F5 was pressed without any configuration. */
export const isEmpty = (configuration: Partial<RawConfiguration>): boolean =>
  !configuration.type && !configuration.request && !configuration.name;

/** Fills in a configuration without a program from what is open (before variables are substituted). */
export async function completeConfiguration(
  configuration: Partial<RawConfiguration>,
  situation: Situation,
  files: Files,
): Promise<Resolution> {
  const withProgram = (program: string): RawConfiguration => ({
    ...configuration,
    type: 'mpx',
    request: configuration.request || 'launch',
    name: configuration.name || `Debug ${path.basename(program)}`,
    program,
  });
  const { program } = configuration;
  if (typeof program === 'string' && program !== '')
    return { kind: 'configuration', configuration: withProgram(program) };
  const { activeFile, folder } = situation;
  if (activeFile === undefined)
    return {
      kind: 'problem',
      message: 'There is nothing to debug: open an MPX program or its source, or name the program in launch.json.',
    };
  if (await isWholeSource(files, activeFile)) return { kind: 'configuration', configuration: withProgram(activeFile) };
  const programs = await programsFor(files, activeFile, folder);
  if (programs.length === 0 && isAssembly(activeFile))
    return { kind: 'configuration', configuration: withProgram(activeFile) };
  if (programs.length === 0)
    return {
      kind: 'problem',
      message: `No program was found that belongs to ${path.basename(activeFile)}: build it beside the source (or in bin, build, out), or name the program in launch.json.`,
    };
  if (programs.length > 1) return { kind: 'choice', programs, withProgram };
  return { kind: 'configuration', configuration: withProgram(programs[0]) };
}

/** `~/x` and relative paths made absolute; relative ones start at `base`. */
export function absolutePath(given: string, base: string | undefined): string {
  if (given === '~' || given.startsWith('~/')) return path.join(os.homedir(), given.slice(1));
  return path.isAbsolute(given) || base === undefined ? given : path.join(base, given);
}

/** Makes paths absolute (after variables were substituted), and finds what the session could not say as clearly. */
export async function finishConfiguration(
  configuration: RawConfiguration,
  folder: string | undefined,
  files: Files,
): Promise<Resolution> {
  const { program } = configuration;
  if (typeof program !== 'string' || program === '')
    return {
      kind: 'problem',
      message: 'The configuration names no program: set "program" in launch.json to the path of an ELF file.',
    };
  const finished: RawConfiguration = { ...configuration, program: absolutePath(program, folder) };
  const absolute = String(finished.program);
  if (!path.isAbsolute(absolute))
    return {
      kind: 'problem',
      message: `The path ${program} is relative, but no folder is open: give an absolute path.`,
    };
  switch (await files.kind(absolute)) {
    case undefined:
      return {
        kind: 'problem',
        message: `There is no file ${absolute}: build the program, or mend "program" in launch.json.`,
      };
    case 'directory':
      return { kind: 'problem', message: `${absolute} is a folder: "program" must be an ELF file.` };
  }
  finished.cwd =
    typeof finished.cwd === 'string' && finished.cwd
      ? absolutePath(finished.cwd, folder)
      : (folder ?? path.dirname(absolute));
  if (typeof finished.sysroot === 'string' && finished.sysroot)
    finished.sysroot = absolutePath(finished.sysroot, folder);
  if (typeof finished.sourceMap === 'object' && finished.sourceMap !== null)
    finished.sourceMap = Object.fromEntries(
      Object.entries(finished.sourceMap).map(([from, to]) => [
        from,
        typeof to === 'string' ? absolutePath(to, folder) : to,
      ]),
    );
  return { kind: 'configuration', configuration: finished };
}
