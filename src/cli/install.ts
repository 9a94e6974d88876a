import { blocked, drifted } from '../setup/errors.ts';
import { idsToDo } from '../setup/run.ts';
import { findDrift, type SavedPlan } from '../setup/saved-plan.ts';
import { noTerminal } from '../ui/errors.ts';
import { printPlan } from '../ui/plan.ts';
import { applyPlan } from './apply.ts';
import type { CommandContext } from './command.ts';
import type { Look, Surroundings } from './look.ts';
import { lookAtHost } from './look.ts';
import { showLook } from './look-screen.ts';
import type { Prospect } from './prospect.ts';
import { makeProspect, waitForLook } from './prospect.ts';
import { isAccepted } from './review.ts';
import type { Result } from './setup-result.ts';
import { readVersion } from './version.ts';
import { askMode, askTheRest } from './wizard.ts';

export interface InstallOptions {
  /** Whether the plan is accepted without a question. */
  readonly yes: boolean;
  readonly keepPartial: boolean;
  readonly streamsEvents: boolean;
  /** The plan that is to be applied and no other, with the file it came from. */
  readonly saved: { readonly file: string; readonly plan: SavedPlan } | undefined;
}

const BLOCKED_HINT = 'Cure what is named and run "tenon setup" again; nothing was changed';

/** Looks, asks, shows the plan, applies it and proves that it works. */
export async function install(
  context: CommandContext,
  around: Surroundings,
  options: InstallOptions,
): Promise<Result> {
  const look = await lookAndShow(context, around);
  const asks = context.out.canAsk && !options.yes && options.saved === undefined;
  const { settled, prospect } = asks
    ? await ask(context, around, look)
    : { settled: around, prospect: await expectPossible(around, look) };
  expectNoDrift(options, prospect);
  const todo = [...idsToDo(prospect.surveys)];
  if (!asks || todo.length === 0) printPlan({ ...prospect.described, obstacles: [] }, context.out);
  if (todo.length === 0) return { kind: 'nothing-to-do' };
  if (!options.yes && !context.out.canAsk) throw noTerminal('Do this?', '--yes');
  if (!options.yes && !(await isAccepted(context, prospect, settled))) return { kind: 'declined' };
  const { keepPartial, streamsEvents } = options;
  const shells = settled.settings.shells.value;
  const means = {
    tools: around.tools,
    installation: around.installation,
    shells,
    keepPartial,
    streamsEvents,
    todo,
  };
  return await applyPlan(context, prospect, means);
}

async function lookAndShow(context: CommandContext, around: Surroundings): Promise<Look> {
  context.out.line(`${context.out.paint('bold', 'tenon setup')}  ·  tenon ${await readVersion()}`);
  const looking = lookAtHost(context, around);
  const all = waitForLook(looking);
  // Whoever shows it may leave at the first failure; the others have a reader all the same.
  all.catch(() => undefined);
  await showLook(context.out, around, looking);
  context.out.line();
  return await all;
}

/** The answers, and the plan that follows from them. Stops as soon as no answer could help. */
async function ask(context: CommandContext, around: Surroundings, look: Look) {
  const inMode = await askMode(context, around);
  const prospect = await expectPossible(inMode, look);
  if (idsToDo(prospect.surveys).size === 0) return { settled: inMode, prospect };
  const settled = await askTheRest(context, inMode, { look, prospect });
  return { settled, prospect: await expectPossible(settled, look) };
}

async function expectPossible(around: Surroundings, look: Look): Promise<Prospect> {
  const prospect = await makeProspect(around, look);
  if (prospect.obstacles.length > 0) throw blocked(prospect.obstacles, BLOCKED_HINT);
  return prospect;
}

function expectNoDrift({ saved }: InstallOptions, { described }: Prospect): void {
  if (saved === undefined) return;
  const drift = findDrift(saved.plan, described);
  if (drift.length > 0) throw drifted(saved.file, drift);
}
