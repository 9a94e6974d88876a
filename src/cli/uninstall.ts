import { resolve } from 'node:path';
import { hasCode } from '../base/errors.ts';
import { storeLayout } from '../config/layout.ts';
import type { Kept, Tools } from '../setup/action.ts';
import { journalLost } from '../setup/errors.ts';
import { recordByInspection } from '../setup/inspection.ts';
import type { Entry, History } from '../setup/journal.ts';
import { Journal, readHistory } from '../setup/journal.ts';
import { findTraces, removeStore } from '../setup/leftovers.ts';
import { places } from '../setup/places.ts';
import { findLiveInit, keepForStock, removeUserData, stopService } from '../setup/removal.ts';
import type { Failure } from '../setup/run.ts';
import { uninstall as undoAll } from '../setup/run.ts';
import { confirm } from '../ui/ask.ts';
import { printable } from '../ui/output.ts';
import { showTasks } from '../ui/tasks.ts';
import type { CommandContext } from './command.ts';
import { defineCommand, expectNoNames, parseFlags } from './command.ts';
import { usageError } from './errors.ts';
import { exitCodes } from './exit-codes.ts';
import { becomeInstaller } from './root.ts';
import { STEP_GROUPS, taskEvents } from './task-events.ts';
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
  '  --by-inspection   also take away what no journal names and is of tenon beyond doubt',
  '  --force           also take away what was changed after setup',
  '  --root DIR        another host root, of an image or below /mnt',
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
      'by-inspection': { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
      root: { type: 'string', default: '/' },
    });
    expectNoNames('uninstall', names);
    if (flags['hand-back'] && flags['purge-store']) throw handBackOrPurge();
    return {
      yes: flags.yes,
      purgeStore: flags['purge-store'],
      purgeUsers: flags['purge-users'],
      handBack: flags['hand-back'],
      byInspection: flags['by-inspection'],
      force: flags.force,
      root: resolve(flags.root),
    };
  },

  async run(context, options) {
    becomeInstaller('tenon uninstall');
    // The folder that this was called from may be among what goes.
    process.chdir('/');
    const tools = createTools(storeLayout({}), options.root);
    const history = await readWhatIsLeft(tools, options);
    const entries = [...history.installed, ...(history.open?.entries ?? [])];
    if (entries.length === 0 && history.open === undefined && !options.byInspection)
      return await concludeNothing(tools);
    await announce(tools, entries, { options, out: context.out });
    if (!(await isConfirmed(context, options))) return { kind: 'declined' };
    return await remove(context, tools, { entries, options });
  },

  render(result, out) {
    for (const line of linesOf(result)) out.line(printable(line));
  },

  exitCode(result) {
    if (result.kind === 'declined') return exitCodes.cancelled;
    if (result.kind === 'nothing-installed') return exitCodes.done;
    const isComplete = result.failures.length === 0 && result.traces.found.length === 0;
    return isComplete ? exitCodes.done : exitCodes.incomplete;
  },
});

function handBackOrPurge(): Error {
  const message = 'Cannot run tenon uninstall: --hand-back and --purge-store exclude each other';
  return usageError(message, 'uninstall');
}

const NOTHING: History = { installed: [], open: undefined };

/** A journal that cannot be read counts as lost where the host is inspected anyway. */
async function readWhatIsLeft({ host }: Tools, { byInspection }: Options): Promise<History> {
  try {
    return await readHistory(host, places.journal);
  } catch (error) {
    if (byInspection && hasCode(error, 'setup/bad-journal')) return NOTHING;
    throw error;
  }
}

/** Without a journal nothing is touched, but what looks like an installation is named. */
async function concludeNothing({ host }: Tools): Promise<Result> {
  const init = await findLiveInit(host);
  const sweep = { layout: storeLayout({}), init, entries: [], kept: [places.journal] };
  const traces = await findTraces(host, sweep);
  // The socket alone may be that of another daemon.
  const ours = traces.found.filter(trace => trace !== sweep.layout.socketPath);
  if (ours.length > 0) throw journalLost(host.at(places.journal), ours);
  return { kind: 'nothing-installed', traces: { ...traces, found: ours } };
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
  tools: Tools,
  { entries, options }: Removal,
): Promise<Removed> {
  // The program that would load it later is among what goes.
  await import('../ui/error.ts');
  const layout = storeLayout({});
  const { host } = tools;
  const init = await findLiveInit(host);
  const kept: Kept[] = [];
  const failures: Failure[] = [];
  await stopService(tools);
  failures.push(...(await undo(tools, { out, kept, options })));
  if (options.purgeStore)
    await attempt(failures, 'the store', async () => {
      kept.push(...(await removeStore(host, layout)));
    });
  if (options.purgeUsers)
    await attempt(failures, 'data of users', async () => {
      kept.push(...(await removeUserData(host)));
    });
  await host.serviceManager(init, '').reload();
  const stays = [
    ...kept.map(({ what }) => what),
    ...(failures.length > 0 ? [places.journal] : []),
    ...((await isServed(tools, layout.socketPath)) ? [layout.socketPath] : []),
  ];
  const traces = await findTraces(host, { layout, init, entries, kept: stays });
  return { kind: 'removed', options, kept, failures, traces };
}

const ANSWER_TIMEOUT_MS = 5000;

/** By a stock daemon that has taken over again; none of ours is left running. */
async function isServed({ handshake, host }: Tools, socketPath: string): Promise<boolean> {
  if (host.root !== '/' || (await host.look(socketPath)) === undefined) return false;
  return await handshake(socketPath, AbortSignal.timeout(ANSWER_TIMEOUT_MS)).then(
    () => true,
    () => false,
  );
}

interface Undoing {
  readonly out: CommandContext['out'];
  readonly kept: Kept[];
  readonly options: Options;
}

async function undo(tools: Tools, { out, kept, options }: Undoing): Promise<readonly Failure[]> {
  const layout = storeLayout({});
  const { host } = tools;
  if (options.byInspection) await putDamagedJournalAside(tools);
  await using journal = await Journal.take(host, places.journal);
  const init = await findLiveInit(host);
  const tool = await readVersion();
  const events = undoAll(journal, tools, {
    extent: options.purgeStore ? 'purge' : 'uninstall',
    isForced: options.force,
    keep: step => (options.handBack ? keepForStock(step, layout) : undefined),
    recordRest: async () => {
      if (options.byInspection) await recordByInspection(journal, tools, { layout, init, tool });
    },
  });
  return await showTasks(out, STEP_GROUPS.toReversed(), taskEvents(events, kept));
}

/** It goes with the folder that it is in, once everything else has gone. */
async function putDamagedJournalAside({ host }: Tools): Promise<void> {
  try {
    await readHistory(host, places.journal);
  } catch (error) {
    if (!hasCode(error, 'setup/bad-journal')) throw error;
    await host.move(places.journal, `${places.journal}.damaged`);
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
