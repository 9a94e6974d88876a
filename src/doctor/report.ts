import type { CheckResult, Status } from './run.ts';

/** From which status on a finding makes the run end with status 1. */
export type Threshold = 'error' | 'warn';

/** What became of a fix. `planned`: nothing was done, only shown. */
export interface FixOutcome {
  readonly check: string;
  readonly fix: string;
  readonly description: string;
  readonly commands: readonly (readonly string[])[];
  readonly state: 'applied' | 'failed' | 'planned';
  readonly error: string | null;
}

/** The one document of `tenon doctor --json`. */
export interface Report {
  readonly schemaVersion: 1;
  readonly tool: string;
  readonly host: { readonly distro: string; readonly init: string };
  readonly checks: readonly CheckResult[];
  readonly applied: readonly FixOutcome[];
  readonly summary: Readonly<Record<Status, number>>;
  readonly exitCode: number;
}

interface Findings {
  readonly tool: string;
  readonly host: Report['host'];
  readonly checks: readonly CheckResult[];
  readonly applied: readonly FixOutcome[];
  readonly failOn: Threshold;
}

export function makeReport({ failOn, ...findings }: Findings): Report {
  const summary = countStatuses(findings.checks);
  const warnings = failOn === 'warn' ? summary.warn : 0;
  const exitCode = summary.error + summary.crash + warnings > 0 ? 1 : 0;
  return { schemaVersion: 1, ...findings, summary, exitCode };
}

function countStatuses(results: readonly CheckResult[]): Report['summary'] {
  const count = (wanted: Status) => results.filter(({ status }) => status === wanted).length;
  return {
    pass: count('pass'),
    hint: count('hint'),
    warn: count('warn'),
    error: count('error'),
    skip: count('skip'),
    crash: count('crash'),
  };
}
