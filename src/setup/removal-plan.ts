import type { StoreLayout } from '../config/layout.ts';
import type { Host } from '../host/host.ts';
import type { Edit, Kept, Step, StepGroup, Tools } from './action.ts';
import { bindStep } from './actions.ts';
import type { Installation } from './installation.ts';
import type { Entry } from './journal.ts';
import { findAbsent, findEdits, findUserData, keepForPortage, keepForStock } from './removal.ts';
import { measureTrees } from './tree-size.ts';

/** How much an uninstall is to take away. */
export interface RemovalWish {
  readonly purgeStore: boolean;
  readonly purgeUsers: boolean;
  readonly handBack: boolean;
  /** Portage removes or keeps its package by itself. */
  readonly keepPackage: boolean;
  readonly byInspection: boolean;
  readonly force: boolean;
}

/** What an uninstall is about to do, before it does anything. */
export interface RemovalPlan {
  /** The newest first, as they will be undone. */
  readonly undo: readonly PlannedUndo[];
  /** Whether what no journal names is looked for, and goes as well. */
  readonly byInspection: boolean;
  /** What somebody has taken away already. */
  readonly gone: readonly string[];
  /** What setup wrote and somebody changed since. */
  readonly edits: readonly Edit[];
  readonly store: PlannedStore;
  /** What Nix programs left in homes. */
  readonly userData: readonly string[];
  /** Folders and files that go although no step made them. */
  readonly deletes: readonly string[];
  readonly keeps: readonly Kept[];
}

interface PlannedUndo {
  readonly id: string;
  readonly group: StepGroup;
  readonly target: string;
  readonly undo: string;
}

interface PlannedStore {
  readonly paths: readonly string[];
  readonly entries: number;
  /** Null where it takes too long to find out. */
  readonly sizeMib: number | null;
}

/** Only looks. */
export async function planRemoval(
  tools: Tools & { readonly installation: Installation },
  entries: readonly Entry[],
  wish: RemovalWish,
): Promise<RemovalPlan> {
  const { layout, user } = tools.installation;
  const steps = entries.map(({ step }) => step).toReversed();
  const stays = (step: Step) => keepFor(wish, step, layout);
  const edits = await findEdits(entries, tools);
  const store = await lookAtStore(tools.host, layout);
  const userData = await findUserData(tools.host, user?.home);
  return {
    undo: steps.filter(step => stays(step) === undefined).map(describeUndo),
    byInspection: wish.byInspection,
    gone: await findAbsent(entries, tools),
    edits,
    store,
    userData,
    deletes: [...(wish.purgeStore ? store.paths : []), ...(wish.purgeUsers ? userData : [])],
    keeps: [
      ...steps.map(stays).filter(kept => kept !== undefined),
      ...(wish.force ? [] : edits.map(({ file }) => ({ what: file, ...EDITED }))),
      ...(wish.purgeStore ? [] : store.paths.map(what => ({ what, ...keptStore(wish) }))),
      ...(wish.purgeUsers ? [] : userData.map(what => ({ what, ...USERS_OWN }))),
    ],
  };
}

/** Why the work of a step stays although everything else goes. */
export function keepFor(
  { handBack, keepPackage }: Pick<RemovalWish, 'handBack' | 'keepPackage'>,
  step: Step,
  layout: StoreLayout,
): Kept | undefined {
  return (
    (handBack ? keepForStock(step, layout) : undefined) ??
    (keepPackage ? keepForPortage(step) : undefined)
  );
}

const EDITED = { reason: 'it was edited after setup', advice: '--force removes it' };
const USERS_OWN = { reason: 'it belongs to a user', advice: '--purge-users deletes it' };

function keptStore({ handBack }: RemovalWish): Omit<Kept, 'what'> {
  return handBack
    ? { reason: 'the stock daemon needs it' }
    : { reason: 'it holds what was built', advice: '--purge-store deletes it' };
}

function describeUndo(step: Step): PlannedUndo {
  const { target, undoText } = bindStep(step);
  return { id: step.id, group: step.group, target, undo: undoText };
}

async function lookAtStore(
  host: Host,
  { storeDir, stateDir, logDir }: StoreLayout,
): Promise<PlannedStore> {
  const all = [storeDir, stateDir, logDir];
  const looks = await Promise.all(all.map(path => host.look(path)));
  const paths = all.filter((_, index) => looks[index] !== undefined);
  const entries = (await host.list(storeDir)).length;
  return { paths, entries, sizeMib: (await measureTrees(host, paths)) ?? null };
}
