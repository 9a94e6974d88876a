import { abortable, mapLimit } from '../base/async.ts';
import { hasCode, messageOf } from '../base/errors.ts';
import type { Check, CheckGroup, Evidence, Fix, Verdict } from './check.ts';

export type Status = 'pass' | 'hint' | 'warn' | 'error' | 'skip' | 'crash';

/** What one check had to say; the same in text, in JSON and in setup's preflight. */
export interface CheckResult {
  readonly id: string;
  readonly group: CheckGroup;
  readonly status: Status;
  readonly title: string;
  readonly summary: string;
  readonly evidence: readonly Evidence[];
  readonly cause: string | null;
  readonly fixes: readonly Fix[];
  readonly docs: string;
  readonly durationMs: number;
}

interface RunOptions {
  readonly signal: AbortSignal;
  /** How long a check may take that does not say so itself. */
  readonly timeoutMs: number;
  /** A clock that only goes forward, in milliseconds. */
  readonly now: () => number;
  readonly isRoot: boolean;
  /** Told of each result as soon as there is one. */
  readonly onResult?: (result: CheckResult) => void;
  /** Told of a check that gave no answer in time: something of it may hang for ever. */
  readonly onHang?: (id: string) => void;
}

/** Most checks wait for something: more at a time than there are cores, but not so many that they wait for each other. */
const AT_ONCE = 16;

/** The results are in the order of the checks. A check that breaks or hangs stops no other. */
export async function runChecks<Context>(
  checks: readonly Check<Context>[],
  context: Context,
  options: RunOptions,
): Promise<readonly CheckResult[]> {
  return await mapLimit(checks, AT_ONCE, async check => {
    const result = await runCheck(check, context, options);
    options.onResult?.(result);
    return result;
  });
}

async function runCheck<Context>(
  check: Check<Context>,
  context: Context,
  options: RunOptions,
): Promise<CheckResult> {
  const { signal, now, isRoot } = options;
  const start = now();
  const timeoutMs = check.timeoutMs ?? options.timeoutMs;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const end = (result: Omit<CheckResult, 'durationMs'>): CheckResult => {
    return { ...result, durationMs: Math.round(now() - start) };
  };
  if (check.needsRoot && !isRoot) return end(describe(check, leaveToRoot(check)));
  try {
    return end(describe(check, await abortable(check.judge(context, limit), limit)));
  } catch (error) {
    signal.throwIfAborted();
    if (!isRoot && isForbidden(error)) return end(describe(check, leaveToRoot(check)));
    if (limit.aborted) options.onHang?.(check.id);
    const summary = limit.aborted ? `gave no answer in ${timeoutMs} ms` : messageOf(error);
    return end({ ...blank(check), status: 'crash', summary });
  }
}

function isForbidden(error: unknown): boolean {
  return hasCode(error, 'EACCES') || hasCode(error, 'EPERM');
}

const LEFT_TO_ROOT = 'only root can see it: ';

function leaveToRoot<Context>({ id }: Check<Context>): Verdict {
  return { status: 'skip', reason: `${LEFT_TO_ROOT}sudo tenon doctor ${id}` };
}

/** Whether a check was skipped because this user may not look. */
export function isLeftToRoot({ status, summary }: CheckResult): boolean {
  return status === 'skip' && summary.startsWith(LEFT_TO_ROOT);
}

function describe<Context>(
  check: Check<Context>,
  verdict: Verdict,
): Omit<CheckResult, 'durationMs'> {
  switch (verdict.status) {
    case 'pass':
      return { ...blank(check), status: 'pass', summary: check.title };
    case 'skip':
      return { ...blank(check), status: 'skip', summary: verdict.reason };
    case 'hint':
    case 'warn':
    case 'error': {
      const { explanation, fixes, status } = verdict;
      return { ...blank(check), ...explanation, fixes, status };
    }
    default:
      return verdict satisfies never;
  }
}

function blank<Context>({ id, group, title }: Check<Context>) {
  const docs = `tenon doctor --explain ${id}`;
  return { id, group, title, docs, evidence: [], cause: null, fixes: [] };
}
