import type { Kind, SettingFacts } from './setting-kinds.ts';
import * as kinds from './setting-kinds.ts';

/** One setting: its name in nix.conf and what it is without one. */
export interface Setting<T> {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly kind: Kind<T>;
  readonly initial: (facts: SettingFacts) => T;
}

/**
 * Every setting that the daemon acts on, with the name and the default that it has in stock Nix. One differs: `cores`
 * is 0, all, as in newer versions.
 */
export const settingTable = {
  allowedUsers: setting('allowed-users', kinds.words, () => ['*']),
  trustedUsers: setting('trusted-users', kinds.words, () => ['root']),
  buildUsersGroup: setting('build-users-group', kinds.line, ({ isRoot }) =>
    isRoot ? 'nixbld' : '',
  ),

  /** Builders run under ids that no account has, instead of as members of the group. */
  autoAllocateUids: setting('auto-allocate-uids', kinds.flag, () => false),
  startId: setting('start-id', kinds.count, () => 0x34000000),
  idCount: setting('id-count', kinds.count, () => 128 * 65536),

  maxJobs: setting('max-jobs', kinds.jobs, () => 1, ['build-max-jobs']),
  /** 0 for all. */
  cores: setting('cores', kinds.count, () => 0, ['build-cores']),
  keepGoing: setting('keep-going', kinds.flag, () => false),
  keepFailed: setting('keep-failed', kinds.flag, () => false),
  fallback: setting('fallback', kinds.flag, () => false, ['build-fallback']),
  /** 0 for no limit, as in the next two. */
  timeoutSeconds: setting('timeout', kinds.timeout, () => 0, ['build-timeout']),
  maxSilentSeconds: setting('max-silent-time', kinds.timeout, () => 0, ['build-max-silent-time']),
  maxBuildLogBytes: setting('max-build-log-size', kinds.sizeBytes, () => 0, ['build-max-log-size']),
  logLines: setting('log-lines', kinds.count, () => 10),
  keepBuildLog: setting('keep-build-log', kinds.flag, () => true, ['build-keep-log']),
  compressBuildLog: setting('compress-build-log', kinds.flag, () => true, ['build-compress-log']),
  buildDir: setting('build-dir', kinds.file, () => undefined),

  sandbox: setting<kinds.SandboxMode>('sandbox', kinds.sandboxMode, () => 'on', [
    'build-use-chroot',
    'build-use-sandbox',
  ]),
  /** `inside`, `inside=outside`, each with a `?` behind it if it may be missing. */
  sandboxPaths: setting('sandbox-paths', kinds.wordSet, () => [], [
    'build-chroot-dirs',
    'build-sandbox-paths',
  ]),
  sandboxBuildDir: setting('sandbox-build-dir', kinds.directory, () => '/build'),
  sandboxShmSize: setting('sandbox-dev-shm-size', kinds.shmSize, () => '50%'),
  allowedImpureHostPaths: setting('allowed-impure-host-deps', kinds.wordSet, () => []),
  filterSyscalls: setting('filter-syscalls', kinds.flag, () => true),
  allowNewPrivileges: setting('allow-new-privileges', kinds.flag, () => false),
  impersonateLinux26: setting('impersonate-linux-26', kinds.flag, () => false, [
    'build-impersonate-linux-26',
  ]),
  system: setting('system', kinds.line, ({ system }) => system),
  extraPlatforms: setting('extra-platforms', kinds.wordSet, ({ system }) =>
    system === 'x86_64-linux' ? ['i686-linux'] : [],
  ),
  systemFeatures: setting('system-features', kinds.wordSet, ({ hasKvm }) => [
    'benchmark',
    'big-parallel',
    ...(hasKvm ? ['kvm'] : []),
    'nixos-test',
  ]),
  experimentalFeatures: setting('experimental-features', kinds.wordSet, () => []),

  substitute: setting('substitute', kinds.flag, () => true, [
    'build-use-substitutes',
    'use-substitutes',
  ]),
  substituters: setting('substituters', kinds.words, () => ['https://cache.nixos.org/'], [
    'binary-caches',
  ]),
  trustedSubstituters: setting('trusted-substituters', kinds.wordSet, () => [], [
    'trusted-binary-caches',
  ]),
  trustedPublicKeys: setting(
    'trusted-public-keys',
    kinds.words,
    () => ['cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY='],
    ['binary-cache-public-keys'],
  ),
  secretKeyFiles: setting('secret-key-files', kinds.words, () => []),
  requireSignatures: setting('require-sigs', kinds.flag, () => true),
  hashedMirrors: setting('hashed-mirrors', kinds.words, () => []),
  netrcFile: setting('netrc-file', kinds.file, ({ confDir }) => `${confDir}/netrc`),
  sslCertFile: setting('ssl-cert-file', kinds.file, () => undefined),
  connectTimeoutSeconds: setting('connect-timeout', kinds.timeout, () => 0),
  downloadAttempts: setting('download-attempts', kinds.count, () => 5),
  narinfoCachePositiveSeconds: setting('narinfo-cache-positive-ttl', kinds.count, () => 2_592_000),
  narinfoCacheNegativeSeconds: setting('narinfo-cache-negative-ttl', kinds.count, () => 3600),

  allowSymlinkedStore: setting('allow-symlinked-store', kinds.flag, () => false),
  autoOptimiseStore: setting('auto-optimise-store', kinds.flag, () => false),
  fsyncMetadata: setting('fsync-metadata', kinds.flag, () => true),
  useSqliteWal: setting('use-sqlite-wal', kinds.flag, () => true),
  ignoredAcls: setting('ignored-acls', kinds.wordSet, () => [
    'security.selinux',
    'system.nfs4_acl',
  ]),
  keepDerivations: setting('keep-derivations', kinds.flag, () => true, ['gc-keep-derivations']),
  keepOutputs: setting('keep-outputs', kinds.flag, () => false, ['gc-keep-outputs']),
  minFreeBytes: setting('min-free', kinds.sizeBytes, () => 0),
  /** Infinity for as much as there is. */
  maxFreeBytes: setting('max-free', kinds.sizeBytes, () => Number.POSITIVE_INFINITY),
  minFreeCheckSeconds: setting('min-free-check-interval', kinds.timeout, () => 5),
  gcReservedBytes: setting('gc-reserved-space', kinds.sizeBytes, () => 8 * 1024 * 1024),
};

function setting<T>(
  name: string,
  kind: Kind<T>,
  initial: (facts: SettingFacts) => NoInfer<T>,
  aliases: readonly string[] = [],
): Setting<T> {
  return { name, kind, initial, aliases };
}
