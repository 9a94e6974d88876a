import type { Check } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { configCacheKeys } from './config-cache-keys.ts';
import { configNoEffect } from './config-no-effect.ts';
import { configTrusted } from './config-trusted.ts';
import { configValid } from './config-valid.ts';
import { daemonAlive } from './daemon-alive.ts';
import { fsBuildDir } from './fs-build-dir.ts';
import { fsFreeSpace } from './fs-free-space.ts';
import { fsInodes } from './fs-inodes.ts';
import { fsRootWritable } from './fs-root-writable.ts';
import { fsStoreExec } from './fs-store-exec.ts';
import { fsStoreSymlink } from './fs-store-symlink.ts';
import { fsStoreType } from './fs-store-type.ts';
import { fsStoreWork } from './fs-store-work.ts';
import { fsTmpExec } from './fs-tmp-exec.ts';
import { hostCgroups } from './host-cgroups.ts';
import { hostClock } from './host-clock.ts';
import { hostEntropy } from './host-entropy.ts';
import { hostHidepid } from './host-hidepid.ts';
import { hostInotify } from './host-inotify.ts';
import { hostMapCount } from './host-map-count.ts';
import { hostShm } from './host-shm.ts';
import { sandboxApparmorUserns } from './sandbox-apparmor-userns.ts';
import { sandboxChrooted } from './sandbox-chrooted.ts';
import { sandboxEffective } from './sandbox-effective.ts';
import { sandboxFakeHome } from './sandbox-fake-home.ts';
import { sandboxProcMasked } from './sandbox-proc-masked.ts';
import { sandboxSeccomp } from './sandbox-seccomp.ts';
import { sandboxUnit } from './sandbox-unit.ts';
import { sandboxUserns } from './sandbox-userns.ts';
import { usersMembership } from './users-membership.ts';
import { usersMissing } from './users-missing.ts';

/** Every check, in the order of the report. */
export const checks: readonly Check<CheckContext>[] = [
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
  daemonAlive,
  fsRootWritable,
  fsStoreSymlink,
  fsStoreExec,
  fsStoreType,
  fsStoreWork,
  fsFreeSpace,
  fsInodes,
  fsBuildDir,
  fsTmpExec,
  configValid,
  configNoEffect,
  configCacheKeys,
  configTrusted,
];
