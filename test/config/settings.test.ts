import { describe, expect, test } from '@jest/globals';
import type { SettingFacts } from '../../src/config/setting-kinds.ts';
import { readSettings, type SettingSources, userConfFiles } from '../../src/config/settings.ts';

const FACTS: SettingFacts = {
  system: 'x86_64-linux',
  cpuCount: 6,
  isRoot: true,
  hasKvm: true,
  confDir: '/etc/nix',
};

const NOTHING: SettingSources = {
  files: ['/etc/nix/nix.conf'],
  nixConfig: undefined,
  options: [],
  readConf: () => undefined,
};

function read(nixConf: string, facts: Partial<SettingFacts> = {}) {
  return readSettings({ ...NOTHING, readConf: () => nixConf }, { ...FACTS, ...facts });
}

describe('readSettings', () => {
  test('gives defaults when nothing is written', () => {
    const { settings, warnings } = readSettings(NOTHING, FACTS);
    expect(warnings).toEqual([]);
    expect(settings).toMatchObject({
      allowedUsers: ['*'],
      trustedUsers: ['root'],
      buildUsersGroup: 'nixbld',
      cores: 0,
      maxJobs: 1,
      sandbox: 'on',
      filterSyscalls: true,
      maxFreeBytes: Number.POSITIVE_INFINITY,
      gcReservedBytes: 8_388_608,
      netrcFile: '/etc/nix/netrc',
    });
  });

  test.each([
    {
      name: 'no build users when not root',
      facts: { isRoot: false },
      field: { buildUsersGroup: '' },
    },
    {
      name: 'no kvm without the device',
      facts: { hasKvm: false },
      field: { systemFeatures: ['benchmark', 'big-parallel', 'nixos-test'] },
    },
    {
      name: 'no other platform',
      facts: { system: 'aarch64-linux' },
      field: { extraPlatforms: [] },
    },
  ])('has $name', ({ facts, field }) => {
    expect(read('', facts).settings).toMatchObject(field);
  });

  test.each([
    { text: 'max-jobs = auto', field: { maxJobs: 6 } },
    { text: 'max-jobs = 0', field: { maxJobs: 0 } },
    { text: 'build-max-jobs = 3', field: { maxJobs: 3 } },
    { text: 'keep-going = yes', field: { keepGoing: true } },
    { text: 'keep-derivations = 0', field: { keepDerivations: false } },
    { text: 'gc-keep-outputs = 1', field: { keepOutputs: true } },
    { text: 'min-free = 2K', field: { minFreeBytes: 2048 } },
    { text: 'min-free = 3m', field: { minFreeBytes: 3 << 20 } },
    { text: 'min-free = 1G', field: { minFreeBytes: 2 ** 30 } },
    { text: 'min-free = 1T', field: { minFreeBytes: 2 ** 40 } },
    { text: 'max-free = 18446744073709551615', field: { maxFreeBytes: Number.POSITIVE_INFINITY } },
    { text: 'timeout = 999999999', field: { timeoutSeconds: 2_147_483 } },
    { text: 'sandbox = relaxed', field: { sandbox: 'relaxed' } },
    { text: 'build-use-chroot = false', field: { sandbox: 'off' } },
    { text: 'sandbox-dev-shm-size = 64m', field: { sandboxShmSize: '64m' } },
    { text: 'trusted-users = root @wheel', field: { trustedUsers: ['root', '@wheel'] } },
    { text: 'build-users-group =', field: { buildUsersGroup: '' } },
    { text: 'netrc-file =', field: { netrcFile: undefined } },
    {
      text: 'substituters = a\nextra-substituters = b a',
      field: { substituters: ['a', 'b', 'a'] },
    },
    { text: 'extra-binary-caches = b\nsubstituters = a', field: { substituters: ['a'] } },
    {
      text: 'system-features = x\nextra-system-features = y x',
      field: { systemFeatures: ['x', 'y'] },
    },
  ])('reads "$text"', ({ text, field }) => {
    const { settings, warnings } = read(text);
    expect(warnings).toEqual([]);
    expect(settings).toMatchObject(field);
  });

  test.each([
    { text: 'max-jobs = many', flaw: 'is "many" and not a number or "auto"' },
    { text: 'max-jobs = -1', flaw: 'is "-1" and not' },
    { text: 'cores = 1.5', flaw: 'is "1.5" and not' },
    { text: 'cores = 99999999999999999999', flaw: 'and not a number' },
    { text: 'log-lines = 18446744073709551615', flaw: 'and not a number' },
    { text: 'min-free = 16777216T', flaw: 'and not a number' },
    { text: 'min-free = 1 K', flaw: 'is "1 K" and not' },
    { text: 'min-free =', flaw: 'is "" and not' },
    { text: 'keep-going = maybe', flaw: 'is "maybe" and not "true" or "false"' },
    { text: 'keep-going = True', flaw: 'is "True" and not' },
    { text: 'sandbox = yes', flaw: 'is "yes" and not "true", "relaxed" or "false"' },
    { text: 'sandbox-build-dir = build', flaw: 'is "build" and not an absolute path' },
    { text: 'sandbox-dev-shm-size = 50%,exec', flaw: 'is "50%,exec" and not a size' },
  ])('rejects "$text"', ({ text, flaw }) => {
    expect(() => read(`\n${text}`)).toThrow(
      expect.objectContaining({
        code: 'config/bad-value',
        message: expect.stringContaining(flaw),
        hint: expect.any(String),
      }),
    );
    expect(() => read(`\n${text}`)).toThrow('"/etc/nix/nix.conf" line 2');
  });

  test.each([
    { text: 'no-such-setting = 1', warning: "unknown setting 'no-such-setting'" },
    { text: 'extra-max-jobs = 1', warning: "unknown setting 'extra-max-jobs'" },
    { text: '__proto__ = 1', warning: "unknown setting '__proto__'" },
    { text: 'constructor = 1', warning: "unknown setting 'constructor'" },
    {
      text: 'sandbox-fallback = true',
      warning:
        "setting 'sandbox-fallback' has no effect: a build that cannot have its sandbox fails, it never runs without one",
    },
    {
      text: 'post-build-hook = /bin/x',
      warning: "setting 'post-build-hook' has no effect: no hooks run",
    },
  ])('warns about "$text" and changes nothing', ({ text, warning }) => {
    expect(read(`${text}\n${text}`)).toEqual({ ...read(''), warnings: [warning] });
  });

  test.each([
    'sandbox-fallback = false',
    'repeat = 0',
    'builders =',
    'warn-dirty = false',
    'nix-path = a',
  ])('takes "%s" without a word', text => {
    expect(read(text)).toEqual(read(''));
  });

  test('prefers the command line to NIX_CONFIG to user files to nix.conf', () => {
    const texts: Readonly<Record<string, string>> = {
      '/etc/nix/nix.conf': 'cores = 1\nlog-lines = 1\nmax-jobs = 1\ndownload-attempts = 1',
      '/u': 'cores = 2\nlog-lines = 2\nmax-jobs = 2',
    };
    const sources: SettingSources = {
      files: ['/etc/nix/nix.conf', '/u', '/missing'],
      nixConfig: 'cores = 3\nlog-lines = 3',
      options: [['cores', '4']],
      readConf: path => texts[path],
    };
    expect(readSettings(sources, FACTS).settings).toMatchObject({
      cores: 4,
      logLines: 3,
      maxJobs: 2,
      downloadAttempts: 1,
    });
  });

  test.each([
    { name: 'NIX_CONFIG', sources: { nixConfig: 'cores = x' }, place: '"NIX_CONFIG" line 1' },
    {
      name: 'the command line',
      sources: { options: [['cores', 'x'] as const] },
      place: '"command line"',
    },
  ])('names $name when a value in it is bad', ({ sources, place }) => {
    expect(() => readSettings({ ...NOTHING, ...sources }, FACTS)).toThrow(`Cannot read ${place}:`);
  });
});

describe('userConfFiles', () => {
  test.each([
    {
      name: 'the home',
      env: { HOME: '/h' },
      files: ['/etc/xdg/nix/nix.conf', '/h/.config/nix/nix.conf'],
    },
    {
      name: 'the XDG folders',
      env: { HOME: '/h', XDG_CONFIG_HOME: '/c', XDG_CONFIG_DIRS: '/a:/b' },
      files: ['/b/nix/nix.conf', '/a/nix/nix.conf', '/c/nix/nix.conf'],
    },
    {
      name: 'the variable',
      env: { HOME: '/h', NIX_USER_CONF_FILES: '/x:/y' },
      files: ['/y', '/x'],
    },
    {
      name: 'no relative file',
      env: { NIX_USER_CONF_FILES: 'x::/y' },
      files: ['/y'],
    },
  ])('looks at $name', ({ env, files }) => {
    expect(userConfFiles(env)).toEqual(files);
  });
});
