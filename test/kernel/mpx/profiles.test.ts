import assert from 'node:assert/strict';
import { PROFILE_IDS, resolveProfile, SWITCH_NAMES, UnknownProfile } from '../../../src/kernel/mpx/profiles.ts';

describe('Kernel profiles', () => {
  it('are sets of switches; v4.1 is the default', () => {
    assert.equal(resolveProfile().id, 'v4.1');
    for (const id of PROFILE_IDS) assert.deepEqual(Object.keys(resolveProfile(id).switches), SWITCH_NAMES);
  });

  it('have every switch of the specification', () => {
    const named =
      'decodeRexX sibNoIndex sibNoBase ripRelative addSegBase honour67h edgeEnoentReturns perAreaUnmap notifyBeforeDetach';
    const more = 'skipMpxNeighbours vmOps bdFaultErrorPath ia32Allowed check47bit trapnoOnBdFault';
    for (const name of `${named} ${more}`.split(' '))
      assert.ok(
        SWITCH_NAMES.some((known) => known === name),
        name,
      );
  });

  it('take overrides without changing anything else', () => {
    const { id, switches } = resolveProfile({ profile: 'v5.5', switches: { addSegBase: false } });
    assert.equal(id, 'v5.5');
    assert.deepEqual({ ...switches, addSegBase: true }, resolveProfile('v5.5').switches);
  });

  it('refuse a release or a switch that there is not, naming those there are', () => {
    const profile = 'v6.0' as 'v5.5';
    assert.throws(
      () => resolveProfile(profile),
      (error) => error instanceof UnknownProfile && /v4\.1, v4\.19/.test(error.message),
    );
    const switches = { decodeRex: true };
    assert.throws(
      () => resolveProfile({ profile: 'v4.1', switches }),
      /no kernel switch 'decodeRex'; choose from decodeRexX/,
    );
  });
});
