import { setTimeout as sleep } from 'node:timers/promises';
import { checks } from '../../checks/index.ts';
import { connectDaemon } from '../client/connect.ts';
import { hostNames, type StoreLayout, storeLayout } from '../config/layout.ts';
import type { CheckContext } from '../doctor/context.ts';
import type { CheckResult } from '../doctor/run.ts';
import { runChecks } from '../doctor/run.ts';
import type { Facts } from '../host/facts.ts';
import { createHost } from '../host/host.ts';
import type { Init } from '../host/services.ts';
import type { Tools } from '../setup/action.ts';
import type { DescribedPlan } from '../setup/describe.ts';
import { describePlan } from '../setup/describe.ts';
import { gatherPlanInput } from '../setup/gather.ts';
import { findObstacles } from '../setup/obstacles.ts';
import { planSteps } from '../setup/plan.ts';
import type { Survey } from '../setup/run.ts';
import { survey } from '../setup/run.ts';
import { choicesOf, describeSettings, findUnfollowed } from '../setup/settings.ts';
import { CHECK_TIMEOUT_MS, createCheckContext } from './check-context.ts';
import type { CommandContext } from './command.ts';
import { loadNixSettings } from './nix-settings.ts';
import { programFolder } from './program-folder.ts';
import { loadSetupSettings } from './setup-settings.ts';
import type { Target } from './target.ts';

/** What setup finds on a host, and what it would do there. */
export interface Prospect {
  readonly tools: Tools;
  readonly layout: StoreLayout;
  readonly surveys: readonly Survey[];
  readonly described: DescribedPlan;
  readonly preflight: readonly PreflightResult[];
  /** Why setup cannot begin; empty when it can. */
  readonly obstacles: readonly string[];
}

/** A result without the time it took: the same host gives the same bytes. */
export type PreflightResult = Omit<CheckResult, 'durationMs'>;

/** Only looks. */
export async function lookAtHost(
  { env, signal }: CommandContext,
  { root, flags }: Target,
): Promise<Prospect> {
  const layout = storeLayout({});
  const tools = createTools(layout, root);
  const { host } = tools;
  const { settings } = loadNixSettings(layout, {}, true);
  const { buildUsersGroup } = settings;
  const facts = await host.readFacts();
  const init = await host.findInit();
  const detected = detect(init, buildUsersGroup);
  const answers = await loadSetupSettings(host, { flags, env, detected });
  const choices = choicesOf(answers);
  const { users } = choices;
  const { nologin } = facts.programs;
  const known = { layout, buildUsersGroup, programFolder, nologin, choices };
  const input = await gatherPlanInput(host, known);
  const surveys = await survey(planSteps(input), tools);
  const checkContext = createCheckContext({ host, layout, settings, users, env, signal });
  const preflight = await runPreflight(checkContext, signal);
  const hasStrangeDaemon = await isServedByOthers(tools, layout, init);
  const look = { init, facts, surveys, preflight, hasStrangeDaemon };
  return {
    tools,
    layout,
    surveys,
    described: describePlan(describeHost(facts, init), describeSettings(answers, input), surveys),
    preflight,
    obstacles: [...findUnfollowed(answers, init), ...findObstacles(look)],
  };
}

/** What the host itself suggests: its init system, and the group that nix.conf names. */
function detect(init: Init, buildUsersGroup: string) {
  if (buildUsersGroup === '' || buildUsersGroup === hostNames.buildGroup) return { init };
  return { init, 'users.group': buildUsersGroup };
}

/** What actions work with on the host at `root`. */
export function createTools({ storeDir }: StoreLayout, root: string): Tools {
  return {
    host: createHost(root),
    handshake: async (socketPath, signal) => {
      using _connection = await connectDaemon(socketPath, { storeDir, signal });
    },
    sleep: async (milliseconds, signal) => await sleep(milliseconds, undefined, { signal }),
  };
}

async function runPreflight(
  context: CheckContext,
  signal: AbortSignal,
): Promise<readonly PreflightResult[]> {
  const now = () => performance.now();
  const options = { signal, timeoutMs: CHECK_TIMEOUT_MS, now, isRoot: context.uid === 0 };
  const results = await runChecks(checks, context, options);
  return results.map(({ durationMs: _, ...result }) => asPreflight(result));
}

const MADE_BY_SETUP = ['users', 'service', 'daemon'];

/** What setup is about to make is not a finding. */
function asPreflight(result: PreflightResult): PreflightResult {
  if (result.status !== 'error' || !MADE_BY_SETUP.includes(result.group)) return result;
  return {
    ...result,
    status: 'skip',
    summary: 'setup makes it',
    cause: null,
    evidence: [],
    fixes: [],
  };
}

function describeHost({ distro, kernel, architecture }: Facts, init: string) {
  return { distro: distro.name, kernel, architecture, init };
}

/** Whether a daemon answers that is not the service that setup would install. */
async function isServedByOthers(
  { host, handshake }: Tools,
  { socketPath }: StoreLayout,
  init: Init,
): Promise<boolean> {
  if (await host.serviceManager(init, hostNames.service).isActive()) return false;
  return await handshake(socketPath, AbortSignal.timeout(CHECK_TIMEOUT_MS)).then(
    () => true,
    () => false,
  );
}
