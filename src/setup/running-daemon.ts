import { normalize } from 'node:path';
import { hasCode, messageOf } from '../base/errors.ts';
import { hostNames } from '../config/layout.ts';
import type { Host } from '../host/host.ts';
import type { RunningProcess } from '../host/running.ts';
import type { ServiceManager } from '../host/services.ts';
import type { Tools } from './action.ts';
import { notReplaced } from './errors.ts';
import { places } from './places.ts';

/** One daemon below the parent that keeps it. */
export interface Instance {
  readonly pid: number;
  /** The newest one; others serve the clients that they have to the end. */
  readonly isServing: boolean;
  readonly builds: number;
  /** Undefined when this user may not look. */
  readonly clients: number | undefined;
}

/** The parent of a service's daemon (`enter --keep`), by which it is replaced while it serves. */
export interface Keeper {
  readonly pid: number;
  /** The daemon that is ready and the newest. */
  readonly serving: number;
}

const COMMANDS: readonly string[] = [hostNames.commandFile, places.packagedCommand];
const NAME = /^tenon:(\d+)$/u;
const REPLACE_TIMEOUT_MS = 60_000;
/** By then a new daemon is to be seen, even if it ends at once. */
const BEGIN_TIMEOUT_MS = 5000;
const LOOK_EVERY_MS = 100;
const UNIX_CONNECTED = '03';

/** Undefined when no daemon of the service runs, or when it runs without such a parent. */
export async function findKeeper(host: Host): Promise<Keeper | undefined> {
  const found = await host.findProcesses(
    ([program = '', word, command = '', ...args]) =>
      normalize(program).endsWith('/build/enter') &&
      word === '--keep' &&
      COMMANDS.includes(command) &&
      args[0] === 'daemon',
  );
  const keepers = await Promise.all(
    found.map(async ({ pid }) => ({ pid, serving: await readServing(host, pid) })),
  );
  return keepers.find((keeper): keeper is Keeper => keeper.serving !== undefined);
}

/** The daemons below it, the newest last. */
export async function listInstances(host: Host, { pid, serving }: Keeper): Promise<Instance[]> {
  const all = await host.findProcesses(() => true);
  const connections = await listConnections(host);
  const instances = all.filter(({ parentPid }) => parentPid === pid);
  const looks = instances.map(async instance => ({
    pid: instance.pid,
    isServing: instance.pid === serving,
    builds: countBuilds(all, instance.pid),
    clients: await countClients(host, instance.pid, connections),
  }));
  return (await Promise.all(looks)).sort((a, b) => Number(a.isServing) - Number(b.isServing));
}

/**
 * Has another daemon, of the program that is installed by now, take over from the one that serves; that one goes on for
 * the clients that it has. Throws `setup/not-replaced` when the new one does not come up: then nothing has changed.
 */
export async function replaceDaemon(
  { host, sleep }: Pick<Tools, 'host' | 'sleep'>,
  manager: ServiceManager,
  { keeper, signal }: { readonly keeper: Keeper; readonly signal: AbortSignal },
): Promise<void> {
  const before = new Set((await childrenOf(host, keeper.pid)).map(({ pid }) => pid));
  await manager.handOver().catch(async error => {
    if (!hasCode(error, 'host/command-failed')) throw error;
    throw notReplaced(`${messageOf(error)}\n${await lastWords(manager)}`, error);
  });
  const deadline = AbortSignal.timeout(REPLACE_TIMEOUT_MS);
  const begin = AbortSignal.timeout(BEGIN_TIMEOUT_MS);
  for (let wasSeen = false; ; ) {
    const serving = await readServing(host, keeper.pid);
    if (serving !== undefined && serving !== keeper.serving) return;
    const isThere = (await childrenOf(host, keeper.pid)).some(({ pid }) => !before.has(pid));
    const isOver = !isThere && (wasSeen || begin.aborted);
    if (isOver || deadline.aborted) throw notReplaced(await lastWords(manager));
    wasSeen ||= isThere;
    await sleep(LOOK_EVERY_MS, signal);
  }
}

async function lastWords(manager: ServiceManager): Promise<string> {
  return (await manager.readLog()).trim();
}

async function readServing(host: Host, pid: number): Promise<number | undefined> {
  const name = (await host.readText(`/proc/${pid}/comm`).catch(() => undefined))?.trim() ?? '';
  const [, serving] = NAME.exec(name) ?? [];
  return serving === undefined ? undefined : Number(serving);
}

async function childrenOf(host: Host, pid: number): Promise<readonly RunningProcess[]> {
  return (await host.findProcesses(() => true)).filter(({ parentPid }) => parentPid === pid);
}

/** Each builder has a helper of its own, below the one that starts them for a daemon. */
function countBuilds(all: readonly RunningProcess[], daemon: number): number {
  const servers = all.filter(
    ({ parentPid, argv }) => parentPid === daemon && argv[1] === '--serve',
  );
  return all.filter(({ parentPid }) => servers.some(({ pid }) => pid === parentPid)).length;
}

/** The inodes of Unix sockets that were accepted: connected, and with the path that their listener had. */
async function listConnections(host: Host): Promise<ReadonlySet<string>> {
  const lines = ((await host.readText('/proc/net/unix')) ?? '').split('\n').slice(1);
  const rows = lines.map(line => line.trim().split(/\s+/u));
  return new Set(
    rows.flatMap(([, , , , , state, inode = '', path]) =>
      state === UNIX_CONNECTED && path !== undefined ? [inode] : [],
    ),
  );
}

async function countClients(
  host: Host,
  pid: number,
  connections: ReadonlySet<string>,
): Promise<number | undefined> {
  try {
    const fds = await host.list(`/proc/${pid}/fd`);
    const links = await Promise.all(fds.map(fd => host.readLink(`/proc/${pid}/fd/${fd}`)));
    const inodes = links.map(link => /^socket:\[(\d+)\]$/u.exec(link ?? '')?.[1] ?? '');
    return inodes.filter(inode => connections.has(inode)).length;
  } catch {
    return undefined;
  }
}
