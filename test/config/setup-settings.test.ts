import { describe, expect, test } from '@jest/globals';
import {
  flagOf,
  formatSetting,
  resolveSetupSettings,
  type SetupSources,
  setupNames,
  unknownNames,
  variableOf,
} from '../../src/config/setup-settings.ts';

const NOTHING: SetupSources = { flags: {}, env: {}, file: undefined, detected: {} };

const resolve = (sources: Partial<SetupSources>) =>
  resolveSetupSettings({ ...NOTHING, ...sources });
const fileWith = (name: string, value: string) => ({
  path: '/etc/tenon/tenon.conf',
  conf: new Map([[name, value]]),
});

describe('resolveSetupSettings', () => {
  test('gives the defaults of every setting', () => {
    const values = Object.entries(resolve({})).map(([name, { value, source }]) => [
      name,
      value,
      source,
    ]);
    expect(values).toEqual([
      ['mode', 'multi', 'default'],
      ['existing', 'adopt', 'default'],
      ['init', 'none', 'default'],
      ['store.dir', '/nix/store', 'default'],
      ['state.dir', '/nix/var/nix', 'default'],
      ['build.dir', '/nix/var/nix/builds', 'default'],
      ['socket.path', '/nix/var/nix/daemon-socket/socket', 'default'],
      ['config.file', '/etc/nix/nix.conf', 'default'],
      ['users.group', 'nixbld', 'default'],
      ['users.prefix', 'nixbld', 'default'],
      ['users.base', 30_000, 'default'],
      ['users.count', 32, 'default'],
      ['users.strategy', 'adopt', 'default'],
      ['access.group', '', 'default'],
      ['shells', ['sh'], 'default'],
      ['caches', [], 'default'],
    ]);
  });

  const detected = { 'users.base': '31000' };
  const file = fileWith('users.base', '32000');
  const env = { TENON_USERS_BASE: '33000' };
  const flags = { 'users.base': '34000' };

  test.each([
    { sources: { flags, env, file, detected }, value: 34_000, source: 'flag' },
    { sources: { env, file, detected }, value: 33_000, source: 'env' },
    { sources: { env: { TENON_USERS_BASE: '' }, file, detected }, value: 32_000, source: 'file' },
    { sources: { file, detected }, value: 32_000, source: 'file' },
    { sources: { detected }, value: 31_000, source: 'detected' },
  ])('prefers the $source', ({ sources, value, source }) => {
    expect(resolve(sources)['users.base']).toEqual({ value, source });
  });

  test.each([
    {
      sources: { flags: { mode: 'many' } },
      message: 'Cannot use --mode: "many" is not one of multi, user, container',
    },
    {
      sources: { env: { TENON_USERS_COUNT: '0' } },
      message: 'Cannot use TENON_USERS_COUNT: "0" is not a number from 1 to 1024',
    },
    { sources: { env: { TENON_USERS_BASE: '1e4' } }, message: '"1e4" is not a number' },
    { sources: { env: { TENON_USERS_BASE: '-1' } }, message: '"-1" is not a number' },
    {
      sources: { flags: { 'store.dir': 'nix' } },
      message: 'Cannot use --store-dir: "nix" is not an absolute path',
    },
    {
      sources: { flags: { 'users.group': 'a b' } },
      message: '"a b" is not the name of an account',
    },
    {
      sources: { flags: { shells: 'zsh,tcsh' } },
      message: 'Cannot use --shells: "zsh,tcsh" is not some of sh, bash, zsh, fish, or "none"',
    },
    { sources: { flags: { shells: '' } }, message: 'Cannot use --shells: ""' },
    {
      sources: { env: { TENON_CACHES: 'https://cache.example.org' } },
      message: '"https://cache.example.org" is not caches like https://HOST#NAME:KEY',
    },
    {
      sources: { file: fileWith('init', 'upstart') },
      message: 'Cannot use "init" in /etc/tenon/tenon.conf: "upstart" is not one of',
    },
  ])('rejects $message', ({ sources, message }) => {
    expect(() => resolve(sources)).toThrow(
      expect.objectContaining({
        code: 'config/bad-choice',
        message: expect.stringContaining(message),
      }),
    );
  });

  test.each([
    { text: 'none', value: [] },
    { text: 'zsh', value: ['zsh'] },
    { text: 'sh sh', value: ['sh'] },
  ])('a list of $text is written the same way', ({ text, value }) => {
    const shells = resolve({ flags: { shells: text } }).shells.value;
    expect(shells).toEqual(value);
    expect(resolve({ flags: { shells: formatSetting(shells) } }).shells.value).toEqual(value);
  });

  test('reads lists with blanks or commas', () => {
    expect(resolve({ flags: { shells: 'bash, fish zsh' } }).shells.value).toEqual([
      'bash',
      'fish',
      'zsh',
    ]);
  });
});

test('every setting has a flag and a variable of its own', () => {
  expect(setupNames.map(flagOf)).toContain('users-base');
  expect(setupNames.map(variableOf)).toContain('TENON_USERS_BASE');
  expect(new Set(setupNames.map(variableOf)).size).toBe(setupNames.length);
});

test('unknownNames finds what nobody reads', () => {
  const conf = new Map([
    ['user.base', '1'],
    ['mode', 'multi'],
    ['constructor', 'x'],
  ]);
  expect(unknownNames(conf)).toEqual(['user.base', 'constructor']);
});
