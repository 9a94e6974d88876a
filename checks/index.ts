import type { Check } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { daemonAlive } from './daemon-alive.ts';
import { envPoisonBuild } from './env-poison-build.ts';
import { envPoisonData } from './env-poison-data.ts';
import { envPoisonInterpreters } from './env-poison-interpreters.ts';
import { envPoisonLoader } from './env-poison-loader.ts';
import { envPoisonOther } from './env-poison-other.ts';
import { envPoisonPlugins } from './env-poison-plugins.ts';
import { envPoisonPrograms } from './env-poison-programs.ts';
import { envPoisonResources } from './env-poison-resources.ts';
import { gentooAccounts } from './gentoo-accounts.ts';
import { gentooConfigUpdates } from './gentoo-config-updates.ts';
import { gentooEnvUnset } from './gentoo-env-unset.ts';
import { gentooHook } from './gentoo-hook.ts';
import { gentooKernelNext } from './gentoo-kernel-next.ts';
import { gentooKernelRunning } from './gentoo-kernel-running.ts';
import { gentooKeywords } from './gentoo-keywords.ts';
import { gentooOverlaySource } from './gentoo-overlay-source.ts';
import { gentooServiceStopped } from './gentoo-service-stopped.ts';
import { sandboxEffective } from './sandbox-effective.ts';
import { sandboxProcMasked } from './sandbox-proc-masked.ts';
import { sandboxUserns } from './sandbox-userns.ts';
import { usersMembership } from './users-membership.ts';
import { usersMissing } from './users-missing.ts';

/** Every check, in the order of the report. */
export const checks: readonly Check<CheckContext>[] = [
  sandboxUserns,
  sandboxProcMasked,
  sandboxEffective,
  usersMissing,
  usersMembership,
  daemonAlive,
  envPoisonLoader,
  envPoisonPlugins,
  envPoisonBuild,
  envPoisonInterpreters,
  envPoisonResources,
  envPoisonData,
  envPoisonPrograms,
  envPoisonOther,
  gentooOverlaySource,
  gentooKeywords,
  gentooKernelRunning,
  gentooKernelNext,
  gentooEnvUnset,
  gentooHook,
  gentooAccounts,
  gentooConfigUpdates,
  gentooServiceStopped,
];
