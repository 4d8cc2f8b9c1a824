/** Group L: how GCC's runtime library skips a failed check. */
import { InsnDecoder } from '../../isa/decode/decoder.ts';
import { libmpxAdvance } from '../../isa/libmpx-skip.ts';
import type { Group } from './group.ts';
import { DEFAULT_RIP } from './machine.ts';

export const libmpx: Group = {
  profiled: false,
  run(input) {
    const bytes = input.bytes('bytes');
    const decoder = new InsnDecoder({ bitness: 64, mpx: true });
    const true_length = decoder.decode(bytes, DEFAULT_RIP).length;
    decoder.dispose();
    const libmpx_advance = libmpxAdvance(bytes);
    const outcome =
      libmpx_advance === 0
        ? 'infinite #BR loop'
        : libmpx_advance === true_length
          ? 'ok'
          : 'resumes inside an instruction';
    return { libmpx_advance, true_length, outcome };
  },
};
