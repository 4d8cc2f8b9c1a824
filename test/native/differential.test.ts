import assert from 'node:assert/strict';
import { Campaign } from './campaign.ts';
import type { Case } from './case.ts';
import { makeCase } from './cases.ts';
import { FORMS } from './forms/all.ts';
import { NativeCpu, nativeObstacle } from './native.ts';
import { Random } from './random.ts';
import { makeSequence } from './sequences.ts';

const CASES_PER_FORM = Number(process.env.MPX_CASES ?? 60);
const SEED = Number(process.env.MPX_SEED ?? 20150607);

/** Every form of one name in one test, so that the report reads by instruction. */
describe('The machine does what this CPU does', function () {
  this.timeout(120_000);
  const obstacle = nativeObstacle();
  if (obstacle) {
    it(`SKIPPED: the machine is NOT compared with a real CPU, because ${obstacle}`, function () {
      console.error(`\n*** SKIPPED: differential test of the instruction set (${obstacle}) ***\n`);
      this.skip();
    });
    return;
  }

  let native: NativeCpu;
  let campaign: Campaign;
  before(() => {
    native = new NativeCpu();
    campaign = new Campaign(native);
  });
  after(() => native.dispose());

  function check(cases: readonly Case[]): void {
    const wrong = campaign.differences(cases);
    assert.equal(wrong.length, 0, `${wrong.length} of ${cases.length} differ:\n${wrong.slice(0, 4).join('\n')}`);
  }

  it('for sequences of instructions that hand flags to each other', () => {
    const random = new Random(SEED);
    const cases = Array.from({ length: 40 * CASES_PER_FORM }, () => makeSequence(random));
    check(cases);
  });

  const names = [...new Set(FORMS.map((form) => form.name))];
  names.forEach((name, n) => {
    it(`for ${name}`, function () {
      const random = new Random(SEED + n * 7919);
      const forms = FORMS.filter((form) => form.name === name);
      const missing = nativeObstacle(forms[0].model);
      if (missing) {
        console.log(`      skipped: ${missing}`);
        this.skip();
      }
      const cases = forms.flatMap((form) => Array.from({ length: CASES_PER_FORM }, () => makeCase(random, form)));
      check(cases);
    });
  });
});
