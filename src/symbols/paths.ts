/** Paths of source files as DWARF tells them and as users give them. Separators are `/`. */

/** `path` without `.`, `..` and doubled separators; a leading `..` stays. Back slashes of Windows become `/`. */
export function normalisePath(path: string): string {
  const slashed = /^[a-zA-Z]:[\\/]|^\\\\/.test(path) ? path.replaceAll('\\', '/') : path;
  const absolute = slashed.startsWith('/');
  const parts: string[] = [];
  for (const part of slashed.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length && parts[parts.length - 1] !== '..') parts.pop();
    else if (part !== '..' || !absolute) parts.push(part);
  }
  return (absolute ? '/' : '') + parts.join('/');
}

/** `path` seen from `directory`, normalised. */
export function joinPath(directory: string, path: string): string {
  const absolute = path.startsWith('/') || /^[a-zA-Z]:[\\/]/.test(path);
  return normalisePath(absolute || !directory ? path : `${directory}/${path}`);
}

/** What follows the last separator of a normalised path. */
export function baseNameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Number of last components that two normalised paths share. */
function commonTail(a: string[], b: string[]): number {
  let count = 0;
  while (count < a.length && count < b.length && a[a.length - 1 - count] === b[b.length - 1 - count]) count++;
  return count;
}

/**
 * Those of `known` (normalised) that the user means by `wanted`: the equal one, or else those that share the most last
 * components with it, at least the base name. Several when they are equally near.
 */
export function matchPaths(wanted: string, known: Iterable<string>): string[] {
  const target = normalisePath(wanted);
  const parts = target.split('/');
  const name = baseNameOf(target);
  let best: string[] = [];
  let longest = 1;
  for (const path of known) {
    if (path === target) return [path];
    // Cheap test first: most files of a program have another name.
    if (!path.endsWith(name)) continue;
    const tail = commonTail(parts, path.split('/'));
    if (tail > longest) best = [];
    if (tail >= longest) {
      longest = tail;
      best.push(path);
    }
  }
  return best;
}
