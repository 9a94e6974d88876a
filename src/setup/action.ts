import { decodeText } from '../formats/byte-string.ts';
import type { Host } from '../host/host.ts';

/** What actions work with: the host, and how to ask the daemon whether it answers. */
export interface Tools {
  readonly host: Host;
  /** Resolves once a daemon has answered at that socket; throws when there is none. */
  readonly handshake: (socketPath: string, signal: AbortSignal) => Promise<void>;
  /** Keeps the store's database as it is, for "tenon rollback". */
  readonly backUpDatabase: (signal: AbortSignal) => Promise<void>;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** How far a revert goes: a failed setup leaves nothing, an uninstall leaves the store unless it is to be purged. */
export type Extent = 'rollback' | 'uninstall' | 'purge';

/**
 * How the host stands to an action. `undo` is what revert needs to know about the host as it was; it is plain JSON,
 * because it is on disk before apply runs.
 */
export type Inspection<Undo> =
  | { readonly state: 'done' }
  | { readonly state: 'todo'; readonly change: Change; readonly undo: Undo }
  | { readonly state: 'conflict'; readonly reason: string };

export type Change = 'create' | 'modify' | 'delete';

/** The bytes of a file before and after; what does not exist is undefined. A bound action gives them as text. */
export interface Edit {
  readonly file: string;
  readonly before: string | undefined;
  readonly after: string;
}

/** Something that revert leaves on purpose. */
export interface Kept {
  readonly what: string;
  readonly reason: string;
  /** What its owner may want to do with it. */
  readonly advice?: string;
}

/** One entry of a plan, plain JSON: what kind of action, on what, and why. */
export interface Step {
  readonly id: string;
  readonly kind: string;
  readonly group: StepGroup;
  readonly reason: string;
  readonly spec: unknown;
  /** The action is to be done again when one of these is done. */
  readonly redoWith?: readonly string[];
  /** Nothing of it is left once the plan is done, so that only a rollback undoes it. */
  readonly isPassing?: boolean;
}

/** `Fixes` are what the doctor writes; setup plans none of them. */
export type StepGroup = 'Accounts' | 'Directories' | 'Files' | 'Service' | 'Shells' | 'Fixes';

interface ActionDefinition<Spec, Undo> {
  readonly kind: string;
  /** What the action works on: a path, an account, a service. */
  target(spec: Spec): string;
  describe(spec: Spec, change: Change): string;
  /** What reverting it means, for the plan. */
  describeUndo(spec: Spec): string;
  /** For actions that write text: what changes in which file. */
  edit?(spec: Spec, undo: Undo): Edit;
  /** `stale` says that something this action depends on is about to change. */
  inspect(tools: Tools, spec: Spec, stale: boolean): Promise<Inspection<Undo>>;
  /** Also finishes what a killed run left half done. */
  apply(tools: Tools, spec: Spec, signal: AbortSignal): Promise<void>;
  /** Drops what only a rollback would need, once the whole plan is done. */
  commit?(tools: Tools, spec: Spec): Promise<void>;
  /** For actions that write text: what somebody else changed since. Revert keeps it, unless it is forced. */
  findEdit?(tools: Tools, spec: Spec, undo: Undo): Promise<Edit | undefined>;
  /** Safe to repeat, and safe when apply never ran or only half. */
  revert(tools: Tools, spec: Spec, revert: Revert<Undo>): Promise<Kept | undefined>;
}

export interface Revert<Undo> {
  readonly undo: Undo;
  readonly extent: Extent;
  /** What somebody changed since goes as well. */
  readonly isForced: boolean;
}

/** An action bound to its spec. */
export interface Action {
  readonly target: string;
  readonly undoText: string;
  title(change: Change): string;
  edit(undo: unknown): Edit | undefined;
  inspect(tools: Tools, stale: boolean): Promise<Inspection<unknown>>;
  apply(tools: Tools, signal: AbortSignal): Promise<void>;
  commit(tools: Tools): Promise<void>;
  findEdit(tools: Tools, undo: unknown): Promise<Edit | undefined>;
  revert(tools: Tools, revert: Revert<unknown>): Promise<Kept | undefined>;
}

type StepDetails<Spec> = Omit<Step, 'kind' | 'spec'> & { readonly spec: Spec };

/** A kind of action, closed over its types. */
export interface ActionKind<Spec> {
  readonly kind: string;
  /** Makes a plan's entry; the spec's type is checked here. */
  step(details: StepDetails<Spec>): Step;
  /** Gives life to an entry, from a plan or from the journal. */
  bind(step: Step): Action;
}

export function defineAction<Spec, Undo>(
  definition: ActionDefinition<Spec, Undo>,
): ActionKind<Spec> {
  const { kind } = definition;
  return {
    kind,
    step: details => ({ kind, ...details }),
    bind: step => {
      // Only `step` above makes entries of this kind, and only root can write the journal.
      const spec = step.spec as Spec;
      return {
        target: definition.target(spec),
        undoText: definition.describeUndo(spec),
        title: change => definition.describe(spec, change),
        edit: undo => readable(definition.edit?.(spec, undo as Undo)),
        inspect: (tools, stale) => definition.inspect(tools, spec, stale),
        apply: (tools, signal) => definition.apply(tools, spec, signal),
        commit: async tools => await definition.commit?.(tools, spec),
        findEdit: async (tools, undo) =>
          readable(await definition.findEdit?.(tools, spec, undo as Undo)),
        revert: (tools, revert) => definition.revert(tools, spec, revert as Revert<Undo>),
      };
    },
  };
}

function readable(edit: Edit | undefined): Edit | undefined {
  if (edit === undefined) return undefined;
  const { file, before, after } = edit;
  return {
    file,
    before: before === undefined ? undefined : decodeText(before),
    after: decodeText(after),
  };
}
