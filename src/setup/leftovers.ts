import { dirname, join } from 'node:path';
import { hostNames, type StoreLayout } from '../config/layout.ts';
import type { Host } from '../host/host.ts';
import { openrcLog } from '../host/services.ts';
import type { Entry } from './journal.ts';
import { places } from './places.ts';

/** Every path that setup or the running service can leave, the store aside. */
function tracePaths({ socketPath }: StoreLayout): readonly string[] {
  const { service, programDir, commandFile, tenonConfFile, stateDir, runDir, logDir } = hostNames;
  const units = [`${service}.service`, `${service}.socket`];
  return [
    programDir,
    commandFile,
    dirname(tenonConfFile),
    stateDir,
    runDir,
    logDir,
    socketPath,
    places.profile,
    places.fishProfile,
    places.tmpfiles,
    ...units.map(unit => join(places.systemdUnits, unit)),
    ...units.map(unit => join(places.systemdUnits, `${unit}.d`)),
    join(places.systemdUnits, 'sockets.target.wants', `${service}.socket`),
    join(places.openrcScripts, service),
    join(places.openrcSettings, service),
    join('/etc/runlevels/default', service),
    openrcLog(service),
  ];
}

interface Sweep {
  readonly layout: StoreLayout;
  /** What was installed. */
  readonly entries: readonly Entry[];
  /** What was left on purpose. */
  readonly kept: readonly string[];
}

/** What is still there of what should be gone. */
export async function findTraces(
  host: Host,
  { layout, entries, kept }: Sweep,
): Promise<readonly string[]> {
  const paths = tracePaths(layout).filter(path => !kept.some(each => isAtOrAbove(path, each)));
  const looks = await Promise.all(paths.map(path => host.look(path)));
  const left = paths.filter((_, index) => looks[index] !== undefined);
  return [...left, ...(await findAccounts(host, entries, kept))];
}

function isAtOrAbove(path: string, other: string): boolean {
  return `${other}/`.startsWith(`${path}/`);
}

async function findAccounts(
  host: Host,
  entries: readonly Entry[],
  kept: readonly string[],
): Promise<readonly string[]> {
  const accounts = entries.flatMap(({ step }) =>
    step.kind === 'user' || step.kind === 'group' ? [step.id.replace(':', ' ')] : [],
  );
  const looks = await Promise.all(
    accounts.map(account => {
      const [kind, name = ''] = account.split(' ');
      return kind === 'user' ? host.findUser(name) : host.findGroup(name);
    }),
  );
  return accounts.filter((name, index) => looks[index] !== undefined && !kept.includes(name));
}

/** Deletes the store with all that belongs to it, whoever made it. */
export async function removeStore(host: Host, layout: StoreLayout): Promise<void> {
  for (const path of [layout.storeDir, layout.stateDir, layout.logDir]) {
    await host.removeTree(path);
    await removeEmptyAbove(host, dirname(path));
  }
}

async function removeEmptyAbove(host: Host, path: string): Promise<void> {
  if (path === '/' || !(await host.removeEmpty(path))) return;
  await removeEmptyAbove(host, dirname(path));
}
