import { hasCode } from '../base/errors.ts';
import type { StoreLayout } from '../config/layout.ts';
import type { Edit, Kept, Tools } from '../setup/action.ts';
import type { Installation } from '../setup/installation.ts';
import type { Entry } from '../setup/journal.ts';
import type { Traces } from '../setup/leftovers.ts';
import { findAbsent, findEdits } from '../setup/removal.ts';
import type { Failure } from '../setup/run.ts';
import { failureText } from '../setup/run.ts';
import { shownDiff } from '../ui/diff.ts';
import type { Output } from '../ui/output.ts';
import { printable } from '../ui/output.ts';
import { doneGroups } from './task-events.ts';

export interface Options {
  readonly yes: boolean;
  readonly purgeStore: boolean;
  readonly purgeUsers: boolean;
  readonly handBack: boolean;
  readonly keepPackage: boolean;
  readonly byInspection: boolean;
  readonly force: boolean;
  readonly root: string;
  readonly mayElevate: boolean;
  /** The command line, for whoever runs it again as root. */
  readonly argv: readonly string[];
}

export interface Removed {
  readonly kind: 'removed';
  readonly options: Options;
  readonly kept: readonly Kept[];
  readonly failures: readonly Failure[];
  readonly traces: Traces;
}

export type Result =
  | { readonly kind: 'declined' }
  /** Another process did it, as root, and said all there is to say. */
  | { readonly kind: 'elevated'; readonly status: number }
  | { readonly kind: 'nothing-installed'; readonly traces: Traces }
  | Removed;

/** Says what will go and what will stay, before anything does. */
export async function announce(
  { installation, ...tools }: Tools & { readonly installation: Installation },
  entries: readonly Entry[],
  { options, out }: { readonly options: Options; readonly out: Output },
): Promise<void> {
  out.line(out.paint('bold', 'tenon uninstall'));
  for (const group of doneGroups(entries)) {
    const count = entries.filter(({ step }) => step.group === group).length;
    if (count > 0) out.line(`  undo ${String(count).padStart(3)}  ${group}`);
  }
  if (options.byInspection) out.line('  undo      what the journal does not name and is of tenon');
  const absent = await findAbsent(entries, tools);
  if (absent.length > 0) out.line(`  gone      ${shorten(absent)}`);
  for (const edit of await findEdits(entries, tools))
    for (const line of editLines(edit, options)) out.line(printable(line));
  out.line(await storeLine(tools, installation.layout, options));
  if (options.purgeUsers) out.line('  delete    what Nix programs left in the homes of users');
}

const MOST_NAMES = 6;

function shorten(names: readonly string[]): string {
  const rest = names.length - MOST_NAMES;
  const shown = names.slice(0, MOST_NAMES).join(', ');
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}

function editLines(edit: Edit, { force }: Options): readonly string[] {
  const { file } = edit;
  const fate = force
    ? `  remove    ${file}, although it was edited after setup`
    : `  keep      ${file}: it was edited after setup; --force removes it`;
  return [fate, ...shownDiff(edit).map(line => `            ${line}`)];
}

async function storeLine(
  { host }: Tools,
  { storeDir, stateDir, logDir }: StoreLayout,
  options: Options,
): Promise<string> {
  const paths = (await host.list(storeDir)).length;
  const size = await sizeOf(host, [storeDir, stateDir, logDir]);
  const store = `${storeDir} (${paths} entries${size}), ${stateDir} and ${logDir}`;
  if (options.purgeStore) return `  delete    ${store}`;
  if (options.handBack) return `  keep      ${store}, the build users and nix.conf`;
  return `  keep      ${store}; --purge-store deletes them`;
}

const SIZE_TIMEOUT_MS = 5000;
const KIB_PER_MIB = 1024;

/** Nothing where it takes too long to find out. */
async function sizeOf(host: Tools['host'], paths: readonly string[]): Promise<string> {
  const signal = AbortSignal.timeout(SIZE_TIMEOUT_MS);
  try {
    const argv = ['du', '-skc', '--', ...paths.map(host.at)];
    const { stdout } = await host.run(argv, { signal, accept: [0, 1] });
    const kib = Number(/^(\d+)\ttotal$/mu.exec(stdout)?.[1] ?? 0);
    return `, ${Math.ceil(kib / KIB_PER_MIB)} MiB`;
  } catch (error) {
    if (signal.aborted || hasCode(error, 'host/command-missing')) return '';
    throw error;
  }
}

export function linesOf(result: Result): readonly string[] {
  switch (result.kind) {
    case 'nothing-installed':
      return [
        'Nothing to do: setup has installed nothing here.',
        searchedLine(result.traces),
        'no traces found',
      ];
    case 'elevated':
      return [];
    case 'declined':
      return ['Nothing was changed.'];
    case 'removed':
      return ['', ...keptLines(result.kept), searchedLine(result.traces), ...restLines(result)];
    default:
      return result satisfies never;
  }
}

function searchedLine({ searched }: Traces): string {
  return `searched ${searched.join(', ')}`;
}

function keptLines(kept: readonly Kept[]): readonly string[] {
  return [...new Set(kept.map(({ reason }) => reason))].flatMap(reason => {
    const same = kept.filter(each => each.reason === reason);
    const advice = [...new Set(same.map(each => each.advice).filter(text => text !== undefined))];
    return [
      `kept ${same.map(({ what }) => what).join(', ')}: ${reason}`,
      ...advice.map(text => `  ${text}`),
    ];
  });
}

const STOCK_NEXT = 'The store is as a stock daemon needs it; start one to serve it.';

function restLines({ options, kept, failures, traces }: Removed): readonly string[] {
  if (failures.length === 0 && traces.found.length === 0)
    return [
      kept.length === 0 ? 'no traces found' : 'no traces found besides what was kept',
      ...(options.handBack ? [STOCK_NEXT] : []),
    ];
  return [
    ...failures.map(failure => `not removed: ${failureText(failure)}`),
    ...traces.found.map(trace => `still there: ${trace}`),
    ...(failures.length > 0 ? ['Run "tenon uninstall" again once the reason is gone.'] : []),
  ];
}
