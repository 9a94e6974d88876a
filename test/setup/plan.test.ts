import { describe, expect, test } from '@jest/globals';
import type { Step } from '../../src/setup/action.ts';
import { planSteps } from '../../src/setup/plan.ts';
import { nixConf, planInput } from '../support/setup-plan.ts';

function ids(steps: readonly Step[]): readonly string[] {
  return steps.map(({ id }) => id);
}

function stepOf(steps: readonly Step[], id: string): Step | undefined {
  return steps.find(step => step.id === id);
}

describe('planSteps', () => {
  test('is the same for the same host', () => {
    expect(JSON.stringify(planSteps(planInput()))).toBe(JSON.stringify(planSteps(planInput())));
  });

  test('gives every step an id of its own', () => {
    const all = ids(planSteps(planInput({ init: 'systemd', isLive: true })));
    expect(new Set(all).size).toBe(all.length);
  });

  test('makes the group before its users, and the store after both', () => {
    const all = ids(planSteps(planInput()));
    const order = ['account-backups', 'group:nixbld', 'user:nixbld1', 'directory:/nix/store'];
    expect(all.filter(id => order.includes(id))).toEqual(order);
  });

  test('gives the store to the group with the sticky bit', () => {
    expect(stepOf(planSteps(planInput()), 'directory:/nix/store')?.spec).toEqual({
      path: '/nix/store',
      holdsStore: true,
      access: { mode: 0o1775, uid: 0, gid: 30_000 },
    });
  });

  test.each([
    {
      init: 'systemd' as const,
      files: [
        'file:/etc/tmpfiles.d/tenon.conf',
        'file:/etc/systemd/system/tenon-daemon.service',
        'file:/etc/systemd/system/tenon-daemon.socket',
      ],
    },
    {
      init: 'openrc' as const,
      files: ['file:/etc/init.d/tenon-daemon', 'file:/etc/conf.d/tenon-daemon'],
    },
  ])('installs the files of $init, then enables and starts', ({ init, files }) => {
    const all = ids(planSteps(planInput({ init, isLive: true })));
    const wanted = [...files, 'service-enable', 'service-start'];
    expect(all.filter(id => wanted.includes(id))).toEqual(wanted);
  });

  test('lets no service file name the command of a package', () => {
    const texts = planSteps(planInput({ init: 'systemd', isLive: true }))
      .filter(({ group }) => group === 'Service')
      .map(({ spec }) => JSON.stringify(spec));
    expect(texts.join()).toContain('ExecStart=/usr/local/bin/tenon daemon');
    expect(texts.join()).not.toContain('/usr/bin/tenon');
  });

  test.each([
    { what: 'is made when it is missing', nixConf: undefined, wanted: ['file:/etc/nix/nix.conf'] },
    {
      what: 'stays when it names the group',
      nixConf: nixConf('nixbld'),
      wanted: [],
    },
    {
      what: 'gets a block when it names another group',
      nixConf: nixConf('others'),
      wanted: ['block:/etc/nix/nix.conf'],
    },
    {
      what: 'gets a block when it turns build users off',
      nixConf: nixConf(''),
      wanted: ['block:/etc/nix/nix.conf'],
    },
  ])('nix.conf $what', ({ nixConf, wanted }) => {
    const all = ids(planSteps(planInput({ nixConf })));
    expect(all.filter(id => id.endsWith(':/etc/nix/nix.conf'))).toEqual(wanted);
  });

  test('refuses when no ids are left', () => {
    const accounts = { users: [], groups: [], delegated: [{ first: 0, count: 70_000 }] };
    expect(() => planSteps(planInput({ accounts }))).toThrow(
      expect.objectContaining({ code: 'setup/no-free-ids' }),
    );
  });
});
