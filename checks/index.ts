import type { Check } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { daemonAlive } from './daemon-alive.ts';
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
];
