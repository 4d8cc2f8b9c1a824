/** What GCC's run-time library does with a failing check in its default mode (spec C.1, vectors L): it decodes the check by hand. */
import { libmpxAdvance } from '../isa/libmpx-skip.ts';

/** One sentence for the check that consists of `bytes`. Conditional: the program may have another handler, or none. */
export function runtimeHint(bytes: Uint8Array): string {
  const advance = libmpxAdvance(bytes);
  if (advance === 0)
    return "GCC's own runtime (libmpx) could not decode this check: in count mode it would return to it and loop for ever.";
  if (advance !== bytes.length)
    return `GCC's own runtime (libmpx) would skip ${advance} bytes instead of ${bytes.length} and go on inside an instruction.`;
  return "GCC's own runtime (libmpx), in count mode, would skip this check and let the access happen.";
}
