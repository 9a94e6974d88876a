import { connectDaemon } from '../client/connect.ts';
import { type Environment, hostNames, type StoreLayout } from '../config/layout.ts';
import type { Settings } from '../config/settings.ts';
import type { CheckContext, Configuration } from '../doctor/context.ts';
import { readKernelFacts } from '../doctor/kernel-facts.ts';
import { checkEnvironment } from '../env/check.ts';
import { probeSandbox } from '../host/enter.ts';
import type { Host } from '../host/host.ts';
import { currentIds } from '../host/store-files.ts';
import { userNames, type WantedUsers } from '../setup/accounts.ts';
import { enterPath } from './program-folder.ts';

interface Surroundings {
  readonly host: Host;
  readonly layout: StoreLayout;
  readonly settings: Settings;
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
  return {
    host,
    uid,
    env,
    layout,
    settings,
    configuration: surroundings.configuration ?? NOTHING_WRONG,
    nowMs: Date.now(),
    socketPath: layout.socketPath,
    service: hostNames.service,
    buildUsers: {
      group: settings.buildUsersGroup || users.group,
      names: userNames(users),
    },
    sandbox: { file: layout.nixConfFile, value: SANDBOX_VALUES[settings.sandbox] },
    probeSandbox: once(() => probeSandbox(enterPath, signal)),
    readKernelFacts: once(() => readKernelFacts(host, uid)),
    readEnvironment: once(() =>
      checkEnvironment(host, { pid: process.pid, uid, env, signal }, { scope: 'any' }),
    ),
    handshake: async limit => {
      using _connection = await connectDaemon(layout.socketPath, {
        storeDir: layout.storeDir,
        signal: limit,
      });
    },
  };
}

/** How long a check may take. */
export const CHECK_TIMEOUT_MS = 5000;

function once<T>(look: () => Promise<T>): () => Promise<T> {
  let looking: Promise<T> | undefined;
  return () => {
    looking ??= look();
    return looking;
  };
}
