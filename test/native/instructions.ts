/** The text of docs/INSTRUCTIONS.md. */
import { type Covered, type Entry, instructionTable } from './coverage.ts';
import { FORMS } from './forms/all.ts';
import { RECORD } from './record.ts';

const groupBy = <T>(list: readonly T[], key: (one: T) => string): [string, T[]][] => {
  const groups = new Map<string, T[]>();
  for (const one of list) {
    const group = groups.get(key(one));
    if (group) group.push(one);
    else groups.set(key(one), [one]);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
};

const compared = (entries: readonly Entry[]): number => entries.filter(({ reason }) => reason === undefined).length;
const mnemonics = (entries: readonly Entry[]): [string, Entry[]][] => groupBy(entries, ({ mnemonic }) => mnemonic);

function summary([features, entries]: [string, Entry[]]): string {
  const model = entries[0].skylake ? '`skylake`' : 'all';
  return `| ${features} | ${model} | ${mnemonics(entries).length} | ${entries.length} | ${compared(entries)} |`;
}

/** `adc 17` where all encodings are compared, `bswap 2 of 3` otherwise. */
function mnemonicText([mnemonic, entries]: [string, Entry[]]): string {
  const count = compared(entries);
  return count === entries.length ? `${mnemonic} ${count}` : `**${mnemonic} ${count} of ${entries.length}**`;
}

function reasonRow([reason, entries]: [string, Entry[]]): string {
  return `| ${mnemonics(entries)
    .map(([mnemonic]) => mnemonic)
    .join(', ')} | ${reason} |`;
}

export function instructionsPage(found: Covered): string {
  const table = instructionTable(found);
  const byFeatures = groupBy(table, ({ features }) => features);
  const left = table.filter(({ reason }) => reason !== undefined);
  const count = (n: number) => n.toLocaleString('en');
  return `# Instructions

Made by \`npm run instructions\`; a test sees to it that the page is current and that each encoding has native cases or a reason.

These are the encodings of 64-bit code that the emulated CPU has, by CPUID feature (names as in the decoder library iced-x86). The differential test
(\`test/native\`) makes random cases of ${count(FORMS.length)} forms, runs each on the CPU of the host and in the machine, and compares registers, flags, x87 and vector
state, memory and faults: 60 cases of every form in \`npm test\`, as many as wanted by \`npm run fuzz\`. Of ${count(table.length)} encodings of
${count(mnemonics(table).length)} mnemonics ${count(compared(table))} are compared. What the comparison masks because vendors differ is listed in [DIFFERENCES.md](DIFFERENCES.md).

Instructions of 32-bit code are judged by their manual only: no host at hand runs them. What is in no table here is #UD, and named in the report of a run. Hints and instructions of features that
are off (CET, CLDEMOTE, PREFETCHIT and other reserved NOPs) do nothing, as on a CPU without them.

${RECORD.cases ? `Longest run on one state of the code: ${count(RECORD.cases)} cases (${RECORD.seeds}), ${RECORD.differences} differences, ${RECORD.date}, on ${RECORD.host}.\n\n` : ''}| Feature | CPU model | Mnemonics | Encodings | Compared |
| --- | --- | --- | --- | --- |
${byFeatures.map(summary).join('\n')}

## Not compared

| Instructions | Why |
| --- | --- |
${groupBy(left, ({ reason }) => reason ?? '')
  .map(reasonRow)
  .join('\n')}

## By mnemonic

How many encodings of each mnemonic are compared; in bold where not all are.
${byFeatures.map(([features, entries]) => `\n**${features}**: ${mnemonics(entries).map(mnemonicText).join(', ')}.\n`).join('')}`;
}
