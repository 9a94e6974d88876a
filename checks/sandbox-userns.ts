import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext, ProbeStep } from '../src/doctor/context.ts';
import type { Cause } from '../src/doctor/sandbox-causes.ts';
import { findCause } from '../src/doctor/sandbox-causes.ts';

const PROC_STEP = 'E';
const ROOT_STEP = 'H';

interface Found {
  readonly attempt: ProbeStep;
  readonly cause: Cause;
}

/** The first attempt that failed; the new procfs has a check of its own, and H is only for root without a sandbox. */
export const sandboxUserns = defineCheck<CheckContext, Found>({
  id: 'sandbox.userns',
  group: 'sandbox',
  title: 'the kernel makes the namespaces of a sandbox',
  why: 'Each build runs in user, mount, pid, network, ipc and uts namespaces of its own. Where the kernel refuses one of them, tenon refuses to build: a build that sees the host may use it.',
  severity: 'error',

  async probe(context) {
    const attempts = await context.probeSandbox();
    const attempt = attempts.find(
      ({ step, result }) => result !== 'ok' && step !== PROC_STEP && step !== ROOT_STEP,
    );
    if (attempt === undefined) return undefined;
    return { attempt, cause: findCause(attempt, await context.readKernelFacts()) };
  },

  explain: ({ attempt: { name, result }, cause: { cause, evidence } }) => ({
    summary: 'the kernel refuses what a sandbox needs',
    evidence: [{ source: `enter --probe, ${name}`, value: result }, ...evidence],
    cause,
  }),

  fixes: ({ cause: { fixes } }) => fixes,
});
