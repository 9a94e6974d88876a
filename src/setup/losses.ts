import type { Tools } from './action.ts';
import { isBlockLost, managedBlock } from './actions/managed-block.ts';
import { bindStep } from './actions.ts';
import type { Entry } from './journal.ts';

/** Something that setup put in place and that is no longer as it has to be. */
interface Loss {
  readonly path: string;
  readonly flaw: string;
  readonly isOfShells: boolean;
}

/** Kinds of which something lies on the disk; accounts and services are looked at by who asks the host for them. */
const LYING_KINDS = ['directory', 'write-file', 'link', managedBlock.kind];

/** What of an installation is missing, or has another owner or mode. What somebody edited is theirs, and no loss. */
export async function findLosses(
  installed: readonly Entry[],
  tools: Tools,
): Promise<readonly Loss[]> {
  const entries = installed.filter(
    ({ step }) => LYING_KINDS.includes(step.kind) && step.group !== 'Fixes',
  );
  const losses = await Promise.all(entries.map(entry => findLoss(entry, tools)));
  return losses.filter(loss => loss !== undefined);
}

async function findLoss(entry: Entry, tools: Tools): Promise<Loss | undefined> {
  const { group } = entry.step;
  const flaw = await findFlaw(entry, tools);
  if (flaw === undefined) return undefined;
  return { path: bindStep(entry.step).target, flaw, isOfShells: group === 'Shells' };
}

async function findFlaw({ step, undo }: Entry, tools: Tools): Promise<string | undefined> {
  if (step.kind === managedBlock.kind)
    return (await isBlockLost(tools, step)) ? 'lacks the lines of setup' : undefined;
  const action = bindStep(step);
  const inspection = await action.inspect(tools, false);
  if (inspection.state === 'done') return undefined;
  if (inspection.state === 'conflict') return inspection.reason;
  if (inspection.change === 'create') return 'is missing';
  const isEdited = (await action.findEdit(tools, undo)) !== undefined;
  return isEdited ? undefined : 'has another owner or mode';
}
