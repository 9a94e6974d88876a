import { connectDaemon } from '../client/connect.ts';
import { type StoreLayout, storeLayout } from '../config/layout.ts';
import type { Host } from '../host/host.ts';
import type { BuildUsers, CheckContext, DaemonGreeting, OwnInstallation } from './context.ts';
import { type DaemonProcess, readDaemonProcess } from './daemon-process.ts';
import { readKernelFacts } from './kernel-facts.ts';
import { askShells } from './login-shells.ts';
import { once } from './once.ts';
import { NO_SERVICE, readServiceState } from './service-state.ts';

interface Surroundings {
  readonly host: Host;
  readonly uid: number;
  readonly layout: Pick<StoreLayout, 'socketPath' | 'storeDir'>;
  readonly own: OwnInstallation | undefined;
  readonly service: string;
  readonly buildUsers: BuildUsers;
  readonly signal: AbortSignal;
}

type HostLooks = Pick<
  CheckContext,
  | 'readKernelFacts'
  | 'readAccounts'
  | 'readServiceState'
  | 'greetDaemon'
  | 'askTrust'
  | 'findDaemonProcess'
  | 'askShells'
>;

/** Less than a check may take, so that silence is an answer. */
const GREETING_TIMEOUT_MS = 4500;
/** The init system, which listens on behalf of a service. */
const INIT_PID = 1;

/** Looks at the host, each made when the first check asks for it. */
export function createHostLooks({ host, signal, ...about }: Surroundings): HostLooks {
  const { uid, layout, service, buildUsers } = about;
  const { group, names, base } = buildUsers;
  const ids = [base, ...names.map((_, index) => base + index + 1)];
  const isOfHost = layout.socketPath === storeLayout({}).socketPath;
  const readState = async () =>
    isOfHost
      ? await readServiceState(host, service)
      : { init: await host.findInit(), ...NO_SERVICE };
  const greeting = once(() => greet(layout, signal));
  return {
    readKernelFacts: once(() => readKernelFacts(host, uid)),
    readAccounts: once(() =>
      host.readAccounts({ users: [...names, ...ids], groups: [group, ...ids] }),
    ),
    readServiceState: once(readState),
    greetDaemon: greeting,
    askTrust: async () => (await greeting().catch(() => undefined))?.trusted,
    findDaemonProcess: once(() => findProcess(host, greeting, readState)),
    askShells: once(() => askShells(host, { home: about.own?.home, signal })),
  };
}

async function greet(
  { socketPath, storeDir }: Surroundings['layout'],
  signal: AbortSignal,
): Promise<DaemonGreeting> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(GREETING_TIMEOUT_MS)]);
  using connection = await connectDaemon(socketPath, { storeDir, signal: limit });
  const { daemonVersion: version, trusted, listener } = connection;
  return { version, trusted, listenerPid: listener.pid };
}

/** The state is read after the greeting, which is what starts a service whose socket the init system holds. */
async function findProcess(
  host: Host,
  greetDaemon: () => Promise<DaemonGreeting>,
  readState: CheckContext['readServiceState'],
): Promise<DaemonProcess | undefined> {
  const greeting = await greetDaemon().catch(() => undefined);
  if (greeting === undefined) return undefined;
  const { listenerPid } = greeting;
  const pid = listenerPid === INIT_PID ? (await readState()).pid : listenerPid;
  return pid === undefined ? undefined : await readDaemonProcess(host, pid);
}
