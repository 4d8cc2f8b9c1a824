/** Binary searches over sorted sequences. */

/** First index in [0, length) for which `test` holds, or `length`; `test` must be false up to some index and true from there on. */
export function firstIndex(length: number, test: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (test(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Index of the last item of ascending `items` whose key is ≤ `key`, or −1. */
export function lastAtMost<T, K extends bigint | number | string>(
  items: ArrayLike<T>,
  key: K,
  keyOf: (item: T) => K,
): number {
  return firstIndex(items.length, (i) => keyOf(items[i]) > key) - 1;
}

/** Index of the first item of ascending `items` whose key is ≥ `key`, or `items.length`. */
export function firstAtLeast<T, K extends bigint | number | string>(
  items: ArrayLike<T>,
  key: K,
  keyOf: (item: T) => K,
): number {
  return firstIndex(items.length, (i) => keyOf(items[i]) >= key);
}
