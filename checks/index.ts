import type { Check } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { accessGroup } from './access-group.ts';
import { configCacheKeys } from './config-cache-keys.ts';
import { configNoEffect } from './config-no-effect.ts';
import { configTrusted } from './config-trusted.ts';
import { configValid } from './config-valid.ts';
import { daemonAlive } from './daemon-alive.ts';
import { daemonFallback } from './daemon-fallback.ts';
import { daemonNofile } from './daemon-nofile.ts';
import { daemonSocketDir } from './daemon-socket-dir.ts';
import { daemonVersionSkew } from './daemon-version-skew.ts';
import { desktopBuildersVisible } from './desktop-builders-visible.ts';
import { envGl } from './env-gl.ts';
import { envLocale } from './env-locale.ts';
import { envPoisonBuild } from './env-poison-build.ts';
import { envPoisonData } from './env-poison-data.ts';
import { envPoisonInterpreters } from './env-poison-interpreters.ts';
import { envPoisonLoader } from './env-poison-loader.ts';
import { envPoisonOther } from './env-poison-other.ts';
import { envPoisonPlugins } from './env-poison-plugins.ts';
import { envPoisonPrograms } from './env-poison-programs.ts';
import { envPoisonResources } from './env-poison-resources.ts';
import { envXdgDefault } from './env-xdg-default.ts';
import { fsBuildDir } from './fs-build-dir.ts';
import { fsFreeSpace } from './fs-free-space.ts';
import { fsInodes } from './fs-inodes.ts';
import { fsRootWritable } from './fs-root-writable.ts';
import { fsStoreExec } from './fs-store-exec.ts';
import { fsStoreSymlink } from './fs-store-symlink.ts';
import { fsStoreType } from './fs-store-type.ts';
import { fsStoreWork } from './fs-store-work.ts';
import { fsTmpExec } from './fs-tmp-exec.ts';
import { gentooAccounts } from './gentoo-accounts.ts';
import { gentooConfigUpdates } from './gentoo-config-updates.ts';
import { gentooEnvUnset } from './gentoo-env-unset.ts';
import { gentooHook } from './gentoo-hook.ts';
import { gentooKernelNext } from './gentoo-kernel-next.ts';
import { gentooKernelRunning } from './gentoo-kernel-running.ts';
import { gentooKeywords } from './gentoo-keywords.ts';
import { gentooOverlaySource } from './gentoo-overlay-source.ts';
import { gentooServiceStopped } from './gentoo-service-stopped.ts';
import { hostCgroups } from './host-cgroups.ts';
import { hostClock } from './host-clock.ts';
import { hostEntropy } from './host-entropy.ts';
import { hostHidepid } from './host-hidepid.ts';
import { hostInit } from './host-init.ts';
import { hostInotify } from './host-inotify.ts';
import { hostKvm } from './host-kvm.ts';
import { hostMapCount } from './host-map-count.ts';
import { hostShm } from './host-shm.ts';
import { hostTools } from './host-tools.ts';
import { installComplete } from './install-complete.ts';
import { installJournal } from './install-journal.ts';
import { leftoversProfileBackup } from './leftovers-profile-backup.ts';
import { leftoversUnits } from './leftovers-units.ts';
import { macSelinux } from './mac-selinux.ts';
import { netCaBundle } from './net-ca-bundle.ts';
import { netDnsInSandbox } from './net-dns-in-sandbox.ts';
import { netProxy } from './net-proxy.ts';
import { sandboxApparmorUserns } from './sandbox-apparmor-userns.ts';
import { sandboxChrooted } from './sandbox-chrooted.ts';
import { sandboxEffective } from './sandbox-effective.ts';
import { sandboxFakeHome } from './sandbox-fake-home.ts';
import { sandboxProcMasked } from './sandbox-proc-masked.ts';
import { sandboxSeccomp } from './sandbox-seccomp.ts';
import { sandboxUnit } from './sandbox-unit.ts';
import { sandboxUserns } from './sandbox-userns.ts';
import { serviceEnabled } from './service-enabled.ts';
import { serviceExecPath } from './service-exec-path.ts';
import { serviceStateMismatch } from './service-state-mismatch.ts';
import { shellDuplicateHooks } from './shell-duplicate-hooks.ts';
import { shellNoninteractive } from './shell-noninteractive.ts';
import { shellPathOrder } from './shell-path-order.ts';
import { shellSudoPath } from './shell-sudo-path.ts';
import { storeOwnership } from './store-ownership.ts';
import { storeSchema } from './store-schema.ts';
import { upgradeDirection } from './upgrade-direction.ts';
import { usersCount } from './users-count.ts';
import { usersIdConflict } from './users-id-conflict.ts';
import { usersLocked } from './users-locked.ts';
import { usersMembership } from './users-membership.ts';
import { usersMissing } from './users-missing.ts';
import { usersRangeFree } from './users-range-free.ts';

/** Every check, in the order of the report. */
export const checks: readonly Check<CheckContext>[] = [
  hostInit,
  hostTools,
  hostKvm,
  hostCgroups,
  hostClock,
  hostEntropy,
  hostHidepid,
  hostInotify,
  hostMapCount,
  hostShm,
  sandboxUserns,
  sandboxChrooted,
  sandboxApparmorUserns,
  sandboxSeccomp,
  sandboxProcMasked,
  sandboxUnit,
  sandboxEffective,
  sandboxFakeHome,
  usersMissing,
  usersMembership,
  usersCount,
  usersIdConflict,
  usersRangeFree,
  usersLocked,
  accessGroup,
  serviceEnabled,
  serviceStateMismatch,
  serviceExecPath,
  daemonAlive,
  daemonVersionSkew,
  daemonSocketDir,
  daemonNofile,
  daemonFallback,
  storeSchema,
  storeOwnership,
  fsRootWritable,
  fsStoreSymlink,
  fsStoreExec,
  fsStoreType,
  fsStoreWork,
  fsFreeSpace,
  fsInodes,
  fsBuildDir,
  fsTmpExec,
  netCaBundle,
  netProxy,
  netDnsInSandbox,
  macSelinux,
  envXdgDefault,
  envLocale,
  envGl,
  envPoisonLoader,
  envPoisonPlugins,
  envPoisonBuild,
  envPoisonInterpreters,
  envPoisonResources,
  envPoisonData,
  envPoisonPrograms,
  envPoisonOther,
  shellNoninteractive,
  shellSudoPath,
  shellPathOrder,
  shellDuplicateHooks,
  desktopBuildersVisible,
  gentooOverlaySource,
  gentooKeywords,
  gentooKernelRunning,
  gentooKernelNext,
  gentooEnvUnset,
  gentooHook,
  gentooAccounts,
  gentooConfigUpdates,
  gentooServiceStopped,
  configValid,
  configNoEffect,
  configCacheKeys,
  configTrusted,
  leftoversProfileBackup,
  leftoversUnits,
  installJournal,
  installComplete,
  upgradeDirection,
];
