import { type Environment, hostNames, type StoreLayout } from '../config/layout.ts';
import type { Settings } from '../config/settings.ts';
import type { CheckContext, Configuration } from '../doctor/context.ts';
import { createHostLooks } from '../doctor/host-looks.ts';
import { once } from '../doctor/once.ts';
import { checkEnvironment } from '../env/check.ts';
import { probeSandbox } from '../host/enter.ts';
import type { Host } from '../host/host.ts';
import { refusesQueries } from '../host/name-server.ts';
import { currentGroups, currentIds } from '../host/store-files.ts';
import { userNames, type WantedUsers } from '../setup/accounts.ts';
import { SCHEMA_VERSION } from '../store/schema.ts';
import { findOwnPlaces } from './own-places.ts';
import { enterPath } from './program-folder.ts';
import { readSetupState } from './setup-state.ts';
import { createTools } from './tools.ts';
import { readVersion } from './version.ts';

interface Surroundings {
  readonly host: Host;
  readonly layout: StoreLayout;
  readonly settings: Settings;
  readonly userSettings?: Settings;
  readonly configuration?: Configuration;
  readonly users: WantedUsers;
  readonly env: Environment;
  readonly signal: AbortSignal;
}

const NOTHING_WRONG: Configuration = { problems: [], warnings: [] };
const SANDBOX_VALUES = { on: 'true', off: 'false', relaxed: 'relaxed' } as const;

/** What the checks look at on this host. */
export function createCheckContext(surroundings: Surroundings): CheckContext {
  const { host, layout, settings, users, env, signal } = surroundings;
  const { uid } = currentIds();
  const own = findOwn(layout, env);
  const { service } = hostNames;
  const buildUsers = {
    group: settings.buildUsersGroup || users.group,
    base: users.base,
    names: userNames(users),
  };
  return {
    host,
    uid,
    gids: currentGroups(),
    schemaVersion: SCHEMA_VERSION,
    readVersion,
    readSetupState: once(() => readSetupState({ ...createTools(layout, host.root), host })),
    env,
    layout,
    own,
    settings,
    userSettings: surroundings.userSettings ?? settings,
    nowMs: Date.now(),
    configuration: surroundings.configuration ?? NOTHING_WRONG,
    socketPath: layout.socketPath,
    service,
    buildUsers,
    sandbox: { file: layout.nixConfFile, value: SANDBOX_VALUES[settings.sandbox] },
    probeSandbox: once(() => probeSandbox(enterPath, signal)),
    refusesQueries: address => refusesQueries(address),
    readSpace: path => host.readSpace(path),
    ...createHostLooks({ host, uid, layout, own, service, buildUsers, signal }),
    readEnvironment: once(() =>
      checkEnvironment(host, { pid: process.pid, uid, env, signal }, { scope: 'any' }),
    ),
  };
}

/** Whether the store is that of an installation which this user made without root. */
function findOwn({ storeDir }: StoreLayout, env: Environment) {
  const places = findOwnPlaces(env);
  if (places?.layout.storeDir !== storeDir) return undefined;
  return { home: places.home, hook: places.profile };
}

/** How long a check may take. */
export const CHECK_TIMEOUT_MS = 5000;
