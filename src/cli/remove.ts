import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from '../base/errors.ts';
import { hostNames } from '../config/layout.ts';
import { uninstallHook } from '../env/apply-hook.ts';
import { removeFromMakeConf } from '../env/apply-make-conf.ts';
import type { Init } from '../host/services.ts';
import type { Kept, Tools } from '../setup/action.ts';
import { listPackagePaths } from '../setup/gentoo-facts.ts';
import { recordByInspection } from '../setup/inspection.ts';
import type { Installation } from '../setup/installation.ts';
import type { Entry } from '../setup/journal.ts';
import { Journal, readHistory } from '../setup/journal.ts';
import type { Traces } from '../setup/leftovers.ts';
import { findDropIns, findTraces, findUserTraces, removeStore } from '../setup/leftovers.ts';
import { findLiveInit, removeUserData, stopService } from '../setup/removal.ts';
import type { RemovalPlan } from '../setup/removal-plan.ts';
import { keepFor } from '../setup/removal-plan.ts';
import type { Failure } from '../setup/run.ts';
import { uninstall as undoAll } from '../setup/run.ts';
import { showTasks } from '../ui/tasks.ts';
import type { CommandContext } from './command.ts';
import { streamTo } from './event-stream.ts';
import { doneGroups, taskEvents } from './task-events.ts';
import type { Options, Removed } from './uninstall-report.ts';
import { readVersion } from './version.ts';

/** What actions work with, and the installation that is to go. */
export interface Scene extends Tools {
  readonly installation: Installation;
}

interface Removal {
  readonly entries: readonly Entry[];
  readonly plan: RemovalPlan;
  readonly options: Options;
}

/** Takes everything away, past any failure, and searches for what is left. */
export async function remove(
  { out }: CommandContext,
  scene: Scene,
  { entries, plan, options }: Removal,
): Promise<Removed> {
  // The program that would load it later is among what goes.
  await import('../ui/error.ts');
  const { host, installation } = scene;
  const { layout, journal, user } = installation;
  const kept: Kept[] = [];
  const failures: Failure[] = [];
  await stopService(scene, installation, options.force);
  failures.push(...(await undo(scene, { out, kept, options })));
  await attempt(failures, 'backups of the database', () => host.removeTree(layout.backupsDir));
  if (user === undefined)
    await attempt(failures, 'the lines for Portage', () => clearPortage(host));
  if (options.purgeStore)
    await attempt(failures, 'the store', async () => {
      kept.push(...(await removeStore(host, layout, user?.home)));
    });
  if (options.purgeUsers)
    await attempt(failures, 'data of users', async () => {
      kept.push(...(await removeUserData(host, user?.home)));
    });
  if (user === undefined) {
    kept.push(...(await findDropIns(host)));
    await host.serviceManager(await findLiveInit(host), '').reload();
  }
  const stays = [...kept.map(({ what }) => what), ...(failures.length > 0 ? [journal] : [])];
  const traces = await sweep(scene, { entries, kept: stays });
  const found = await withoutServed(scene, layout.socketPath, traces.found);
  return { kind: 'removed', options, plan, kept, failures, traces: { ...traces, found } };
}

/** Asked after the search: a stock daemon that starts in the background may have made its socket during it. */
async function withoutServed(
  tools: Tools,
  socketPath: string,
  found: readonly string[],
): Promise<readonly string[]> {
  if (!found.includes(socketPath) || !(await isServed(tools, socketPath))) return found;
  return found.filter(trace => trace !== socketPath);
}

/** Searches for what should be gone. */
export async function sweep(
  { host, installation }: Pick<Scene, 'host' | 'installation'>,
  { entries, kept }: { readonly entries: readonly Entry[]; readonly kept: readonly string[] },
): Promise<Traces> {
  const { layout, user } = installation;
  if (user !== undefined) return await findUserTraces(host, user, kept);
  const init = await findLiveInit(host);
  const packaged = await listPackaged(host, init);
  return await findTraces(host, { layout, init, entries, kept: [...kept, ...packaged] });
}

/** What Portage installed is Portage's to remove. */
async function listPackaged(host: Tools['host'], init: Init): Promise<readonly string[]> {
  const paths = await listPackagePaths(host);
  return paths.length === 0 ? [] : [...paths, `${init}: ${hostNames.service}`];
}

/** What `tenon env` added to Portage's configuration leads to a program that is gone. */
async function clearPortage(host: Tools['host']): Promise<void> {
  await uninstallHook(host);
  await removeFromMakeConf(host);
}

const ANSWER_TIMEOUT_MS = 5000;
const RETRY_MS = 100;

/** By a stock daemon that has taken over again, or is about to; none of ours is left running. */
async function isServed({ handshake, host }: Tools, socketPath: string): Promise<boolean> {
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  while (host.root === '/' && (await host.look(socketPath)) !== undefined) {
    const answers = await handshake(socketPath, signal).then(
      () => true,
      () => false,
    );
    if (answers || signal.aborted) return answers;
    await sleep(RETRY_MS);
  }
  return false;
}

interface Undoing {
  readonly out: CommandContext['out'];
  readonly kept: Kept[];
  readonly options: Options;
}

async function undo(tools: Scene, { out, kept, options }: Undoing): Promise<readonly Failure[]> {
  const { host, installation } = tools;
  const { layout } = installation;
  if (options.byInspection) await putDamagedJournalAside(tools);
  await using journal = await Journal.take(host, installation.journal);
  const init = await findLiveInit(host);
  const tool = await readVersion();
  const events = undoAll(journal, tools, {
    extent: options.purgeStore ? 'purge' : 'uninstall',
    isForced: options.force,
    keep: step => keepFor(options, step, layout),
    recordRest: async () => {
      if (options.byInspection) await recordByInspection(journal, tools, { layout, init, tool });
    },
  });
  const shown = options.format === 'events' ? streamTo(out, events) : events;
  const groups = doneGroups(journal.history.installed.map(({ step }) => step)).toReversed();
  return await showTasks(out, groups, taskEvents(shown, kept));
}

/** It goes with the folder that it is in, once everything else has gone. */
async function putDamagedJournalAside({ host, installation }: Scene): Promise<void> {
  const { journal } = installation;
  try {
    await readHistory(host, journal);
  } catch (error) {
    if (!hasCode(error, 'setup/bad-journal')) throw error;
    await host.move(journal, `${journal}.damaged`);
  }
}

async function attempt(
  failures: Failure[],
  what: string,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    failures.push({ what, error });
  }
}
