const decoder = new TextDecoder('utf-8');

/** No symbol's name is longer, and no path (PATH_MAX): the limits keep hostile tables from being scanned again and again. */
const LONGEST_NAME = 1 << 16;
const LONGEST_PATH = 1 << 12;

/** The NUL-terminated text at `offset` of a string table, or undefined if there is none. */
export function stringAt(table: Uint8Array, offset: number, longest = LONGEST_NAME): string | undefined {
  if (!(offset >= 0 && offset < table.length)) return undefined;
  const window = table.subarray(offset, offset + longest);
  const length = window.indexOf(0);
  if (length < 0) return undefined;
  return decoder.decode(window.subarray(0, length));
}

/** `stringAt` for file names and directories. */
export function pathAt(table: Uint8Array, offset: number): string | undefined {
  return stringAt(table, offset, LONGEST_PATH);
}
