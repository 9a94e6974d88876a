import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext, ProbeStep } from '../src/doctor/context.ts';
import type { Cause } from '../src/doctor/sandbox-causes.ts';
import { findCause } from '../src/doctor/sandbox-causes.ts';

const PRISTINE_STEP = 'I';
/** Those of sandbox.proc-masked, and H, which is only for root without a sandbox. */
const OTHER_STEPS = ['E', 'H', PRISTINE_STEP];
/** Where /proc is read-only, the daemon maps ids through another one. */
const IDS_STEP = 'B';

interface Found {
  readonly attempt: ProbeStep;
  readonly cause: Cause;
}

/** The first attempt that failed. */
export const sandboxUserns = defineCheck<CheckContext, Found>({
  id: 'sandbox.userns',
  group: 'sandbox',
  title: 'the kernel makes the namespaces of a sandbox',
  why: 'Each build runs in user, mount, pid, network, ipc and uts namespaces of its own. Where the kernel refuses one of them, tenon refuses to build: a build that sees the host may use it.',
  severity: 'error',

  async probe(context) {
    const attempts = await context.probeSandbox();
    const mapsElsewhere = attempts.some(isPristine);
    const attempt = attempts.find(
      ({ step, result }) =>
        result !== 'ok' && !OTHER_STEPS.includes(step) && !(mapsElsewhere && step === IDS_STEP),
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

function isPristine({ step, result }: ProbeStep): boolean {
  return step === PRISTINE_STEP && result === 'ok';
}
