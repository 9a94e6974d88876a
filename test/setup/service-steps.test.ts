import { describe, expect, test } from '@jest/globals';
import { planSteps } from '../../src/setup/plan.ts';
import { planInput } from '../support/setup-plan.ts';

function stepsOf(changes: Parameters<typeof planInput>[0]) {
  return planSteps(planInput(changes)).filter(({ group }) => group === 'Service');
}

function ids(changes: Parameters<typeof planInput>[0]): readonly string[] {
  return stepsOf(changes).map(({ id }) => id);
}

describe('serviceSteps', () => {
  test.each([
    {
      what: 'links the service of an image with systemd',
      init: 'systemd' as const,
      path: '/etc/systemd/system/sockets.target.wants/tenon-daemon.socket',
    },
    {
      what: 'links the service of an image with OpenRC',
      init: 'openrc' as const,
      path: '/etc/runlevels/default/tenon-daemon',
    },
  ])('$what, and starts nothing', ({ init, path }) => {
    const steps = stepsOf({ init, isLive: false });
    const link = steps.find(({ id }) => id === 'service-link');
    expect(link?.spec).toMatchObject({ path });
    expect(steps.map(({ kind }) => kind)).not.toContain('service-start');
  });

  test('names no running init system in an image, so that none is asked or told', () => {
    const text = JSON.stringify(planSteps(planInput({ init: 'systemd', isLive: false })));
    expect(text).not.toContain('"init":"systemd"');
    expect(text).not.toContain('"readBy":"systemd"');
  });

  test('has nothing for an image without an init system', () => {
    expect(ids({ init: 'none', mode: 'container', isLive: false })).toEqual([]);
  });

  test.each(['none', 'systemd'] as const)(
    'starts the daemon of a container by itself, where init is %s',
    init => {
      const steps = stepsOf({ init, mode: 'container', isLive: true });
      expect(steps.map(({ id }) => id)).toEqual(['log:/var/log/tenon-daemon.log', 'service-start']);
      expect(steps[1]?.spec).toMatchObject({
        detached: { argv: ['/usr/local/bin/tenon', 'daemon'] },
      });
    },
  );

  test("stops a stock daemon's service before the own one is enabled", () => {
    const order = ['other-service:nix-daemon', 'service-enable', 'service-start'];
    expect(ids({ init: 'openrc', isLive: true }).filter(id => order.includes(id))).toEqual(order);
  });
});

test('what replaces a stock Nix makes nix.conf anew', () => {
  const nixConf = {
    buildUsersGroup: '',
    substituters: [],
    trustedPublicKeys: [],
    allowedUsers: [],
  };
  const nixConfSteps = (existing: 'adopt' | 'replace') =>
    planSteps(planInput({ existing, nixConf })).filter(({ id }) => id.endsWith('/nix.conf'));
  expect(nixConfSteps('adopt').map(({ kind }) => kind)).toEqual(['managed-block']);
  expect(nixConfSteps('replace').map(({ kind }) => kind)).toEqual(['write-file']);
});
