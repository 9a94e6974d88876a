import { describe, expect, test } from '@jest/globals';
import { formatEnvironment, userPlaces } from '../../src/setup/user-places.ts';
import { planUserSteps, type UserPlanInput } from '../../src/setup/user-plan.ts';
import { planInput } from '../support/setup-plan.ts';

const home = '/home/ann';

function input(changes: Partial<UserPlanInput> = {}): UserPlanInput {
  const { program, caches, initFiles, shells } = planInput();
  const places = userPlaces(home);
  const known = { program, caches, initFiles, shells, places, uid: 1000, gid: 1000 };
  const shellFiles = { sh: [places.startUp.shFile], zsh: [places.startUp.zshFile] };
  return { ...known, shellFiles, hasManager: false, hasNixConf: false, ...changes };
}

describe('planUserSteps', () => {
  test.each([true, false])('stays below the home, service manager or not: %s', hasManager => {
    const steps = planUserSteps(input({ hasManager }));
    const paths = JSON.stringify(steps.map(({ id }) => id)).match(/:\/[^"]*/g) ?? [];
    expect(paths.length).toBeGreaterThan(10);
    expect(paths.filter(path => !path.startsWith(`:${home}/`))).toEqual([]);
  });

  test('gives every step an id of its own', () => {
    const ids = planUserSteps(input({ hasManager: true })).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('makes folders that are the user’s, and no account', () => {
    const steps = planUserSteps(input());
    const folders = steps.filter(({ kind }) => kind === 'directory');
    expect(folders.length).toBeGreaterThan(5);
    for (const { spec } of folders) expect(spec).toMatchObject({ owner: { uid: 1000, gid: 1000 } });
    expect(steps.filter(({ group }) => group === 'Accounts')).toEqual([]);
  });

  test('lets systemd run the daemon where the user has one, and nobody elsewhere', () => {
    const specOf = (hasManager: boolean) =>
      planUserSteps(input({ hasManager })).find(({ id }) => id === 'service-start')?.spec;
    expect(specOf(true)).toMatchObject({ init: 'systemd', user: 1000 });
    expect(specOf(false)).toMatchObject({ init: 'none', detached: { env: { HOME: home } } });
  });

  test('leaves a nix.conf that is there', () => {
    const confOf = (hasNixConf: boolean) =>
      planUserSteps(input({ hasNixConf })).filter(({ id }) => id.endsWith('/nix.conf'));
    expect(confOf(false)).toHaveLength(1);
    expect(confOf(true)).toEqual([]);
  });
});

describe('userPlaces', () => {
  test('agree with the unit that systemd runs for the user', () => {
    const { initFiles } = planInput();
    const unit = initFiles.get('systemd-user/tenon-daemon.service') ?? '';
    const { environmentFile, commandFile } = userPlaces(home);
    const atHome = unit.replaceAll('%h', home);
    expect(atHome).toContain(`EnvironmentFile=${environmentFile}\n`);
    expect(atHome).toContain(`ExecStart=${commandFile} daemon\n`);
  });
});

test('formatEnvironment writes what a shell and systemd read alike', () => {
  expect(formatEnvironment({ A: '/x y', B: '1' })).toBe('A="/x y"\nB="1"\n');
});
