import { describe, expect, test } from '@jest/globals';
import { resolveSetupSettings } from '../../src/config/setup-settings.ts';
import { parseTenonConf } from '../../src/config/tenon-conf.ts';
import {
  describeSettings,
  findUnfollowed,
  formatAnswers,
  usersOf,
} from '../../src/setup/settings.ts';
import { NOBODY } from '../support/setup-plan.ts';

const detected = { init: 'systemd' } as const;

function resolve(env: Readonly<Record<string, string>>) {
  return resolveSetupSettings({ flags: {}, env, file: undefined, detected });
}

const TAKEN = { ...NOBODY, groups: [{ name: 'web', gid: 30_000, members: [] }] };

describe('settings of setup', () => {
  test('say which build users are wanted', () => {
    expect(usersOf(resolve({ TENON_USERS_COUNT: '8' }))).toEqual({
      group: 'nixbld',
      prefix: 'nixbld',
      base: 30_000,
      count: 8,
    });
  });

  test('are refused where they would not be followed, with the place and the way out', () => {
    expect(findUnfollowed(resolve({ TENON_USERS_BASE: '500' }), 'systemd')).toEqual([]);
    expect(findUnfollowed(resolve({ TENON_STORE_DIR: '/x' }), 'systemd')).toEqual([
      'store.dir is "/x", and only "/nix/store" is possible here: unset TENON_STORE_DIR; "tenon start DIR" serves a store elsewhere, --mode user makes one at home',
    ]);
    expect(findUnfollowed(resolve({ TENON_INIT: 'runit' }), 'systemd')).toEqual([
      'init is "runit", and only "systemd" is possible here: unset TENON_INIT',
    ]);
  });

  test('are described with the block of ids that was chosen', () => {
    const settings = resolve({});
    const input = { init: 'systemd', accounts: TAKEN, users: usersOf(settings) } as const;
    expect(describeSettings(settings, input)).toContainEqual({
      name: 'users.base',
      value: 31_000,
      source: 'detected',
      default: 30_000,
    });
  });

  test('change in a tenon.conf only what was said, and leave the rest as it is written', () => {
    const before = '; mine\nshells = zsh,  fish\n\n[users]\ncount = 4\n';
    const file = { path: 'tenon.conf', conf: parseTenonConf(before, 'tenon.conf') };
    const same = resolveSetupSettings({ flags: {}, env: {}, file, detected });
    expect(formatAnswers(same, NOBODY, before)).toBeUndefined();
    const flags = { 'users.count': '8', caches: 'none' };
    const changed = resolveSetupSettings({ flags, env: {}, file, detected });
    expect(formatAnswers(changed, NOBODY, before)).toBe(
      '; mine\nshells = zsh,  fish\ncaches = none\n\n[users]\ncount = 8\n',
    );
  });

  test('come back from the tenon.conf that keeps them', () => {
    const settings = resolve({});
    const users = usersOf(settings);
    const conf = parseTenonConf(formatAnswers(settings, TAKEN, undefined) ?? '', 'tenon.conf');
    const file = { path: 'tenon.conf', conf };
    const again = resolveSetupSettings({ flags: {}, env: {}, file, detected });
    expect(usersOf(again)).toEqual({ ...users, base: 31_000 });
  });
});
