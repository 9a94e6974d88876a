import { dirname, join } from 'node:path';
import { hasCode } from '../base/errors.ts';
import { fixFiles, hostNames, type StoreLayout } from '../config/layout.ts';
import type { Host } from '../host/host.ts';
import { type Init, openrcLog } from '../host/services.ts';
import { BUILD_USER_COMMENT } from './account-steps.ts';
import type { Kept } from './action.ts';
import { findDaemons } from './detached-daemon.ts';
import type { Entry } from './journal.ts';
import { places } from './places.ts';
import { findServiceLinks, unitsOf } from './service-links.ts';
import type { UserPlaces } from './user-places.ts';

const { service } = hostNames;

/** The files of this program's own, which nobody else writes. */
export const ownFiles: readonly string[] = [
  places.profile,
  places.fishProfile,
  hostNames.tenonConfFile,
  places.tmpfiles,
  ...unitsOf(service).map(unit => join(places.systemdUnits, unit)),
  join(places.openrcScripts, service),
  join(places.openrcSettings, service),
  ...Object.values(fixFiles),
];

const dropInFolders = unitsOf(service).map(unit => join(places.systemdUnits, `${unit}.d`));

/** What others than setup and the doctor have added to the units; it is theirs to remove. */
export async function findDropIns(host: Host): Promise<readonly Kept[]> {
  const lists = await Promise.all(
    dropInFolders.map(async folder =>
      (await host.look(folder))?.kind === 'directory'
        ? (await host.list(folder)).map(name => join(folder, name))
        : [],
    ),
  );
  const isOwn = (path: string) => ownFiles.some(own => [own, `${own}.tenon-new`].includes(path));
  return lists
    .flat()
    .filter(path => !isOwn(path))
    .map(what => ({ what, reason: 'setup did not write it' }));
}

/** Every path that setup or the running service can leave, the store aside. */
function tracePaths({ socketPath }: StoreLayout): readonly string[] {
  const { programDir, commandFile, stateDir, runDir, logDir } = hostNames;
  return [
    ...ownFiles,
    ...ownFiles.map(file => `${file}.tenon-new`),
    ...['', '.tenon-new', '.tenon-old'].map(end => `${programDir}${end}`),
    ...dropInFolders,
    commandFile,
    dirname(hostNames.tenonConfFile),
    stateDir,
    runDir,
    logDir,
    socketPath,
    openrcLog(service),
  ];
}

interface Sweep {
  readonly layout: StoreLayout;
  readonly init: Init;
  /** What was installed. */
  readonly entries: readonly Entry[];
  /** What was left on purpose. */
  readonly kept: readonly string[];
}

/** What a search for traces looked at, and what is still there of what should be gone. */
export interface Traces {
  readonly searched: readonly string[];
  readonly found: readonly string[];
}

export async function findTraces(host: Host, sweep: Sweep): Promise<Traces> {
  const paths = tracePaths(sweep.layout);
  const accounts = await listAccounts(host, sweep.entries);
  const found = [
    ...(await findPaths(host, paths)),
    ...(await findServiceLinks(host, [service, ...unitsOf(service)])).map(({ path }) => path),
    ...(await findAccounts(host, accounts)),
    ...(await findService(host, sweep.init)),
    ...(await findRunning(host)),
  ];
  return {
    searched: [
      `${paths.length} paths`,
      `${accounts.length} accounts`,
      'the services of every runlevel and target',
      ...(sweep.init === 'none' ? [] : [`what ${sweep.init} knows`]),
      ...(host.root === '/' ? ['the running processes'] : []),
    ],
    found: found.filter(trace => !sweep.kept.some(each => isAtOrAbove(trace, each))),
  };
}

function isAtOrAbove(path: string, other: string): boolean {
  return `${other}/`.startsWith(`${path}/`);
}

async function findPaths(host: Host, paths: readonly string[]): Promise<readonly string[]> {
  const looks = await Promise.all(paths.map(path => host.look(path)));
  return paths.filter((_, index) => looks[index] !== undefined);
}

/** `user NAME` and `group NAME`, of the journal and of those that say themselves that setup made them. */
async function listAccounts(host: Host, entries: readonly Entry[]): Promise<readonly string[]> {
  const recorded = entries.flatMap(({ step }) =>
    step.kind === 'user' || step.kind === 'group' ? [step.id.replace(':', ' ')] : [],
  );
  const { users } = await host.readAccounts({ users: [], groups: [] });
  const marked = users
    .filter(({ comment }) => comment === BUILD_USER_COMMENT)
    .map(({ name }) => `user ${name}`);
  return [...new Set([...recorded, ...marked])];
}

async function findAccounts(host: Host, accounts: readonly string[]): Promise<readonly string[]> {
  const looks = await Promise.all(
    accounts.map(account => {
      const [kind, name = ''] = account.split(' ');
      return kind === 'user' ? host.findUser(name) : host.findGroup(name);
    }),
  );
  return accounts.filter((_, index) => looks[index] !== undefined);
}

async function findService(host: Host, init: Init): Promise<readonly string[]> {
  const isKnown = await host.serviceManager(init, service).isKnown();
  return isKnown ? [`${init}: ${service}`] : [];
}

/** Processes of other hosts, which an image is for, do not count. */
async function findRunning(
  host: Host,
  programDir: string = hostNames.programDir,
): Promise<readonly string[]> {
  if (host.root !== '/') return [];
  return (await findDaemons(host, programDir)).map(pid => `process ${pid}`);
}

/** The same for what one user has installed without root. */
export async function findUserTraces(
  host: Host,
  user: UserPlaces,
  kept: readonly string[],
): Promise<Traces> {
  const paths = [user.dir, user.commandFile, user.unitFile, user.unitLink];
  const found = [...(await findPaths(host, paths)), ...(await findRunning(host, user.programDir))];
  return {
    searched: [`${paths.length} paths`, 'the running processes'],
    found: found.filter(trace => !kept.some(each => isAtOrAbove(trace, each))),
  };
}

/** Deletes the store with all that belongs to it, and empty folders below `top`. Mount points stay, empty. */
export async function removeStore(
  host: Host,
  layout: StoreLayout,
  top = '/',
): Promise<readonly Kept[]> {
  const kept: Kept[] = [];
  for (const path of [layout.storeDir, layout.stateDir, layout.logDir]) {
    if (await isEmptiedMount(host, path)) kept.push({ what: path, reason: 'it is a mount point' });
    else await removeEmptyAbove(host, dirname(path), top);
  }
  return kept;
}

/** Removes a tree; true when all of it is gone but the directory, which something is mounted on. */
async function isEmptiedMount(host: Host, path: string): Promise<boolean> {
  try {
    await host.removeTree(path);
    return false;
  } catch (error) {
    if (!hasCode(error, 'EBUSY')) throw error;
    // What cannot go itself was not even emptied.
    for (const name of await host.list(path)) await host.removeTree(join(path, name));
    return true;
  }
}

async function removeEmptyAbove(host: Host, path: string, top: string): Promise<void> {
  if (path === top || !(await host.removeEmpty(path))) return;
  await removeEmptyAbove(host, dirname(path), top);
}
