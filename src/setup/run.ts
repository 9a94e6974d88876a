import { hasCode, messageOf } from '../base/errors.ts';
import { hostNames } from '../config/layout.ts';
import type { Action, Edit, Extent, Inspection, Kept, Step, Tools } from './action.ts';
import { bindStep } from './actions.ts';
import { blocked } from './errors.ts';
import type { Entry, Journal, Transaction } from './journal.ts';

/** A step, and how the host stands to it. */
export interface Survey {
  readonly step: Step;
  readonly action: Action;
  readonly inspection: Inspection<unknown> | Unknown;
}

/** This user may not look. */
interface Unknown {
  readonly state: 'unknown';
  readonly reason: string;
}

/** What happens while a plan is applied or reverted, for whoever shows it. */
export type SetupEvent =
  | { readonly event: 'start' | 'done'; readonly step: Step; readonly title: string }
  | {
      readonly event: 'failed';
      readonly step: Step;
      readonly title: string;
      readonly error: unknown;
    }
  | { readonly event: 'kept'; readonly step: Step; readonly kept: Kept }
  | { readonly event: 'rollback'; readonly error: unknown };

/** How a plan ended. */
export type Outcome =
  | { readonly outcome: 'installed' }
  | { readonly outcome: 'rolled-back'; readonly error: unknown }
  /** Left as it was when it failed, because that was asked for. */
  | { readonly outcome: 'partial'; readonly error: unknown }
  | {
      readonly outcome: 'incomplete';
      readonly error: unknown;
      readonly failures: readonly Failure[];
    };

/** What could not be undone, and why. */
export interface Failure {
  readonly what: string;
  readonly error: unknown;
}

/** Looks at the host for every step; the second look is for steps that depend on others. */
export async function survey(steps: readonly Step[], tools: Tools): Promise<readonly Survey[]> {
  const first = await lookAtAll(steps, tools, new Set());
  return await lookAtAll(steps, tools, idsToDo(first));
}

/** The files that would get another text. */
export function editsOf(surveys: readonly Survey[]): readonly Edit[] {
  return surveys.flatMap(({ action, inspection }) =>
    inspection.state === 'todo' ? (action.edit(inspection.undo) ?? []) : [],
  );
}

export function idsToDo(surveys: readonly Survey[]): ReadonlySet<string> {
  const todo = surveys.filter(({ inspection }) => inspection.state === 'todo');
  return new Set(todo.map(({ step }) => step.id));
}

async function lookAtAll(
  steps: readonly Step[],
  tools: Tools,
  todo: ReadonlySet<string>,
): Promise<readonly Survey[]> {
  const surveys: Survey[] = [];
  for (const step of steps) {
    const action = bindStep(step);
    const inspection = await action.inspect(tools, isStale(step, todo)).catch(asUnknown);
    surveys.push({ step, action, inspection });
  }
  return surveys;
}

function asUnknown(error: unknown): Unknown {
  if (!hasCode(error, 'EACCES') && !hasCode(error, 'EPERM')) throw error;
  return { state: 'unknown', reason: messageOf(error) };
}

function isStale({ redoWith = [] }: Step, todo: ReadonlySet<string>): boolean {
  return redoWith.some(id => todo.has(id));
}

/** Applies what is to do of the journal's open plan; when an action fails, undoes all of them. */
export async function* finish(
  journal: Journal,
  tools: Tools,
  signal: AbortSignal,
  { keepPartial = false }: { readonly keepPartial?: boolean } = {},
): AsyncGenerator<SetupEvent, Outcome> {
  const { open } = journal.history;
  if (open === undefined) return { outcome: 'installed' };
  try {
    yield* applyAll(journal, open, { tools, signal });
  } catch (error) {
    if (keepPartial) return { outcome: 'partial', error };
    yield { event: 'rollback', error };
    const failures = yield* rollBack(journal, tools);
    if (failures.length > 0) return { outcome: 'incomplete', error, failures };
    return { outcome: 'rolled-back', error };
  }
  await journal.write({ record: 'commit' });
  for (const step of open.steps) await bindStep(step).commit(tools);
  return { outcome: 'installed' };
}

interface Means {
  readonly tools: Tools;
  readonly signal: AbortSignal;
}

async function* applyAll(
  journal: Journal,
  open: Transaction,
  means: Means,
): AsyncGenerator<SetupEvent> {
  const isApplied = new Set(open.entries.filter(each => each.isApplied).map(each => each.step.id));
  for (const step of open.steps) {
    if (open.todo.has(step.id) && !isApplied.has(step.id))
      yield* applyOne(journal, { step, isStale: isStale(step, open.todo) }, means);
  }
}

async function* applyOne(
  journal: Journal,
  { step, isStale }: { step: Step; isStale: boolean },
  { tools, signal }: Means,
): AsyncGenerator<SetupEvent> {
  signal.throwIfAborted();
  const action = bindStep(step);
  const inspection = await action.inspect(tools, isStale);
  if (inspection.state === 'conflict') throw blocked([inspection.reason], CONFLICT_HINT);
  const wasBegun = journal.history.open?.entries.some(entry => entry.step.id === step.id);
  if (inspection.state === 'done' && !wasBegun) return;
  const title = action.title(inspection.state === 'todo' ? inspection.change : 'create');
  yield { event: 'start', step, title };
  if (inspection.state === 'todo')
    await journal.write({ record: 'apply', id: step.id, undo: inspection.undo });
  try {
    await action.apply(tools, signal);
  } catch (error) {
    yield { event: 'failed', step, title, error };
    throw error;
  }
  await journal.write({ record: 'applied', id: step.id });
  yield { event: 'done', step, title };
}

const CONFLICT_HINT = 'Move it away or decide what to do with it, then run "tenon setup" again';

const ROLLBACK = { extent: 'rollback', isForced: false, keep: () => undefined } as const;

/** Undoes the journal's open plan, as far as it went. Gives what could not be undone. */
export async function* rollBack(
  journal: Journal,
  tools: Tools,
): AsyncGenerator<SetupEvent, readonly Failure[]> {
  const entries = journal.history.open?.entries ?? [];
  const failures = yield* revertAll(journal, entries, { tools, ...ROLLBACK });
  if (failures.length === 0) await journal.tryWrite({ record: 'rollback' });
  return failures;
}

/** How far an uninstall goes. */
export interface Removal {
  readonly extent: 'uninstall' | 'purge';
  /** What somebody changed since setup goes as well. */
  readonly isForced: boolean;
  /** Why a step's work is to stay; undefined for what goes. */
  readonly keep: (step: Step) => Kept | undefined;
  /** Writes down in the journal what it does not name; runs once no plan is open any more. */
  readonly recordRest: () => Promise<void>;
}

/** Undoes everything that setup ever did here, newest first, past any failure. */
export async function* uninstall(
  journal: Journal,
  tools: Tools,
  removal: Removal,
): AsyncGenerator<SetupEvent, readonly Failure[]> {
  const unfinished = yield* rollBackOpen(journal, tools);
  const known = new Set(journal.history.installed.map(({ step }) => step.id));
  if (unfinished.length === 0) await removal.recordRest();
  // What no journal named was there before what this one names.
  const { installed: all } = journal.history;
  const isKnown = ({ step }: Entry) => known.has(step.id);
  const installed = [...all.filter(entry => !isKnown(entry)), ...all.filter(isKnown)];
  const failures = [
    ...unfinished,
    ...(yield* revertAll(journal, installed, { tools, ...removal })),
  ];
  if (failures.length === 0) await tools.host.removeTree(hostNames.logDir);
  return failures;
}

async function* rollBackOpen(
  journal: Journal,
  tools: Tools,
): AsyncGenerator<SetupEvent, readonly Failure[]> {
  return journal.history.open === undefined ? [] : yield* rollBack(journal, tools);
}

async function* revertAll(
  journal: Journal,
  entries: readonly Entry[],
  { tools, ...how }: Reverting,
): AsyncGenerator<SetupEvent, readonly Failure[]> {
  const failures: Failure[] = [];
  for (const entry of entries.toReversed()) {
    const { step } = entry;
    try {
      yield* revertOne(journal, entry, { tools, ...how });
    } catch (error) {
      failures.push({ what: step.id, error });
      yield { event: 'failed', step, title: step.id, error };
    }
  }
  return failures;
}

interface Reverting extends Pick<Removal, 'isForced' | 'keep'> {
  readonly tools: Tools;
  readonly extent: Extent;
}

async function* revertOne(
  journal: Journal,
  { step, undo }: Entry,
  { tools, extent, isForced, keep }: Reverting,
): AsyncGenerator<SetupEvent> {
  const action = bindStep(step);
  const title = action.undoText;
  yield { event: 'start', step, title };
  const kept = keep(step) ?? (await action.revert(tools, { undo, extent, isForced }));
  await journal.tryWrite({ record: 'reverted', id: step.id });
  if (kept === undefined) yield { event: 'done', step, title };
  else yield { event: 'kept', step, kept };
}

/** One line for what went wrong. */
export function failureText({ what, error }: Failure): string {
  return `${what}: ${messageOf(error)}`;
}
