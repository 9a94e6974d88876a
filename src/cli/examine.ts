import { storeLayout } from '../config/layout.ts';
import type { FixTools } from '../doctor/check.ts';
import type { CheckContext } from '../doctor/context.ts';
import { applyRemedies, findRemedies, planRemedy, type Remedy } from '../doctor/fix.ts';
import { type FixOutcome, makeReport, type Report } from '../doctor/report.ts';
import type { CheckResult } from '../doctor/run.ts';
import { runChecks } from '../doctor/run.ts';
import { createHost, type Host } from '../host/host.ts';
import { currentIds } from '../host/store-files.ts';
import { writeOwnFile } from '../setup/own-file.ts';
import { places } from '../setup/places.ts';
import { usersOf } from '../setup/settings.ts';
import { confirm } from '../ui/ask.ts';
import { watchSlowChecks } from '../ui/slow-checks.ts';
import { createCheckContext } from './check-context.ts';
import type { CommandContext } from './command.ts';
import { readConfiguration } from './configuration.ts';
import { type DoctorRun, selectChecks } from './doctor-options.ts';
import { runAsRoot } from './elevate.ts';
import { fixDeclined, needsRoot } from './errors.ts';
import { findOwnPlaces } from './own-places.ts';
import { programFolder, tenonPath } from './program-folder.ts';
import { writeReportFile } from './report-file.ts';
import { createTools } from './tools.ts';
import { readVersion } from './version.ts';

/** What was found; or the end of the doctor that root ran instead. */
export type Examination =
  | { readonly kind: 'report'; readonly report: Report }
  | { readonly kind: 'elevated'; readonly status: number };

/** Runs the checks that are wanted, and applies fixes when told to. */
export async function examine(context: CommandContext, wanted: DoctorRun): Promise<Examination> {
  const host = createHost('/');
  const found = await judge(context, host, wanted);
  const remedies = wanted.fix === 'no' ? [] : findRemedies(found);
  if (wanted.fix === 'apply' && currentIds().uid !== 0 && remedies.some(({ fix }) => fix.needsRoot))
    return { kind: 'elevated', status: await goOnAsRoot(context, { remedies, wanted }) };
  const applied = await cure(context, host, { remedies, wanted });
  const isChanged = applied.some(({ state }) => state !== 'planned');
  const report = makeReport({
    tool: await readVersion(),
    host: { distro: (await host.readDistro()).id, init: await host.findInit() },
    checks: isChanged ? await judge(context, host, wanted) : found,
    applied,
    failOn: wanted.failOn,
  });
  if (wanted.reportFile !== undefined) {
    await writeReportFile(host, report, wanted.reportFile);
    context.out.remark(`Look through ${wanted.reportFile} before you pass it on.`);
  }
  return { kind: 'report', report };
}

/** Looks at everything anew, because a fix may have changed it since. */
async function judge(
  { env, signal, out, leaveBehind }: CommandContext,
  host: Host,
  { ids, timeoutMs, output }: DoctorRun,
): Promise<readonly CheckResult[]> {
  const context = await createContext(host, withOwnPlaces(env), signal);
  const checks = selectChecks(ids);
  using slow = watchSlowChecks(
    checks.map(({ id }) => id),
    text => output === 'text' && out.remark(text),
  );
  return await runChecks(checks, context, {
    signal,
    timeoutMs,
    now: () => performance.now(),
    isRoot: context.uid === 0,
    onHang: () => leaveBehind?.(),
    onResult: result => {
      slow.done(result.id);
      if (output === 'events') out.line(JSON.stringify({ event: 'result', ...result }));
    },
  });
}

/** A program that a user set up without root looks after that user's store, whatever shell it is called from. */
function withOwnPlaces(env: CommandContext['env']): CommandContext['env'] {
  const places = findOwnPlaces(env);
  return programFolder === places?.programDir ? { ...places.environment, ...env } : env;
}

async function createContext(
  host: Host,
  env: CommandContext['env'],
  signal: AbortSignal,
): Promise<CheckContext> {
  const layout = storeLayout(env);
  const { setupSettings, ...read } = await readConfiguration(host, layout, env);
  const users = usersOf(setupSettings);
  return createCheckContext({ host, layout, users, env, signal, ...read });
}

interface Treatment {
  readonly remedies: readonly Remedy[];
  readonly wanted: DoctorRun;
}

async function cure(
  context: CommandContext,
  host: Host,
  { remedies, wanted }: Treatment,
): Promise<readonly FixOutcome[]> {
  if (wanted.fix !== 'apply') return remedies.map(planRemedy);
  await expectLeave(context, { remedies, wanted });
  const { signal, out } = context;
  const judgeAgain = async (id: string) => {
    const [result] = await judge(context, host, { ...wanted, ids: [id], output: 'json' });
    return result;
  };
  const announce = ({ check, fix }: Remedy) => out.remark(`${check}: ${fix.description}`);
  const tenon = async (args: readonly string[]) =>
    void (await host.run([tenonPath, ...args], { signal }));
  const layout = storeLayout({});
  const means = { tools: createTools(layout, '/'), journal: places.journal, signal };
  const writeOwn: FixTools['writeOwn'] = async file =>
    await writeOwnFile(file, { ...means, tool: await readVersion() });
  const tools = { host, signal, tenon, writeOwn };
  return await applyRemedies(remedies, { judgeAgain, announce, tools });
}

/** Asks before something that cannot be undone. Throws `cli/declined`. */
async function expectLeave(
  context: CommandContext,
  { remedies, wanted }: Treatment,
): Promise<void> {
  const irreversible = remedies.filter(({ fix }) => !fix.reversible);
  if (irreversible.length === 0 || isAccepted(context, wanted)) return;
  const message = `This cannot be undone. ${listOf(irreversible)}?`;
  if (!(await confirm(context, { message, flag: '--yes', preset: false }))) throw fixDeclined();
}

/**
 * Runs all of it again as root, once that was agreed to. Throws `cli/declined`, and `cli/privileges` where there is no
 * way: root would not look at the store that these variables lead to.
 */
async function goOnAsRoot(
  context: CommandContext,
  { remedies, wanted }: Treatment,
): Promise<number> {
  const { env, out } = context;
  const isOfHost = storeLayout(env).socketPath === storeLayout({}).socketPath;
  const isAllowed = wanted.mayElevate && isOfHost;
  const wish = { command: 'tenon doctor --fix', argv: ['doctor', ...wanted.argv], isAllowed };
  if (isAllowed && !isAccepted(context, wanted)) {
    if (!out.canAsk) throw needsRoot(wish.command);
    const message = `Go on as root? ${listOf(remedies)}`;
    if (!(await confirm(context, { message, flag: '--yes' }))) throw fixDeclined();
  }
  return await runAsRoot(context, wish);
}

function isAccepted({ env }: CommandContext, { yes }: DoctorRun): boolean {
  return yes || env.TENON_YES === '1';
}

function listOf(remedies: readonly Remedy[]): string {
  return remedies.map(({ check, fix }) => `${check}: ${fix.description}`).join('; ');
}
