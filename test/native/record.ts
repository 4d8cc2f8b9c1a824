/** The longest run of `npm run fuzz` on one state of the code: what docs/INSTRUCTIONS.md tells of it. */
export const RECORD = {
  date: '',
  host: '',
  seeds: '',
  cases: 0,
  differences: 0,
} as const;
