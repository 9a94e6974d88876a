import { describe, expect, test } from '@jest/globals';
import type { BuildSettings } from '../../src/build/build-settings.ts';
import { derivationOptions } from '../../src/build/derivation-options.ts';
import { checkPlatform, wantsSandbox } from '../../src/build/platform.ts';
import type { Derivation } from '../../src/formats/derivation.ts';
import { derivationWith, fakePath, fixedOutput } from './derivations.ts';

const drvPath = fakePath('d', 'some.drv');
const settings: BuildSettings = {
  maxJobs: 1,
  cores: 0,
  keepGoing: false,
  keepFailed: false,
  timeoutSeconds: 0,
  maxSilentSeconds: 0,
  maxBuildLogBytes: 0,
  logLines: 10,
  keepBuildLog: true,
  compressBuildLog: true,
  sandbox: 'on',
  sandboxPaths: [],
  sandboxShmSize: '50%',
  sslCertFile: undefined,
  system: 'x86_64-linux',
  extraPlatforms: ['i686-linux'],
  systemFeatures: ['big-parallel'],
  filterSyscalls: true,
  allowNewPrivileges: false,
  buildDir: undefined,
};

const withSettings = (drv: Derivation, changes: Partial<BuildSettings> = {}) => ({
  settings: { ...settings, ...changes },
  options: derivationOptions(drv),
});

describe('checkPlatform', () => {
  const check = (drv: Derivation, changes: Partial<BuildSettings> = {}) =>
    checkPlatform(drvPath, drv, withSettings(drv, changes));

  test.each([
    { what: 'its own', drv: derivationWith({}) },
    { what: 'an extra one', drv: derivationWith({}, { platform: 'i686-linux' }) },
    { what: 'that of builtins', drv: derivationWith({}, { platform: 'builtin' }) },
    {
      what: 'any, for a builtin builder',
      drv: derivationWith({}, { platform: 'riscv64-linux', builder: 'builtin:fetchurl' }),
    },
    {
      what: 'a feature that it has',
      drv: derivationWith({ requiredSystemFeatures: 'big-parallel' }),
    },
  ])('accepts $what', ({ drv }) => {
    expect(() => check(drv)).not.toThrow();
  });

  test('refuses a range of ids, also where system-features promises it', () => {
    const drv = derivationWith({ requiredSystemFeatures: 'uid-range' });
    for (const systemFeatures of [[], ['uid-range']])
      expect(() => check(drv, { systemFeatures })).toThrow(
        expect.objectContaining({ code: 'build/no-uid-range' }),
      );
  });

  test.each([
    { flaw: 'another platform', drv: derivationWith({}, { platform: 'aarch64-linux' }) },
    { flaw: 'a feature that is missing', drv: derivationWith({ requiredSystemFeatures: 'kvm' }) },
    {
      flaw: 'a builtin that needs a missing feature',
      drv: derivationWith(
        { requiredSystemFeatures: 'kvm' },
        { platform: 'builtin', builder: 'builtin:fetchurl' },
      ),
    },
  ])('refuses $flaw', ({ drv }) => {
    expect(() => check(drv)).toThrow(expect.objectContaining({ code: 'build/wrong-platform' }));
  });

  test('refuses every build when there are no jobs', () => {
    expect(() => check(derivationWith({}), { maxJobs: 0 })).toThrow(
      expect.objectContaining({ code: 'build/no-local-builds' }),
    );
  });
});

describe('wantsSandbox', () => {
  const plain = derivationWith({});
  const fixed = derivationWith({}, { outputs: fixedOutput });
  const open = derivationWith({ __noChroot: '1' });
  const sealed = (drv: Derivation, sandbox: BuildSettings['sandbox']) =>
    wantsSandbox(drvPath, drv, withSettings(drv, { sandbox }));

  test.each([
    { sandbox: 'on', drv: plain, what: 'any build', sealed: true },
    { sandbox: 'on', drv: fixed, what: 'a fixed output', sealed: true },
    { sandbox: 'relaxed', drv: plain, what: 'any build', sealed: true },
    { sandbox: 'relaxed', drv: fixed, what: 'a fixed output', sealed: false },
    { sandbox: 'relaxed', drv: open, what: 'one with __noChroot', sealed: false },
    { sandbox: 'off', drv: plain, what: 'any build', sealed: false },
    { sandbox: 'off', drv: open, what: 'one with __noChroot', sealed: false },
  ] as const)('is $sealed for $what when the sandbox is $sandbox', row => {
    expect(sealed(row.drv, row.sandbox)).toBe(row.sealed);
  });

  test('refuses __noChroot when the sandbox is on', () => {
    expect(() => sealed(open, 'on')).toThrow(
      expect.objectContaining({ code: 'build/no-chroot-forbidden' }),
    );
  });
});
