import type { Edit, Kept } from '../setup/action.ts';
import type { Traces } from '../setup/leftovers.ts';
import type { RemovalPlan, RemovalWish } from '../setup/removal-plan.ts';
import type { Failure } from '../setup/run.ts';
import { failureText } from '../setup/run.ts';
import { shownDiff } from '../ui/diff.ts';
import type { Output } from '../ui/output.ts';
import { printable } from '../ui/output.ts';
import { exitCodes } from './exit-codes.ts';
import { keptLines } from './kept-lines.ts';
import { doneGroups } from './task-events.ts';

export interface Options extends RemovalWish {
  readonly yes: boolean;
  /** Shows the plan and nothing more. */
  readonly dryRun: boolean;
  readonly root: string;
  readonly mayElevate: boolean;
  readonly format: 'text' | 'json' | 'events';
  /** The command line, for whoever runs it again as root. */
  readonly argv: readonly string[];
}

export interface Removed {
  readonly kind: 'removed';
  readonly options: Options;
  readonly plan: RemovalPlan;
  readonly kept: readonly Kept[];
  readonly failures: readonly Failure[];
  readonly traces: Traces;
}

export type Result =
  | { readonly kind: 'planned' | 'declined'; readonly plan: RemovalPlan }
  /** Another process did it, as root, and said all there is to say. */
  | { readonly kind: 'elevated'; readonly status: number }
  | {
      readonly kind: 'nothing-installed';
      readonly kept: readonly Kept[];
      readonly traces: Traces;
    }
  | Removed;

/** Says what will go and what will stay, before anything does. */
export function announce(plan: RemovalPlan, wish: RemovalWish, out: Output): void {
  out.line(out.paint('bold', 'tenon uninstall'));
  for (const group of doneGroups(plan.undo)) {
    const count = plan.undo.filter(step => step.group === group).length;
    if (count > 0) out.line(`  undo ${String(count).padStart(3)}  ${group}`);
  }
  if (plan.byInspection) out.line('  undo      what the journal does not name and is of tenon');
  if (plan.gone.length > 0) out.line(`  gone      ${shorten(plan.gone)}`);
  for (const edit of plan.edits)
    for (const line of editLines(edit, wish)) out.line(printable(line));
  for (const line of [...storeLines(plan, wish), ...userDataLines(plan, wish)])
    out.line(printable(line));
}

const MOST_NAMES = 6;

function shorten(names: readonly string[]): string {
  const rest = names.length - MOST_NAMES;
  const shown = names.slice(0, MOST_NAMES).join(', ');
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}

function editLines(edit: Edit, { force }: RemovalWish): readonly string[] {
  const { file } = edit;
  const fate = force
    ? `  remove    ${file}, although it was edited after setup`
    : `  keep      ${file}: it was edited after setup; --force removes it`;
  return [fate, ...shownDiff(edit).map(line => `            ${line}`)];
}

function storeLines({ store }: RemovalPlan, wish: RemovalWish): readonly string[] {
  const { paths, entries, sizeMib } = store;
  const [storeDir, ...others] = paths;
  if (storeDir === undefined) return [];
  const size = sizeMib === null ? '' : `, ${sizeMib} MiB`;
  const all = [`${storeDir} (${entries} entries${size})`, ...others].join(', ');
  if (wish.purgeStore) return [`  delete    ${all}`];
  if (wish.handBack) return [`  keep      ${all}, the build users and nix.conf`];
  return [`  keep      ${all}; --purge-store deletes them`];
}

function userDataLines({ userData }: RemovalPlan, { purgeUsers }: RemovalWish): readonly string[] {
  if (userData.length === 0) return [];
  return purgeUsers
    ? userData.map(path => `  delete    ${path}`)
    : [`  keep      ${shorten(userData)}: of users; --purge-users deletes them`];
}

export function linesOf(result: Result): readonly string[] {
  switch (result.kind) {
    case 'nothing-installed':
      return [
        'Nothing to do: setup has installed nothing here.',
        ...keptLines(result.kept),
        searchedLine(result.traces),
        noTraces(result.kept),
      ];
    case 'elevated':
      return [];
    case 'planned':
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

function noTraces(kept: readonly Kept[]): string {
  return kept.length === 0 ? 'no traces found' : 'no traces found besides what was kept';
}

const STOCK_NEXT = 'The store is as a stock daemon needs it; start one to serve it.';

function restLines({ options, kept, failures, traces }: Removed): readonly string[] {
  if (failures.length === 0 && traces.found.length === 0)
    return [noTraces(kept), ...(options.handBack ? [STOCK_NEXT] : [])];
  return [
    ...failures.map(failure => `not removed: ${failureText(failure)}`),
    ...traces.found.map(trace => `still there: ${trace}`),
    ...(failures.length > 0 ? ['Run "tenon uninstall" again once the reason is gone.'] : []),
  ];
}

export function exitCodeFor(result: Result): number {
  switch (result.kind) {
    case 'planned':
    case 'nothing-installed':
      return exitCodes.done;
    case 'declined':
      return exitCodes.cancelled;
    case 'elevated':
      return result.status;
    case 'removed': {
      const isComplete = result.failures.length === 0 && result.traces.found.length === 0;
      return isComplete ? exitCodes.done : exitCodes.incomplete;
    }
    default:
      return result satisfies never;
  }
}

/** The plan, for programs. */
export function planDocument({ edits, ...plan }: RemovalPlan) {
  return { ...plan, edits: edits.map(edit => ({ file: edit.file, diff: shownDiff(edit) })) };
}

/** How it ended, for programs. */
export function documentOf(result: Exclude<Result, { kind: 'elevated' }>) {
  const removed = result.kind === 'removed' ? result : undefined;
  return {
    schemaVersion: 1,
    result: result.kind,
    exitCode: exitCodeFor(result),
    plan: 'plan' in result ? planDocument(result.plan) : null,
    kept: 'kept' in result ? result.kept : [],
    notRemoved: (removed?.failures ?? []).map(failureText),
    searched: 'traces' in result ? result.traces.searched : [],
    found: 'traces' in result ? result.traces.found : [],
  };
}
