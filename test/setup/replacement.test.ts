import { describe, expect, test } from '@jest/globals';
import { planSteps } from '../../src/setup/plan.ts';
import { needsStart } from '../../src/setup/replacement.ts';
import { planInput } from '../support/setup-plan.ts';

const live = { isLive: true, init: 'systemd' as const };
const RUNNING = ['service-return', 'service-replace', 'service-stop', 'service-start'];
const about = (restartReason: string | undefined) =>
  planSteps(planInput({ ...live, replacement: { restartReason } })).filter(({ id }) =>
    RUNNING.includes(id),
  );

describe('the plan for a host whose daemon runs', () => {
  test('lets another one take over, and restarts nothing', () => {
    const steps = about(undefined);
    expect(steps.map(({ id }) => id)).toEqual([
      'service-return',
      'service-start',
      'service-replace',
    ]);
    expect(steps.find(({ id }) => id === 'service-start')?.redoWith).toEqual([]);
  });

  test('says why it is stopped where no other one can take over', () => {
    const steps = about('its socket moves');
    expect(steps.map(({ id }) => id)).toEqual(['service-stop', 'service-start']);
    expect(steps[0]?.reason).toContain('clients are refused');
    expect(steps[0]?.reason).toContain('its socket moves');
  });
});

describe('a change of a service file', () => {
  const unit = '[Service]\nExecStart=/usr/bin/tenon daemon\nRestart=on-failure\nLimitNOFILE=10\n';
  const script = 'command="/usr/bin/tenon"\nrc_ulimit="-n 10"\nreload() {\n\ttrue\n}\n';

  test.each([
    { what: 'none', init: 'systemd' as const, before: unit, after: unit },
    {
      what: 'a comment',
      init: 'systemd' as const,
      before: unit,
      after: `# as it should be\n${unit}`,
    },
    {
      what: 'how it is reloaded',
      init: 'systemd' as const,
      before: unit,
      after: `${unit}ExecReload=/bin/true\n`,
    },
    {
      what: 'a function of the script',
      init: 'openrc' as const,
      before: script,
      after: script.replace('true', 'false'),
    },
  ])('counts at once when it is $what', ({ init, before, after }) => {
    expect(needsStart(init, before, after)).toBe(false);
  });

  test.each([
    {
      what: 'the command',
      init: 'systemd' as const,
      before: unit,
      after: unit.replace('daemon', 'daemon --replaceable'),
    },
    {
      what: 'a limit',
      init: 'systemd' as const,
      before: unit,
      after: unit.replace('10', '20'),
    },
    { what: 'that there is one', init: 'systemd' as const, before: '', after: unit },
    {
      what: 'a limit of the script',
      init: 'openrc' as const,
      before: script,
      after: script.replace('10', '20'),
    },
  ])('counts from a start on when it is $what', ({ init, before, after }) => {
    expect(needsStart(init, before, after)).toBe(true);
  });
});
