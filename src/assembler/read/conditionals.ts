/** `.if` … `.else` … `.endif`: which statements count. */

interface Level {
  /** Whether the statements of the branch at hand count; if the levels around do. */
  active: boolean;
  /** Whether a branch has been taken. */
  taken: boolean;
  elseSeen: boolean;
}

/** Directives that begin a condition, in lower case without the dot. */
const BEGIN = /^if(def|ndef|notdef|b|nb|c|nc|eqs|nes|eq|ne|gt|ge|lt|le)?$/;

export class Conditionals {
  private readonly levels: Level[] = [];

  get depth(): number {
    return this.levels.length;
  }

  get active(): boolean {
    return this.levels.every((level) => level.active);
  }

  /** Whether `directive` (`.ifdef`) is one of these. */
  static handles(directive: string): boolean {
    const name = directive.slice(1);
    return BEGIN.test(name) || name === 'else' || name === 'elseif' || name === 'endif';
  }

  /**
   * Obeys the directive; `holds` computes its condition and is asked only where that matters.
   * @throws Error (a sentence)
   */
  obey(directive: string, holds: () => boolean): void {
    const name = directive.slice(1);
    const level = this.levels.at(-1);
    if (BEGIN.test(name)) {
      const around = this.active;
      // If the condition is a mistake, nothing of it counts; but its .endif has a beginning.
      const begun = { active: false, taken: true, elseSeen: false };
      this.levels.push(begun);
      if (around) begun.active = holds();
      begun.taken = begun.active || !around;
      return;
    }
    if (!level) throw new Error(`${directive} has no .if before it.`);
    if (name === 'endif') {
      this.levels.pop();
      return;
    }
    if (level.elseSeen) throw new Error(`${directive} comes after .else.`);
    const around = this.levels.slice(0, -1).every((one) => one.active);
    level.active = around && !level.taken && (name === 'else' || holds());
    level.taken ||= level.active;
    level.elseSeen = name === 'else';
  }
}
