import { storeLayout } from '../config/layout.ts';
import type { Facts } from '../host/facts.ts';
import { currentIds } from '../host/store-files.ts';
import { flawsOfUsers } from '../setup/accounts.ts';
import type { Step } from '../setup/action.ts';
import type { DescribedPlan } from '../setup/describe.ts';
import { describePlan } from '../setup/describe.ts';
import type { Existing } from '../setup/existing.ts';
import { isForeign } from '../setup/existing.ts';
import { gatherPlanInput } from '../setup/gather.ts';
import { findObstacles } from '../setup/obstacles.ts';
import { type PlanInput, planSteps } from '../setup/plan.ts';
import { findReadOnly } from '../setup/read-only.ts';
import type { Survey } from '../setup/run.ts';
import { survey } from '../setup/run.ts';
import { START_STEP } from '../setup/service-steps.ts';
import { describeSettings, findUnfollowed } from '../setup/settings.ts';
import { planUserSteps } from '../setup/user-plan.ts';
import { findUserShellFiles } from '../setup/user-shells.ts';
import type { CommandContext } from './command.ts';
import type { Look, PreflightResult, Surroundings } from './look.ts';
import { atItsPlace, lookAtHost, readSurroundings } from './look.ts';
import { programFolder } from './program-folder.ts';
import type { Target } from './target.ts';

/** What setup would do on a host. */
export interface Prospect {
  readonly surveys: readonly Survey[];
  readonly described: DescribedPlan;
  readonly preflight: readonly PreflightResult[];
  /** Why setup cannot begin; empty when it can. */
  readonly obstacles: readonly string[];
}

/** Looks, and plans with what it was told. */
export async function foresee(context: CommandContext, target: Target): Promise<Prospect> {
  const around = await atItsPlace(await readSurroundings(context, target), context.env);
  return await makeProspect(around, await waitForLook(lookAtHost(context, around)));
}

export async function waitForLook(looking: ReturnType<typeof lookAtHost>): Promise<Look> {
  const [facts, existing, preflight, hasStrangeDaemon] = await Promise.all([
    looking.facts,
    looking.existing,
    looking.preflight,
    looking.hasStrangeDaemon,
  ]);
  return { facts, existing, preflight, hasStrangeDaemon };
}

/** The plan that follows from the settings. Only looks. */
export async function makeProspect(around: Surroundings, look: Look): Promise<Prospect> {
  const { tools, init, settings } = around;
  const { facts, preflight } = look;
  const gathered = await gatherPlanInput(tools.host, {
    layout: storeLayout({}),
    nixConf: around.foreignNix,
    programFolder,
    nologin: facts.programs.nologin,
    settings,
  });
  // Only what is not of tenon yet can be replaced.
  const input = around.isInstalled ? { ...gathered, existing: 'adopt' as const } : gathered;
  const surveys = await survey(await planAll(around, input), tools);
  const host = describeHost(facts, { init, root: tools.host.root });
  return {
    surveys,
    described: describePlan(host, describeSettings(settings, input), surveys),
    preflight,
    obstacles: [
      ...findUnfollowed(settings, init),
      ...existingObstacles(look.existing, settings.existing.value),
      ...accountObstacles(around, input),
      ...findObstacles({ ...around, ...look, mode: settings.mode.value, surveys }),
      ...(await readOnlyObstacles(around, surveys)),
    ],
  };
}

async function planAll(around: Surroundings, input: PlanInput): Promise<readonly Step[]> {
  const steps = await planEverything(around, input);
  return around.isStarted ? steps : steps.filter(({ id }) => id !== START_STEP);
}

async function planEverything(
  { tools: { host }, installation: { user }, uid }: Surroundings,
  input: PlanInput,
): Promise<readonly Step[]> {
  if (user === undefined) return planSteps(input);
  const { gid } = currentIds();
  const hasManager = await host.hasUserManager(uid);
  const hasNixConf = (await host.look(user.layout.nixConfFile)) !== undefined;
  const shellFiles = await findUserShellFiles(host, user);
  const about = { places: user, uid, gid, hasManager, hasNixConf, shellFiles };
  return planUserSteps({ ...input, ...about });
}

/** An ordinary user cannot tell what root may write. */
async function readOnlyObstacles(
  { tools, uid }: Surroundings,
  surveys: readonly Survey[],
): Promise<readonly string[]> {
  if (uid !== 0) return [];
  const folders = await findReadOnly(tools.host, surveys);
  return folders.map(folder => `nothing can be written to ${folder}, it is read-only`);
}

/** Who builds, and who may use the daemon, where accounts play a part. */
function accountObstacles(
  { installation, settings }: Surroundings,
  { accounts, users, accessGroup }: PlanInput,
): readonly string[] {
  if (installation.user !== undefined) return [];
  const hasAccess = accessGroup === '' || accounts.groups.some(({ name }) => name === accessGroup);
  return [
    ...flawsOfUsers(accounts, users).map(
      flaw => `users.group is "${settings['users.group'].value}", and ${flaw}`,
    ),
    ...(hasAccess ? [] : [`access.group is "${accessGroup}", and there is no such group`]),
  ];
}

function existingObstacles(existing: Existing, wanted: string): readonly string[] {
  if (wanted !== 'stop' || !isForeign(existing)) return [];
  return ['a store or a daemon of another is here, and existing is "stop"'];
}

function describeHost(
  { distro, kernel, architecture }: Facts,
  { init, root }: { init: string; root: string },
) {
  return { distro: distro.name, kernel, architecture, init, root };
}
