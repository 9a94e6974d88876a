import { describe, expect, test } from '@jest/globals';
import type { DescribedPlan } from '../../src/setup/describe.ts';
import { describePlan } from '../../src/setup/describe.ts';
import { planSteps } from '../../src/setup/plan.ts';
import { survey } from '../../src/setup/run.ts';
import { findDrift, parseSavedPlan } from '../../src/setup/saved-plan.ts';
import { createFixtureHost, type FixtureHost } from '../support/fixture-host.ts';
import { planInput, toolsFor } from '../support/setup-plan.ts';

const HOST = { distro: 'Debian', kernel: '6.1', architecture: 'x64', init: 'none', root: '/' };

async function planFor(fixture: FixtureHost, users = 2): Promise<DescribedPlan> {
  const input = planInput();
  const steps = planSteps({ ...input, users: { ...input.users, count: users } });
  return describePlan(HOST, [], await survey(steps, toolsFor(fixture)));
}

describe('a described plan', () => {
  test('has for each step what comes before and after, what it needs, and what it risks', async () => {
    using fixture = createFixtureHost();
    fixture.write('/etc/profile.d/tenon.sh', 'mine');
    const { steps } = await planFor(fixture);
    const step = (wanted: string) => steps.find(({ id }) => id === wanted);
    expect(step('user:nixbld1')).toMatchObject({ risk: 'low', requires: ['group:nixbld'] });
    expect(step('file:/etc/nix/nix.conf')).toMatchObject({
      action: 'create',
      risk: 'low',
      requires: ['directory:/etc/nix'],
    });
    expect(step('file:/etc/profile.d/tenon.sh')).toMatchObject({ action: 'modify', risk: 'high' });
    const isThere = step('directory:/usr/local');
    expect(isThere?.action).toBe('create');
  });

  test('has equal digests where nothing is to do', async () => {
    using fixture = createFixtureHost();
    fixture.write('/etc/tenon/x', '');
    const { steps } = await planFor(fixture);
    const step = steps.find(({ id }) => id === 'directory:/etc/tenon');
    expect(step).toMatchObject({ action: 'none', risk: 'none', before: step?.after });
  });
});

describe('a saved plan', () => {
  const save = (plan: DescribedPlan) => parseSavedPlan(JSON.stringify(plan), '/tmp/plan');

  test('fits the host that it was made for', async () => {
    using fixture = createFixtureHost();
    expect(findDrift(save(await planFor(fixture)), await planFor(fixture))).toEqual([]);
  });

  test('does not fit when a file has come, or another plan follows', async () => {
    using fixture = createFixtureHost();
    const saved = save(await planFor(fixture, 2));
    fixture.write('/etc/nix/nix.conf', 'cores = 1\n');
    expect(findDrift(saved, await planFor(fixture, 1))).toEqual([
      'user:nixbld2 is not needed',
      '/etc/nix has changed',
      '/etc/nix/nix.conf has changed',
    ]);
  });

  test.each([
    { text: '', reason: 'it is no JSON' },
    { text: '[]', reason: 'it is no plan of this version' },
    { text: '{"schemaVersion":2}', reason: 'it is no plan of this version' },
    { text: '{"schemaVersion":1}', reason: 'it names no root' },
    { text: '{"schemaVersion":1,"host":{"root":"/"}}', reason: 'its settings are damaged' },
    {
      text: '{"schemaVersion":1,"host":{"root":"/"},"settings":[{"name":"x","source":"flag","value":{}}]}',
      reason: 'its settings are damaged',
    },
    {
      text: '{"schemaVersion":1,"host":{"root":"/"},"settings":[],"steps":[{"id":"x"}]}',
      reason: 'its steps are damaged',
    },
  ])('is refused when $reason: $text', ({ text, reason }) => {
    expect(() => parseSavedPlan(text, '/tmp/plan')).toThrow(
      expect.objectContaining({
        code: 'setup/bad-plan-file',
        message: `Cannot use the plan in /tmp/plan: ${reason}`,
      }),
    );
  });
});
