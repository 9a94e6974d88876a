import { storeLayout } from '../config/layout.ts';
import { uninstallHook } from '../env/apply-hook.ts';
import { removeFromMakeConf } from '../env/apply-make-conf.ts';
import type { Kept, Tools } from '../setup/action.ts';
import { listPackagePaths } from '../setup/gentoo-facts.ts';
import type { Entry } from '../setup/journal.ts';
import { Journal, readHistory } from '../setup/journal.ts';
import { findTraces, removeStore } from '../setup/leftovers.ts';
import { places } from '../setup/places.ts';
import type { Failure } from '../setup/run.ts';
import { failureText, uninstall as undoAll } from '../setup/run.ts';
import { confirm } from '../ui/ask.ts';
import type { Output } from '../ui/output.ts';
import { showTasks } from '../ui/tasks.ts';
import type { CommandContext } from './command.ts';
import { defineCommand, expectNoNames, parseFlags } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { becomeInstaller } from './root.ts';
import { STEP_GROUPS, taskEvents } from './task-events.ts';
import { createTools } from './tools.ts';

interface Options {
  readonly yes: boolean;
  readonly purgeStore: boolean;
}

interface Removed {
  readonly kind: 'removed';
  readonly kept: readonly Kept[];
  readonly failures: readonly Failure[];
  readonly traces: readonly string[];
}

type Result = { readonly kind: 'nothing-installed' | 'declined' } | Removed;

const USAGE = [
  'tenon uninstall [--yes] [--purge-store]',
  '',
  '  --yes           do not ask (also TENON_YES=1)',
  '  --purge-store   also delete the store, with everything that was ever built',
].join('\n');

export const uninstall = defineCommand<Options, Result>({
  name: 'uninstall',
  summary: 'Take away what setup installed. The store stays, unless it is to be purged.',
  usage: USAGE,

  parse(argv) {
    const { flags, names } = parseFlags('uninstall', argv, {
      yes: { type: 'boolean', default: false },
      'purge-store': { type: 'boolean', default: false },
    });
    expectNoNames('uninstall', names);
    return { yes: flags.yes, purgeStore: flags['purge-store'] };
  },

  async run(context, options) {
    becomeInstaller('tenon uninstall');
    const tools = createTools(storeLayout({}), '/');
    const { installed, open } = await readHistory(tools.host, places.journal);
    if (installed.length === 0 && open === undefined) return { kind: 'nothing-installed' };
    const entries = [...installed, ...(open?.entries ?? [])];
    await announce(tools, entries, { options, out: context.out });
    if (!(await isConfirmed(context, options))) return { kind: 'declined' };
    return await remove(context, tools, { entries, options });
  },

  render(result, out) {
    for (const line of linesOf(result)) out.line(line);
  },

  exitCode(result) {
    if (result.kind === 'declined') return exitCodes.cancelled;
    if (result.kind !== 'removed') return exitCodes.done;
    const isComplete = result.failures.length === 0 && result.traces.length === 0;
    return isComplete ? exitCodes.done : exitCodes.incomplete;
  },
});

async function announce(
  { host }: Tools,
  entries: readonly Entry[],
  { options, out }: { readonly options: Options; readonly out: Output },
): Promise<void> {
  const { storeDir, stateDir, logDir } = storeLayout({});
  const paths = (await host.list(storeDir)).length;
  out.line(out.paint('bold', 'tenon uninstall'));
  for (const group of STEP_GROUPS) {
    const count = entries.filter(({ step }) => step.group === group).length;
    if (count > 0) out.line(`  undo ${String(count).padStart(3)}  ${group}`);
  }
  const store = `${storeDir} (${paths} entries), ${stateDir} and ${logDir}`;
  if (options.purgeStore) out.line(`  delete    ${store}`);
  else out.line(`  keep      ${store}; --purge-store deletes them`);
}

async function isConfirmed(
  { out, env, signal }: CommandContext,
  options: Options,
): Promise<boolean> {
  if (options.yes || env.TENON_YES === '1') return true;
  const preset = !options.purgeStore;
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
): Promise<Result> {
  // The program that would load it later is among what goes.
  await import('../ui/error.ts');
  const layout = storeLayout({});
  const kept: Kept[] = [];
  const failures = [...(await undo(tools, { out, kept, purge: options.purgeStore }))];
  failures.push(...(await clearPortage(tools)));
  if (options.purgeStore) failures.push(...(await purge(tools)));
  const traces = await findTraces(tools.host, {
    layout,
    entries,
    kept: [
      ...kept.map(({ what }) => what),
      ...(failures.length > 0 ? [places.journal] : []),
      // What Portage installed is Portage's to remove.
      ...(await listPackagePaths(tools.host)),
    ],
  });
  return { kind: 'removed', kept, failures, traces };
}

interface Undoing {
  readonly out: Output;
  readonly kept: Kept[];
  readonly purge: boolean;
}

async function undo(tools: Tools, { out, kept, purge }: Undoing): Promise<readonly Failure[]> {
  await using journal = await Journal.take(tools.host, places.journal);
  const events = taskEvents(undoAll(journal, tools, purge ? 'purge' : 'uninstall'), kept);
  return await showTasks(out, STEP_GROUPS.toReversed(), events);
}

/** What `tenon env` added to Portage's configuration leads to a program that is gone. */
async function clearPortage({ host }: Tools): Promise<readonly Failure[]> {
  try {
    await uninstallHook(host);
    await removeFromMakeConf(host);
    return [];
  } catch (error) {
    return [{ what: 'the lines for Portage', error }];
  }
}

async function purge({ host }: Tools): Promise<readonly Failure[]> {
  try {
    await removeStore(host, storeLayout({}));
    return [];
  } catch (error) {
    return [{ what: 'the store', error }];
  }
}

function linesOf(result: Result): readonly string[] {
  switch (result.kind) {
    case 'nothing-installed':
      return ['Nothing to do: setup has installed nothing here.'];
    case 'declined':
      return ['Nothing was changed.'];
    case 'removed':
      return ['', ...keptLines(result.kept), ...restLines(result)];
    default:
      return result satisfies never;
  }
}

function keptLines(kept: readonly Kept[]): readonly string[] {
  return [...new Set(kept.map(({ reason }) => reason))].map(reason => {
    const names = kept.filter(each => each.reason === reason).map(({ what }) => what);
    return `kept ${names.join(', ')}: ${reason}`;
  });
}

function restLines({ kept, failures, traces }: Removed): readonly string[] {
  if (failures.length === 0 && traces.length === 0)
    return [kept.length === 0 ? 'no traces found' : 'no traces found besides what was kept'];
  return [
    ...failures.map(failure => `not removed: ${failureText(failure)}`),
    ...traces.map(trace => `still there: ${trace}`),
    ...(failures.length > 0 ? ['Run "tenon uninstall" again once the reason is gone.'] : []),
  ];
}
