/** DAP event `mpx/problems`: what is wrong with the assembly sources of the program; sent at each launch of one that is assembled. */
export interface Problem {
  file: string;
  /** From 1. */
  line: number;
  column: number;
  /** Behind the last character. */
  endColumn: number;
  severity: 'error' | 'warning';
  message: string;
}

export interface ProblemsEvent {
  problems: Problem[];
}
