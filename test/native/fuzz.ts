/**
 * `npm run fuzz -- [--minutes N] [--seed S] [--cases N] [--only TEXT]`: the differential test for as long as wanted. Each round takes `--cases`
 * cases of every form (of every form whose name contains TEXT) from a seed of its own, so that a difference can be had again by that seed.
 */
import { Campaign } from './campaign.ts';
import { makeCase } from './cases.ts';
import { FORMS } from './forms/all.ts';
import { NativeCpu, nativeObstacle } from './native.ts';
import { Random } from './random.ts';
import { makeSequence } from './sequences.ts';

interface Options {
  minutes: number;
  seed: number;
  cases: number;
  only: string;
}

function optionsOf(words: readonly string[]): Options {
  const options: Options = { minutes: 1, seed: 1, cases: 40, only: '' };
  for (let i = 0; i < words.length; i += 2) {
    const [name, value] = [words[i].replace(/^--/, ''), words[i + 1]];
    if (name === 'only' && value) options.only = value;
    else if ((name === 'minutes' || name === 'seed' || name === 'cases') && Number(value) > 0)
      options[name] = Number(value);
    else throw new Error(`${words[i]}: use --minutes N, --seed N, --cases N (of each form and round) or --only NAME`);
  }
  return options;
}

function fuzz({ minutes, seed, cases, only }: Options): number {
  const obstacle = nativeObstacle();
  if (obstacle) throw new Error(`nothing to compare with: ${obstacle}`);
  const forms = FORMS.filter(({ name, model }) => name.includes(only) && !nativeObstacle(model));
  const native = new NativeCpu();
  const campaign = new Campaign(native);
  const end = Date.now() + minutes * 60_000;
  let total = 0;
  let wrong = 0;
  try {
    for (let round = seed; Date.now() < end; round++) {
      const random = new Random(Math.imul(round, 0x9e3779b1));
      const made = forms.flatMap((form) => Array.from({ length: cases }, () => makeCase(random, form)));
      if (!only) made.push(...Array.from({ length: 10 * cases }, () => makeSequence(random)));
      const texts = campaign.differences(made);
      total += made.length;
      wrong += texts.length;
      for (const text of texts.slice(0, 5))
        console.log(`${text}\n  again: npm run fuzz -- --seed ${round} --cases ${cases}${only && ` --only ${only}`}\n`);
      console.log(
        `seed ${round}: ${made.length} cases, ${texts.length} differ (${total} cases so far, ${wrong} differ)`,
      );
    }
  } finally {
    native.dispose();
  }
  console.log(`${total} cases, ${wrong} differ`);
  return wrong ? 1 : 0;
}

process.exitCode = fuzz(optionsOf(process.argv.slice(2)));
