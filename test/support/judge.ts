import { checks } from '../../checks/index.ts';
import { createTools } from '../../src/cli/tools.ts';
import { storeLayout } from '../../src/config/layout.ts';
import type { FixTools } from '../../src/doctor/check.ts';
import type { CheckContext } from '../../src/doctor/context.ts';
import type { CheckResult } from '../../src/doctor/run.ts';
import { runChecks } from '../../src/doctor/run.ts';
import { writeOwnFile } from '../../src/setup/own-file.ts';
import { places } from '../../src/setup/places.ts';

const NEVER = new AbortController().signal;
/** Longer than any check takes on a machine that is busy with other things. */
const TIMEOUT_MS = 60_000;

/** What every check has to say. */
export async function judge(context: CheckContext): Promise<readonly CheckResult[]> {
  const isRoot = context.uid === 0;
  const now = () => 0;
  return await runChecks(checks, context, { signal: NEVER, timeoutMs: TIMEOUT_MS, now, isRoot });
}

/** What was found: `sandbox.userns error`. */
export function problems(results: readonly CheckResult[]): readonly string[] {
  return results
    .filter(({ status }) => status !== 'pass' && status !== 'skip')
    .map(({ id, status }) => `${id} ${status}`);
}

/** What checks of these groups say, and whatever any other one calls an error. */
export function problemsOf(
  groups: readonly string[],
  results: readonly CheckResult[],
): readonly string[] {
  return problems(
    results.filter(({ group, status }) => groups.includes(group) || status === 'error'),
  );
}

export function find(results: readonly CheckResult[], id: string): CheckResult | undefined {
  return results.find(result => result.id === id);
}

/** Does what `tenon doctor --fix` would do about one check; gives the arguments with which it ran tenon itself. */
export async function applyFixes(
  { host }: CheckContext,
  result: CheckResult | undefined,
): Promise<readonly (readonly string[])[]> {
  const started: (readonly string[])[] = [];
  const tenon = async (args: readonly string[]) => void started.push(args);
  const fixes = result?.fixes.filter(fix => fix.class === 'A') ?? [];
  if (fixes.length === 0) throw new Error(`${result?.id} has no fix that tenon could apply`);
  const tools = { ...createTools(storeLayout({}), host.root), host };
  const means = { tools, journal: places.journal, tool: '1.0.0', signal: NEVER };
  const writeOwn: FixTools['writeOwn'] = async file => await writeOwnFile(file, means);
  for (const fix of fixes) await fix.apply({ host, signal: NEVER, tenon, writeOwn });
  return started;
}
