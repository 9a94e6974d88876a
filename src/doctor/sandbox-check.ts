import { type Check, defineCheck } from './check.ts';
import type { CheckContext, ProbeStep } from './context.ts';
import { type Cause, findCause, type SandboxCheck } from './sandbox-causes.ts';

const PRISTINE_STEP = 'I';
/** Those of sandbox.proc-masked, and H, which is only for root without a sandbox. */
const OTHER_STEPS = ['E', 'H', PRISTINE_STEP];
/** Where /proc is read-only, the daemon maps ids through another one. */
const IDS_STEP = 'B';

interface Diagnosis {
  readonly attempt: ProbeStep;
  readonly cause: Cause;
}

/** The first attempt that failed, and why. */
export async function diagnoseSandbox(context: CheckContext): Promise<Diagnosis | undefined> {
  const attempts = await context.probeSandbox();
  const mapsElsewhere = attempts.some(isPristine);
  const attempt = attempts.find(
    ({ step, result }) =>
      result !== 'ok' && !OTHER_STEPS.includes(step) && !(mapsElsewhere && step === IDS_STEP),
  );
  if (attempt === undefined) return undefined;
  return { attempt, cause: findCause(attempt, await context.readKernelFacts()) };
}

function isPristine({ step, result }: ProbeStep): boolean {
  return step === PRISTINE_STEP && result === 'ok';
}

interface About {
  readonly id: SandboxCheck;
  readonly title: string;
  readonly why: string;
}

/** A check for one family of causes: it finds something when the sandbox is refused for that reason. */
export function defineSandboxCheck(about: About): Check<CheckContext> {
  return defineCheck<CheckContext, Diagnosis>({
    ...about,
    group: 'sandbox',
    severity: 'error',

    async probe(context) {
      const diagnosis = await diagnoseSandbox(context);
      return diagnosis?.cause.check === about.id ? diagnosis : undefined;
    },

    explain: ({ attempt: { name, result }, cause: { cause, evidence } }) => ({
      summary: 'the kernel refuses what a sandbox needs',
      evidence: [{ source: `enter --probe, ${name}`, value: result }, ...evidence],
      cause,
    }),

    fixes: ({ cause: { fixes } }) => fixes,
  });
}
