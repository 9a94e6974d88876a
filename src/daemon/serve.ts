import { dirname } from 'node:path';
import { setTimeout as sleep, setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { BuildLogs } from '../build/build-logs.ts';
import { Builder } from '../build/builder.ts';
import type { Environment, StoreLayout } from '../config/layout.ts';
import type { Settings } from '../config/settings.ts';
import { isStorePath } from '../formats/store-path.ts';
import type { ByteChannel } from '../host/byte-channel.ts';
import { EnterServer } from '../host/enter-server.ts';
import { Names } from '../host/names.ts';
import { findListenFd, listenAt, listenOn } from '../host/socket.ts';
import { setUmask } from '../host/store-files.ts';
import { explained } from '../host/system-error.ts';
import { Store } from '../store/store.ts';
import { removeStaleTempRoots } from '../store/temp-roots.ts';
import { listStaleTemporaries } from '../store/temporary.ts';
import { Trees } from '../store/trees/trees.ts';
import { findBuildUsers, storeGroup } from './build-accounts.ts';
import { Clients } from './clients.ts';
import { StoreKeeper } from './store-keeper.ts';

const TREE_WORKERS = 2;
const UMASK = 0o022;
const MS = 1000;
/** How long a daemon that was replaced goes on accepting. */
const LAST_CLIENTS_MS = 1000;

/** A line for the daemon's own log. */
export type LogLine = (level: 'error' | 'warn' | 'info', message: string) => void;

export interface DaemonOptions {
  readonly layout: StoreLayout;
  readonly settings: Settings;
  /** The daemon's own environment. */
  readonly env: Environment;
  /** The compiled sandbox helper. */
  readonly enterPath: string;
  /** What clients are told that they talk to. */
  readonly version: string;
  readonly cpuCount: number;
  readonly log: LogLine;
  /** Aborted to stop: no new clients, and those that are here are served to the end of what they asked for. */
  readonly signal: AbortSignal;
  /** Aborted once another daemon serves the socket: no new clients, and the end when those that are here have left. */
  readonly replaced: AbortSignal;
  /** Called once clients are served. */
  readonly onReady: () => void;
}

/** Serves a store to clients until told to stop. Nothing of it is left running when this returns. */
export async function serveDaemon(options: DaemonOptions): Promise<void> {
  const { layout, settings, env, enterPath, cpuCount, log, signal } = options;
  // Ordinary users read the store and its database directly, whatever the service manager or shell is set to.
  setUmask(UMASK);
  const names = new Names();
  const nowUnix = () => Math.floor(Date.now() / MS);
  await using trees = new Trees({ workers: TREE_WORKERS });
  await using builder = new Builder({
    enter: new EnterServer(enterPath, `${layout.stateDir}/tenon-enter-${process.pid}`),
    findBuildUsers: () => findBuildUsers(settings, names),
    logs: new BuildLogs(layout.buildLogDir),
    env,
    cpuCount,
    nowUnix,
  });
  const open = async () => {
    const storeOptions = {
      layout,
      useWal: settings.useSqliteWal,
      fsyncMetadata: settings.fsyncMetadata,
      allowSymlink: settings.allowSymlinkedStore || env.NIX_IGNORE_SYMLINK_STORE === '1',
      buildGroupId: await storeGroup(settings, names),
    };
    const store = await Store.open(storeOptions, { trees, nowUnix }, signal);
    await removeStale(store, settings.buildDir ?? layout.buildsDir, log);
    return store;
  };
  await using keeper = new StoreKeeper(open, layout.stateDir);
  using _first = await keeper.lend();
  await using clients = new Clients({ ...options, names, builder, keeper });
  await welcomeClients(options, clients);
  if (!signal.aborted) {
    log(
      'info',
      'replaced by another daemon: no new clients, waiting until those that are here leave',
    );
    await clients.haveLeft(signal);
  }
  log('info', 'stopping: no new clients, waiting for requests that are being served');
}

/** Listens until it is time to stop. */
async function welcomeClients(options: DaemonOptions, clients: Clients): Promise<void> {
  const { layout, env, log, signal, replaced, onReady } = options;
  using _listener = await listen(options, channel => clients.welcome(channel));
  log('info', `serving ${layout.storeDir} on ${layout.socketPath}`);
  onReady();
  await aborted(AbortSignal.any([signal, replaced]));
  // The queue of a socket that systemd made stays; some may wait in that of our own.
  if (signal.aborted || findListenFd(env, process.pid) !== undefined) return;
  await sleep(LAST_CLIENTS_MS, undefined, { signal }).catch(() => undefined);
  // However long the event loop was busy: they are accepted before.
  await turnOfTheLoop();
}

async function listen(
  { layout, env }: DaemonOptions,
  onChannel: (channel: ByteChannel) => void,
): Promise<Disposable> {
  const fd = findListenFd(env, process.pid);
  if (fd !== undefined) return await listenOn(fd, onChannel);
  try {
    return await listenAt(layout.socketPath, onChannel);
  } catch (error) {
    throw explained(error, { what: 'listen for clients', place: dirname(layout.socketPath) });
  }
}

/** What daemons left that died: names that nobody protects any more. */
async function removeStale(store: Store, buildsDir: string, log: LogLine): Promise<void> {
  removeStaleTempRoots(store.layout.tempRootsDir);
  for (const path of listStaleTemporaries(store.layout, buildsDir)) {
    if (isStorePath(store.layout.storeDir, path) && store.isValid(path)) continue;
    log('info', `removing '${path}', left by a daemon that died`);
    await store.trees.remove(path);
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>(resolve => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
