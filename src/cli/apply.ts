import { join } from 'node:path';
import { hasCode } from '../base/errors.ts';
import { hostNames } from '../config/layout.ts';
import type { Shell } from '../config/setup-settings.ts';
import type { Init } from '../host/services.ts';
import type { Kept, Tools } from '../setup/action.ts';
import type { Installation } from '../setup/installation.ts';
import { Journal } from '../setup/journal.ts';
import type { Failure, Outcome, SetupEvent } from '../setup/run.ts';
import { finish, rollBack } from '../setup/run.ts';
import { START_STEP } from '../setup/service-steps.ts';
import { showTasks } from '../ui/tasks.ts';
import type { CommandContext } from './command.ts';
import { streamTo } from './event-stream.ts';
import { findNextCommands } from './next-commands.ts';
import { loadNixSettings, readConfFile } from './nix-settings.ts';
import type { Prospect } from './prospect.ts';
import { prove } from './prove.ts';
import { proveShells } from './prove-shells.ts';
import { SetupLog } from './setup-log.ts';
import type { Result } from './setup-result.ts';
import { STEP_GROUPS, taskEvents } from './task-events.ts';
import { readVersion } from './version.ts';

/** How a plan is applied, and where. */
export interface Means {
  readonly tools: Tools;
  readonly installation: Installation;
  /** Those that get the programs of the profiles. */
  readonly shells: readonly Shell[];
  /** Leaves a failed setup as it is, to be looked at. */
  readonly keepPartial: boolean;
  /** Whether each event is a line of JSON on stdout. */
  readonly streamsEvents: boolean;
}

/** Begins the plan, applies it to its end or back to its beginning, and builds something as proof. */
export async function applyPlan(
  context: CommandContext,
  { surveys, described }: Prospect,
  means: Means & { readonly todo: readonly string[] },
): Promise<Result> {
  // What tells of a failure cannot be loaded once there is no room for it.
  await import('../ui/error.ts');
  const log = new SetupLog();
  log.add(JSON.stringify(described.settings));
  await using journal = await Journal.take(means.tools.host, means.installation.journal);
  const steps = surveys.map(({ step }) => step);
  await journal.begin(await readVersion(), steps, means.todo);
  context.out.line();
  return await applyOpen(context, journal, { means, log, kept: [] });
}

/** Finishes what an earlier setup began. */
export async function resume(context: CommandContext, means: Means): Promise<Result> {
  const log = new SetupLog();
  await using journal = await Journal.take(means.tools.host, means.installation.journal);
  return await applyOpen(context, journal, { means, log, kept: [] });
}

/** Takes back what an earlier setup began. */
export async function takeBack(context: CommandContext, means: Means): Promise<Result> {
  const log = new SetupLog();
  await using journal = await Journal.take(means.tools.host, means.installation.journal);
  const showing = { means, log, kept: [] };
  const failures = await show(context, rollBack(journal, means.tools), showing);
  if (failures.length === 0) return { kind: 'rolled-back-as-asked', kept: showing.kept };
  return await failed(failures[0]?.error, { ...showing, failures });
}

/** Does what is left of the journal's open plan. */
async function applyOpen(
  context: CommandContext,
  journal: Journal,
  showing: Showing,
): Promise<Result> {
  const { tools, keepPartial } = showing.means;
  const steps = journal.history.open?.steps ?? [];
  const events = finish(journal, tools, context.signal, { keepPartial });
  const outcome = await show(context, events, showing);
  if (outcome.outcome !== 'installed') return await concludeFailure(context, outcome, showing);
  const isStarted = steps.some(({ id }) => id === START_STEP);
  return isStarted ? await proveIt(context, showing.means) : await prepared(showing.means);
}

const START_COMMANDS: Readonly<Record<Init, string>> = {
  systemd: `systemctl start ${hostNames.service}.socket`,
  openrc: `rc-service ${hostNames.service} start`,
  none: 'tenon start',
};

async function prepared({ tools: { host }, installation: { user } }: Means): Promise<Result> {
  const { root } = host;
  if (user !== undefined)
    return { kind: 'prepared', root, startedBy: 'none', startCommand: `${user.commandFile} start` };
  const startedBy = await host.findBootInit();
  const canStart = startedBy === 'none' || (await host.isLive());
  const startCommand = canStart ? START_COMMANDS[startedBy] : undefined;
  return { kind: 'prepared', root, startedBy, startCommand };
}

interface Showing {
  readonly means: Means;
  readonly log: SetupLog;
  /** What is left on purpose, as it is met. */
  readonly kept: Kept[];
}

async function show<Ending>(
  { out }: CommandContext,
  events: AsyncGenerator<SetupEvent, Ending>,
  { means, log, kept }: Showing,
): Promise<Ending> {
  const logged = log.follow(events);
  const streamed = means.streamsEvents ? streamTo(out, logged) : logged;
  return await showTasks(out, STEP_GROUPS, taskEvents(streamed, kept));
}

async function concludeFailure(
  context: CommandContext,
  outcome: Exclude<Outcome, { outcome: 'installed' }>,
  showing: Showing,
): Promise<Result> {
  const failures = outcome.outcome === 'incomplete' ? outcome.failures : [];
  // A step that ends because a signal reached its program, too, fails in its own words.
  const { signal } = context;
  const error = signal.aborted ? signal.reason : outcome.error;
  const isPartial = outcome.outcome === 'partial';
  return await failed(error, { ...showing, failures, isPartial });
}

async function failed(
  error: unknown,
  {
    failures,
    means,
    log,
    kept,
    isPartial = false,
  }: Showing & { readonly failures: readonly Failure[]; readonly isPartial?: boolean },
): Promise<Result> {
  const isStopped = hasCode(error, 'cli/interrupted') || hasCode(error, 'cli/terminated');
  const isClean = isStopped && failures.length === 0 && !isPartial;
  const file = isClean ? undefined : await log.write(means.tools.host, error);
  return { kind: 'failed', error, failures, kept, isPartial, log: file };
}

async function proveIt(context: CommandContext, means: Means): Promise<Result> {
  const { out, signal, env } = context;
  const { host } = means.tools;
  out.line('\nBuild something as proof');
  const { layout, user } = means.installation;
  const read = (path: string) => readConfFile(host.at(path));
  const { settings } = loadNixSettings(layout, {}, user === undefined, read);
  const nonce = crypto.randomUUID();
  try {
    const proof = await prove({ host, layout, settings, nonce, signal });
    const profileBin = join(layout.profilesDir, 'default/bin');
    const shells = await proveShells(host, { shells: means.shells, profileBin, home: user?.home });
    const next = await findNextCommands(host, env, means.installation);
    return { kind: 'proved', proof, shells, socketPath: layout.socketPath, next };
  } catch (error) {
    return { kind: 'unproved', error };
  }
}
