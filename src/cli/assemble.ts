/** `mpxdbg asm`: assembles and links sources to a program. */
import fs from 'node:fs';
import path from 'node:path';
import { buildProgram, diagnosticText } from '../assembler/build.ts';
import { UserError } from '../debugger/errors.ts';
import { buildFiles } from '../debugger/program-file.ts';
import { NodeFiles } from '../hosts/node-files.ts';
import type { Problem } from '../protocol/problems.ts';

/** What is wrong with sources, on stderr as compilers write it. */
export function printProblems(problems: readonly Problem[]): void {
  for (const problem of problems) process.stderr.write(`${diagnosticText(problem)}\n`);
}

/** → exit status. Throws UserError if the program cannot be written. */
export function assemble(sources: readonly string[], output: string): number {
  // Absolute, so that a debugger finds them from anywhere.
  const { program, diagnostics } = buildProgram(
    sources.map((source) => path.resolve(source)),
    buildFiles(new NodeFiles()),
  );
  printProblems(diagnostics);
  if (!program) return 1;
  try {
    fs.writeFileSync(output, program, { mode: 0o755 });
  } catch (error) {
    throw new UserError(`The program cannot be written to ${output}: ${(error as Error).message}.`);
  }
  return 0;
}
