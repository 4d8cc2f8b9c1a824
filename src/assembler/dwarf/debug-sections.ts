/** Adds what debuggers and unwinders read: `.eh_frame`, `.debug_line` and, unless the source has it, `.debug_info`. */
import type { Lines } from '../lines.ts';
import type { Section } from '../sections.ts';
import type { State } from '../state.ts';
import { type Procedure, writeFrames } from './frames.ts';
import { lineProgram } from './line-program.ts';
import { append, writeUnit } from './unit.ts';

const SHF_EXECINSTR = 4;

/** → the sections it wrote to, which need a layout of their own. Call it after the layout of the code. */
export function addDebugSections(state: State, lines: Lines, procedures: readonly Procedure[]): Section[] {
  const written: Section[] = [];
  const ended = procedures.filter(({ end }) => end);
  if (ended.length) {
    const frames = state.sectionNamed('.eh_frame');
    writeFrames(frames, ended);
    written.push(frames);
  }
  const code = state.sections.filter((section) => section.lines.length && section.attributes.flags & SHF_EXECINSTR);
  if (!code.length) return written;
  const own = !state.sections.some(({ name }) => name === '.debug_info');
  const named = (name: string): Section => {
    const section = state.sectionNamed(name);
    written.push(section);
    return section;
  };
  const place = state.place;
  const table = named('.debug_line');
  const program = lineProgram(
    code,
    [...lines.files].map(([number, file]) => ({ number, ...file })),
    place,
  );
  append(table, program, program.fixups);
  if (own) {
    const info = named('.debug_info');
    const abbreviations = named('.debug_abbrev');
    const ranges = named('.debug_ranges');
    writeUnit({
      name: state.file,
      directory: '',
      code,
      sections: { info, abbreviations, ranges, lines: table },
      place,
    });
  }
  return written;
}
