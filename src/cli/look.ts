import { checks } from '../../checks/index.ts';
import { TenonError } from '../base/errors.ts';
import { hostNames, type StoreLayout, storeLayout } from '../config/layout.ts';
import type { Settings } from '../config/settings.ts';
import type { SetupSettings, SetupSources, Shell } from '../config/setup-settings.ts';
import { formatSetting, resolveSetupSettings } from '../config/setup-settings.ts';
import type { CheckResult } from '../doctor/run.ts';
import { runChecks } from '../doctor/run.ts';
import type { Facts } from '../host/facts.ts';
import type { Host } from '../host/host.ts';
import type { Init } from '../host/services.ts';
import { currentIds } from '../host/store-files.ts';
import type { Tools } from '../setup/action.ts';
import { withoutBlock } from '../setup/actions/managed-block.ts';
import { findDaemons } from '../setup/detached-daemon.ts';
import type { Existing } from '../setup/existing.ts';
import { findExisting } from '../setup/existing.ts';
import type { Installation } from '../setup/installation.ts';
import { hostInstallation, userInstallation } from '../setup/installation.ts';
import type { Mode } from '../setup/modes.ts';
import { suggestMode } from '../setup/modes.ts';
import { usersOf } from '../setup/settings.ts';
import { findShells } from '../setup/shell-steps.ts';
import { findUserShells } from '../setup/user-shells.ts';
import { CHECK_TIMEOUT_MS, createCheckContext } from './check-context.ts';
import type { CommandContext } from './command.ts';
import { brokenNixConf, noHome, noSuchRoot } from './errors.ts';
import { loadNixSettings, readConfFile } from './nix-settings.ts';
import { expectKnownNames, readTenonConf } from './setup-settings.ts';
import type { Target } from './target.ts';
import { createTools } from './tools.ts';

/** What setup was told, and what the host is, as far as it is known at once. */
export interface Surroundings {
  readonly tools: Tools;
  readonly layout: StoreLayout;
  readonly installation: Installation;
  readonly init: Init;
  /** Whether something can be started here: not in an image, and not in a chroot. */
  readonly isLive: boolean;
  /** False where what is installed is to be started by somebody else. */
  readonly isStarted: boolean;
  readonly shells: readonly Shell[];
  readonly uid: number;
  /** Whether setup has installed something here before. */
  readonly isInstalled: boolean;
  /** Where the settings come from. */
  readonly sources: SetupSources;
  readonly settings: SetupSettings;
  /** nix.conf as the daemon reads it, and as it would be without what setup wrote there. */
  readonly nix: Settings;
  readonly foreignNix: Settings;
}

/** What takes a moment to find out. */
export interface Look {
  readonly facts: Facts;
  readonly existing: Existing;
  readonly preflight: readonly PreflightResult[];
  /** Whether a daemon answers that is not the service that setup would install. */
  readonly hasStrangeDaemon: boolean;
}

/** A result without the time it took: the same host gives the same bytes. */
export type PreflightResult = Omit<CheckResult, 'durationMs'>;

/** Reads the settings; throws `config/…` when they are wrong. */
export async function readSurroundings(
  { env }: CommandContext,
  { root, flags, isStarted }: Target,
): Promise<Surroundings> {
  const layout = storeLayout({});
  const tools = createTools(layout, root);
  const { host } = tools;
  if ((await host.look('/'))?.kind !== 'directory') throw noSuchRoot(root);
  const file = await readTenonConf(host);
  expectKnownNames(file);
  const isInstalled = (await host.look(hostNames.programDir)) !== undefined;
  const told = resolveSetupSettings({ flags, env, file, detected: {} });
  const isNixConfRead = isInstalled || told.existing.value !== 'replace';
  const { nix, foreignNix } = readNixConf(host, layout, isNixConfRead);
  const init = await host.findBootInit();
  const isLive = await host.isLive();
  const shells = await findShells(host);
  const { uid } = currentIds();
  const { buildUsersGroup } = nix;
  const detected = detect({ init, mode: suggestMode({ init, uid }), shells, buildUsersGroup });
  const sources = { flags, env, file, detected };
  const settings = resolveSetupSettings(sources);
  const installation = hostInstallation;
  return {
    tools,
    layout,
    installation,
    init,
    isLive,
    isStarted,
    shells,
    uid,
    isInstalled,
    sources,
    settings,
    nix,
    foreignNix,
  };
}

/** What replaces a nix.conf takes nothing from it, and need not be able to read it. */
function readNixConf(host: Host, layout: StoreLayout, isRead: boolean) {
  const read = (path: string) => (isRead ? readConfFile(host.at(path)) : undefined);
  const foreign = (path: string) => {
    const text = read(path);
    return text === undefined ? undefined : withoutBlock(text);
  };
  try {
    return {
      nix: loadNixSettings(layout, {}, true, read).settings,
      foreignNix: loadNixSettings(layout, {}, true, foreign).settings,
    };
  } catch (error) {
    throw isSettingsError(error) ? brokenNixConf(error) : error;
  }
}

function isSettingsError(error: unknown): error is TenonError {
  return error instanceof TenonError && error.code.startsWith('config/');
}

/** The same, but for one user alone where that is the mode. Throws `cli/usage` for a user without a home. */
export async function atItsPlace(
  around: Surroundings,
  { HOME = '' }: CommandContext['env'],
): Promise<Surroundings> {
  if (around.settings.mode.value !== 'user') return around;
  if (!HOME.startsWith('/')) throw noHome();
  const { user, ...installation } = userInstallation(HOME);
  const { layout } = installation;
  const tools = createTools(layout, around.tools.host.root);
  const shells = await findUserShells(tools.host, user);
  const detected = { ...around.sources.detected, shells: formatSetting(shells) };
  const sources = { ...around.sources, detected };
  const settings = resolveSetupSettings(sources);
  return {
    ...around,
    installation: { ...installation, user },
    layout,
    tools,
    shells,
    sources,
    settings,
  };
}

/** The same, with some more said. */
export function withFlags(around: Surroundings, flags: SetupSources['flags']): Surroundings {
  const sources = { ...around.sources, flags: { ...around.sources.flags, ...flags } };
  return { ...around, sources, settings: resolveSetupSettings(sources) };
}

/** Starts every look at once. Only looks. */
export function lookAtHost(
  { env, signal }: CommandContext,
  around: Surroundings,
): { readonly [Part in keyof Look]: Promise<Look[Part]> } {
  const { tools } = around;
  return {
    facts: tools.host.readFacts(),
    existing: findExisting(tools.host, around.layout),
    preflight: runPreflight(around, env, signal),
    hasStrangeDaemon: isServedByOthers(around),
  };
}

/** What the host itself suggests: its init system, its shells, and the group that nix.conf names. */
function detect({
  init,
  mode,
  shells,
  buildUsersGroup,
}: {
  init: Init;
  mode: Mode;
  shells: readonly Shell[];
  buildUsersGroup: string;
}): SetupSources['detected'] {
  const detected = { init, mode, shells: formatSetting(shells) };
  if (buildUsersGroup === '' || buildUsersGroup === hostNames.buildGroup) return detected;
  return { ...detected, 'users.group': buildUsersGroup };
}

async function runPreflight(
  { tools, layout, nix, settings, uid, isLive }: Surroundings,
  env: CommandContext['env'],
  signal: AbortSignal,
): Promise<readonly PreflightResult[]> {
  const context = createCheckContext({
    host: tools.host,
    layout,
    settings: nix,
    users: usersOf(settings),
    env,
    signal,
  });
  const options = { signal, timeoutMs: CHECK_TIMEOUT_MS, now: () => performance.now() };
  const results = await runChecks(checks, context, { ...options, isRoot: uid === 0 });
  return results.map(({ durationMs: _, ...result }) => asPreflight(result, isLive));
}

/** Groups and checks about what setup is to make. */
const MADE_BY_SETUP = ['users', 'service', 'daemon', 'install.complete'];
/** Wrong all the same afterwards, and no reason not to begin: the daemon works, or says when it does not. */
const NO_OBSTACLES = ['mac.selinux', 'sandbox.chrooted'];
/** What is true of this kernel and its processes, and not of the host in the files. */
const OF_RUNNING_HOSTS = ['host', 'sandbox', 'service', 'daemon', 'net', 'mac', 'env', 'shell'];

/** What setup is about to make is not a finding, nor what another boot decides. */
function asPreflight(result: PreflightResult, isLive: boolean): PreflightResult {
  const { id, group, status } = result;
  if (!['error', 'warn', 'crash'].includes(status)) return result;
  const nothing = { ...result, status: 'skip', cause: null, evidence: [], fixes: [] } as const;
  if (!isLive && OF_RUNNING_HOSTS.includes(group))
    return { ...nothing, summary: 'postponed until this system runs' };
  if (MADE_BY_SETUP.includes(id) || (status === 'error' && MADE_BY_SETUP.includes(group)))
    return { ...nothing, summary: 'setup makes it' };
  if (status === 'error' && NO_OBSTACLES.includes(id)) return { ...result, status: 'warn' };
  return result;
}

async function isServedByOthers({
  tools,
  layout,
  installation,
  init,
  isLive,
}: Surroundings): Promise<boolean> {
  const { host, handshake } = tools;
  const { socketPath } = layout;
  if (!isLive) return false;
  if ((await findDaemons(host, installation.programDir)).length > 0) return false;
  if (await host.serviceManager(init, hostNames.service).isActive()) return false;
  return await handshake(socketPath, AbortSignal.timeout(CHECK_TIMEOUT_MS)).then(
    () => true,
    () => false,
  );
}
