/** Numbers as people read them. */

/** Whole number with thousands separators. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `count` of a thing: `1 table`, `2 tables`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A size in bytes with a binary unit: `4 MiB`, `1.5 KiB`. */
export function bytes(value: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let scaled = value;
  while (scaled >= 1024 && unit < units.length - 1) {
    scaled /= 1024;
    unit++;
  }
  if (unit === 0) return plural(value, 'byte');
  return `${scaled >= 100 || Number.isInteger(scaled) ? Math.round(scaled) : scaled.toFixed(1)} ${units[unit]}`;
}

/** How many times `part` is of `whole`: `0.5 times`, `4 times`; undefined without a whole. */
export function times(part: number, whole: number): string | undefined {
  if (whole <= 0) return undefined;
  const ratio = part / whole;
  const text =
    ratio >= 100
      ? count(Math.round(ratio))
      : ratio >= 0.1
        ? ratio.toFixed(1).replace(/\.0$/, '')
        : ratio.toPrecision(1);
  return `${text} times`;
}

/** An instruction number (decimal text) with thousands separators. */
export function instructionNumber(text: string): string {
  return /^\d+$/.test(text) ? BigInt(text).toLocaleString('en-US') : text;
}
