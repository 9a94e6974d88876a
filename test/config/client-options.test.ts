import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyClientOptions, type ClientOptions } from '../../src/config/client-options.ts';
import { defaultSettings, type Settings } from '../../src/config/settings.ts';

const FACTS = {
  system: 'x86_64-linux',
  cpuCount: 6,
  isRoot: true,
  hasKvm: false,
  confDir: '/etc/nix',
};

const SETTINGS: Settings = {
  ...defaultSettings(FACTS),
  substituters: ['https://a.test/', 'https://b.test'],
  trustedSubstituters: ['https://c.test/x'],
};

const FIXED = {
  keepFailed: false,
  keepGoing: false,
  tryFallback: false,
  maxBuildJobs: 1,
  maxSilentSeconds: 0,
  buildCores: 0,
  useSubstitutes: true,
};

function apply(
  overrides: readonly (readonly [string, string])[],
  isTrusted = false,
  fixed: Partial<ClientOptions> = {},
) {
  const options = { ...FIXED, ...fixed, overrides: new Map(overrides) };
  return applyClientOptions(SETTINGS, options, { isTrusted, facts: FACTS });
}

describe('applyClientOptions', () => {
  test('takes the fixed words from anybody', () => {
    const fixed = {
      keepFailed: true,
      keepGoing: true,
      tryFallback: true,
      maxBuildJobs: 7,
      maxSilentSeconds: 9,
      buildCores: 3,
      useSubstitutes: false,
    };
    expect(apply([], false, fixed).settings).toEqual({
      ...SETTINGS,
      keepFailed: true,
      keepGoing: true,
      fallback: true,
      maxJobs: 7,
      maxSilentSeconds: 9,
      cores: 3,
      substitute: false,
    });
  });

  test('shortens a silence that no timer can measure', () => {
    const { settings } = apply([], false, { maxSilentSeconds: Number.MAX_SAFE_INTEGER });
    expect(settings.maxSilentSeconds).toBe(2_147_483);
  });

  test.each([
    { name: 'timeout', value: '5', field: { timeoutSeconds: 5 } },
    { name: 'build-timeout', value: '5', field: { timeoutSeconds: 5 } },
    { name: 'max-silent-time', value: '6', field: { maxSilentSeconds: 6 } },
    { name: 'connect-timeout', value: '7', field: { connectTimeoutSeconds: 7 } },
    { name: 'repeat', value: '0', field: {} },
    { name: 'build-poll-interval', value: '1', field: {} },
    { name: 'builders', value: '', field: {} },
  ])('lets anybody set $name', ({ name, value, field }) => {
    expect(apply([[name, value]])).toEqual({ settings: { ...SETTINGS, ...field }, warnings: [] });
  });

  test.each([
    ['sandbox', 'false'],
    ['build-use-sandbox', 'false'],
    ['extra-sandbox-paths', '/root'],
    ['trusted-users', '*'],
    ['extra-trusted-users', '*'],
    ['require-sigs', 'false'],
    ['trusted-substituters', 'https://evil.test'],
    ['extra-substituters', 'https://evil.test'],
    ['trusted-public-keys', 'k'],
    ['builders', 'ssh://evil'],
    ['system-features', 'kvm'],
    ['filter-syscalls', 'false'],
    ['allow-new-privileges', 'true'],
    ['build-users-group', ''],
    ['__proto__', 'x'],
    ['TIMEOUT', '1'],
  ])('ignores %s from a client that is not trusted, with a warning', (name, value) => {
    const { settings, warnings } = apply([[name, value]]);
    expect(settings).toEqual(SETTINGS);
    expect(warnings).toEqual([expect.stringContaining('you are not a trusted user')]);
  });

  test.each(['substituters', 'binary-caches'])('keeps the known ones of %s', name => {
    const value = 'https://a.test https://b.test/ https://c.test/x https://u:secret@d.test';
    const { settings, warnings } = apply([[name, value]]);
    expect(settings.substituters).toEqual([
      'https://a.test/',
      'https://b.test',
      'https://c.test/x',
    ]);
    expect(warnings).toEqual(["ignoring untrusted substituter 'https://…@d.test'"]);
  });

  test('lets a trusted client set anything', () => {
    const overrides = [
      ['sandbox', 'false'],
      ['substituters', 'https://new.test'],
      ['max-jobs', 'auto'],
    ] as const;
    expect(apply(overrides, true)).toEqual({
      settings: { ...SETTINGS, sandbox: 'off', substituters: ['https://new.test'], maxJobs: 6 },
      warnings: [],
    });
  });

  test.each([
    { name: 'sandbox', value: 'perhaps', warning: '"perhaps" is not "true", "relaxed" or "false"' },
    { name: 'no-such', value: '1', warning: "unknown setting 'no-such'" },
    { name: 'sandbox-fallback', value: 'true', warning: 'never runs without one' },
    { name: 'cores', value: '9'.repeat(70_000), warning: 'longer than 65536 bytes' },
  ])('warns a trusted client that sets $name to nonsense', ({ name, value, warning }) => {
    const result = apply([[name, value]], true);
    expect(result.settings).toEqual(SETTINGS);
    expect(result.warnings).toEqual([expect.stringContaining(warning)]);
  });

  test.each([
    'experimental-features',
    'extra-experimental-features',
    'plugin-files',
    'ssh-auth-sock',
  ])('ignores %s from everybody', name => {
    expect(apply([[name, 'x']], true)).toEqual({ settings: SETTINGS, warnings: [] });
  });

  test('says little about much', () => {
    const many = Array.from({ length: 1500 }, (_, index) => [`\u001b${index}`, 'x'] as const);
    const { settings, warnings } = apply(many);
    expect(settings).toEqual(SETTINGS);
    expect(warnings).toHaveLength(21);
    expect(warnings.join('').includes('\u001b')).toBe(false);
  });

  test('changes nothing but what anybody may change, whatever is sent', () => {
    const anyName = fc.oneof(
      fc.string(),
      fc.constantFrom('sandbox', 'trusted-users', 'extra-system-features'),
    );
    const harmless = fc.property(fc.dictionary(anyName, fc.string()), overrides => {
      expect(apply(Object.entries(overrides)).settings).toEqual(SETTINGS);
    });
    fc.assert(harmless);
  });
});
