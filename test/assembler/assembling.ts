/** Assembling in tests. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { type AssembleResult, assembleSource } from '../../src/assembler/assembler.ts';
import type { ObjectFile } from '../../src/assembler/object.ts';

/** Files of this machine, as the assembler reads them. */
export const diskFiles = {
  read(path: string): Uint8Array | undefined {
    try {
      return new Uint8Array(fs.readFileSync(path));
    } catch {
      return undefined;
    }
  },
  list: (folder: string): string[] => fs.readdirSync(folder),
};

export function assembled(
  text: string,
  file = 'test.s',
  files: { read(path: string): Uint8Array | undefined } = diskFiles,
): AssembleResult {
  return assembleSource({ file, text, files });
}

/** The object file; fails where there are errors. */
export function objectOf(text: string, file?: string): ObjectFile {
  const { object, diagnostics } = assembled(text, file);
  assert.deepEqual(
    diagnostics.filter(({ severity }) => severity === 'error'),
    [],
  );
  assert.ok(object);
  return object;
}

/** The bytes of `.text`, in hexadecimal. */
export function codeOf(text: string): string {
  const section = objectOf(text).sections.find(({ name }) => name === '.text');
  return Buffer.from(section?.bytes ?? []).toString('hex');
}

/** The errors and warnings: `LINE:COLUMN-END message`. */
export function complaints(text: string): string[] {
  return assembled(text).diagnostics.map(
    ({ line, column, endColumn, message }) => `${line}:${column}-${endColumn} ${message}`,
  );
}
