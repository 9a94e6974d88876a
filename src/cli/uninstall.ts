import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from '../base/errors.ts';
import { hostNames } from '../config/layout.ts';
import { uninstallHook } from '../env/apply-hook.ts';
import { removeFromMakeConf } from '../env/apply-make-conf.ts';
import type { Init } from '../host/services.ts';
import { currentIds } from '../host/store-files.ts';
import type { Kept, Tools } from '../setup/action.ts';
import { journalLost } from '../setup/errors.ts';
import { listPackagePaths } from '../setup/gentoo-facts.ts';
import { recordByInspection } from '../setup/inspection.ts';
import type { Installation } from '../setup/installation.ts';
import { hostInstallation, userInstallation } from '../setup/installation.ts';
import type { Entry, History } from '../setup/journal.ts';
import { Journal, readHistory } from '../setup/journal.ts';
import type { Traces } from '../setup/leftovers.ts';
import { findTraces, findUserTraces, removeStore } from '../setup/leftovers.ts';
import {
  findLiveInit,
  keepForPortage,
  keepForStock,
  removeUserData,
  stopService,
} from '../setup/removal.ts';
import type { Failure } from '../setup/run.ts';
import { uninstall as undoAll } from '../setup/run.ts';
import { confirm } from '../ui/ask.ts';
import { printable } from '../ui/output.ts';
import { showTasks } from '../ui/tasks.ts';
import type { CommandContext } from './command.ts';
import { defineCommand, expectNoNames, parseFlags } from './command.ts';
import { runAsRoot } from './elevate.ts';
import { usageError } from './errors.ts';
import { exitCodes } from './exit-codes.ts';
import { doneGroups, taskEvents } from './task-events.ts';
import { createTools } from './tools.ts';
import type { Options, Removed, Result } from './uninstall-report.ts';
import { announce, linesOf } from './uninstall-report.ts';
import { readVersion } from './version.ts';

const USAGE = [
  'tenon uninstall [--yes] [OPTIONS]',
  '',
  '  --yes             do not ask (also TENON_YES=1)',
  '  --purge-store     also delete the store, with everything that was ever built',
  '  --purge-users     also delete what Nix programs left in the homes of users',
  '  --hand-back       leave the store, the build users and nix.conf to a stock Nix daemon',
  '  --keep-package    leave the package and its repository to Portage, which removes or keeps them',
  '  --by-inspection   also take away what no journal names and is of tenon beyond doubt',
  '  --force           also take away what was changed after setup, and wait for no build',
  '  --root DIR        another host root, of an image or below /mnt',
  '  --no-elevate      do not become root through sudo, doas or run0',
].join('\n');

export const uninstall = defineCommand<Options, Result>({
  name: 'uninstall',
  summary: 'Take away what setup installed. The store stays, unless it is to be purged.',
  usage: USAGE,

  parse(argv) {
    const { flags, names } = parseFlags('uninstall', argv, {
      yes: { type: 'boolean', default: false },
      'purge-store': { type: 'boolean', default: false },
      'purge-users': { type: 'boolean', default: false },
      'hand-back': { type: 'boolean', default: false },
      'keep-package': { type: 'boolean', default: false },
      'by-inspection': { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
      root: { type: 'string', default: '/' },
      'no-elevate': { type: 'boolean', default: false },
    });
    expectNoNames('uninstall', names);
    if (flags['hand-back'] && flags['purge-store']) throw handBackOrPurge();
    return {
      yes: flags.yes,
      purgeStore: flags['purge-store'],
      purgeUsers: flags['purge-users'],
      handBack: flags['hand-back'],
      keepPackage: flags['keep-package'],
      byInspection: flags['by-inspection'],
      force: flags.force,
      root: resolve(flags.root),
      mayElevate: !flags['no-elevate'],
      argv,
    };
  },

  async run(context, options) {
    process.umask(0o022);
    const installation = await findInstallation(context, options);
    if (installation === undefined) return await goOnAsRoot(context, options);
    // The folder that this was called from may be among what goes.
    process.chdir('/');
    const scene = { ...createTools(installation.layout, options.root), installation };
    const history = await readWhatIsLeft(scene, options);
    const entries = [...history.installed, ...(history.open?.entries ?? [])];
    if (entries.length === 0 && history.open === undefined && !options.byInspection)
      return await concludeNothing(scene);
    await announce(scene, entries, { options, out: context.out });
    if (!(await isConfirmed(context, options))) return { kind: 'declined' };
    return await remove(context, scene, { entries, options });
  },

  render(result, out) {
    for (const line of linesOf(result)) out.line(printable(line));
  },

  exitCode(result) {
    if (result.kind === 'declined') return exitCodes.cancelled;
    if (result.kind === 'nothing-installed') return exitCodes.done;
    if (result.kind === 'elevated') return result.status;
    const isComplete = result.failures.length === 0 && result.traces.found.length === 0;
    return isComplete ? exitCodes.done : exitCodes.incomplete;
  },
});

function handBackOrPurge(): Error {
  const message = 'Cannot run tenon uninstall: --hand-back and --purge-store exclude each other';
  return usageError(message, 'uninstall');
}

/** Who is not root can only take away what is theirs; undefined when that is nothing. */
async function findInstallation(
  { env }: CommandContext,
  { root, byInspection }: Options,
): Promise<Installation | undefined> {
  if (currentIds().uid === 0) return hostInstallation;
  const { HOME = '/' } = env;
  const installation = userInstallation(HOME);
  const { host } = createTools(installation.layout, root);
  const has = async (path: string) => (await host.look(path)) !== undefined;
  if (root !== '/' || byInspection) return undefined;
  const isThere = (await has(installation.journal)) || (await has(installation.programDir));
  return isThere ? installation : undefined;
}

async function goOnAsRoot(
  context: CommandContext,
  { argv, mayElevate: isAllowed }: Options,
): Promise<Result> {
  const wish = { command: 'tenon uninstall', argv: ['uninstall', ...argv], isAllowed };
  return { kind: 'elevated', status: await runAsRoot(context, wish) };
}

/** What actions work with, and the installation that is to go. */
interface Scene extends Tools {
  readonly installation: Installation;
}

const NOTHING: History = { installed: [], open: undefined };

/** A journal that cannot be read counts as lost where the host is inspected anyway. */
async function readWhatIsLeft(
  { host, installation }: Scene,
  { byInspection }: Options,
): Promise<History> {
  try {
    return await readHistory(host, installation.journal);
  } catch (error) {
    if (byInspection && hasCode(error, 'setup/bad-journal')) return NOTHING;
    throw error;
  }
}

/** Without a journal nothing is touched, but what looks like an installation is named. */
async function concludeNothing({ host, installation }: Scene): Promise<Result> {
  const { journal, layout } = installation;
  const traces = await sweep({ host, installation }, { entries: [], kept: [journal] });
  // The socket alone may be that of another daemon.
  const ours = traces.found.filter(trace => trace !== layout.socketPath);
  if (ours.length > 0) throw journalLost(host.at(journal), ours);
  return { kind: 'nothing-installed', traces: { ...traces, found: ours } };
}

async function sweep(
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

async function isConfirmed(
  { out, env, signal }: CommandContext,
  options: Options,
): Promise<boolean> {
  if (options.yes || env.TENON_YES === '1') return true;
  const preset = !(options.purgeStore || options.purgeUsers);
  return await confirm({ out, signal }, { message: 'Do this?', flag: '--yes', preset });
}

interface Removal {
  readonly entries: readonly Entry[];
  readonly options: Options;
}

async function remove(
  { out }: CommandContext,
  scene: Scene,
  { entries, options }: Removal,
): Promise<Removed> {
  // The program that would load it later is among what goes.
  await import('../ui/error.ts');
  const { host, installation } = scene;
  const { layout, journal } = installation;
  const kept: Kept[] = [];
  const failures: Failure[] = [];
  await stopService(scene, installation, options.force);
  failures.push(...(await undo(scene, { out, kept, options })));
  await attempt(failures, 'backups of the database', () => host.removeTree(layout.backupsDir));
  if (installation.user === undefined)
    await attempt(failures, 'the lines for Portage', () => clearPortage(host));
  if (options.purgeStore)
    await attempt(failures, 'the store', async () => {
      kept.push(...(await removeStore(host, layout, installation.user?.home)));
    });
  if (options.purgeUsers)
    await attempt(failures, 'data of users', async () => {
      kept.push(...(await removeUserData(host)));
    });
  if (installation.user === undefined)
    await host.serviceManager(await findLiveInit(host), '').reload();
  const stays = [...kept.map(({ what }) => what), ...(failures.length > 0 ? [journal] : [])];
  const traces = await sweep(scene, { entries, kept: stays });
  const found = await withoutServed(scene, layout.socketPath, traces.found);
  return { kind: 'removed', options, kept, failures, traces: { ...traces, found } };
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
    keep: step =>
      (options.handBack ? keepForStock(step, layout) : undefined) ??
      (options.keepPackage ? keepForPortage(step) : undefined),
    recordRest: async () => {
      if (options.byInspection) await recordByInspection(journal, tools, { layout, init, tool });
    },
  });
  const groups = doneGroups(journal.history.installed).toReversed();
  return await showTasks(out, groups, taskEvents(events, kept));
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
