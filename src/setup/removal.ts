import { basename, join } from 'node:path';
import { hostNames, type StoreLayout } from '../config/layout.ts';
import type { Host } from '../host/host.ts';
import type { Init } from '../host/services.ts';
import type { Edit, Kept, Step, Tools } from './action.ts';
import { bindStep } from './actions.ts';
import { findDaemons, stopDaemons } from './detached-daemon.ts';
import type { Installation } from './installation.ts';
import type { Entry } from './journal.ts';

/** What a stock daemon needs as much as this one: the store, the build users and nix.conf. */
export function keepForStock(step: Step, layout: StoreLayout): Kept | undefined {
  const { confDir, nixConfFile } = layout;
  const ofConf = [`directory:${confDir}`, `file:${nixConfFile}`, `block:${nixConfFile}`];
  const isNeeded =
    (step.group === 'Accounts' && step.kind !== 'account-backups') ||
    step.group === 'Directories' ||
    ofConf.includes(step.id);
  if (!isNeeded) return undefined;
  const isAccount = step.kind === 'user' || step.kind === 'group';
  const what = isAccount ? step.id.replace(':', ' ') : bindStep(step).target;
  return { what, reason: 'the stock daemon needs it' };
}

/** The package, and what tells Portage of it. */
export function keepForPortage(step: Step): Kept | undefined {
  const isNeeded = step.kind.startsWith('gentoo-') || OF_PORTAGE.test(step.id);
  return isNeeded ? { what: bindStep(step).target, reason: 'it is for Portage' } : undefined;
}

const OF_PORTAGE = /^(?:file|block|directory):\/(?:etc\/portage|var\/db)(?:\/|$)/u;

/** What somebody changed of the files that setup wrote. */
export async function findEdits(entries: readonly Entry[], tools: Tools): Promise<readonly Edit[]> {
  const edits = entries.map(({ step, undo }) => bindStep(step).findEdit(tools, undo));
  return (await Promise.all(edits)).filter(edit => edit !== undefined);
}

const CAN_BE_GONE = ['user', 'group', 'write-file', 'link', 'program'];

/** What setup made and somebody has taken away already. */
export async function findAbsent(
  entries: readonly Entry[],
  tools: Tools,
): Promise<readonly string[]> {
  const actions = entries
    .filter(({ step }) => CAN_BE_GONE.includes(step.kind))
    .map(({ step }) => bindStep(step));
  const looks = await Promise.all(actions.map(action => action.inspect(tools, false)));
  const isAbsent = looks.map(look => look.state === 'todo' && look.change === 'create');
  return actions.filter((_, index) => isAbsent[index]).map(({ target }) => target);
}

/** The init system that can be asked and told: none for an image or a chroot. */
export async function findLiveInit(host: Host): Promise<Init> {
  return (await host.isLive()) ? await host.findInit() : 'none';
}

/**
 * Stops the daemon however it was started, also one that its init system has lost sight of. Waits for builds that run,
 * unless it is forced.
 */
export async function stopService(
  tools: Tools,
  { user, programDir }: Installation,
  isForced: boolean,
): Promise<void> {
  const { host } = tools;
  if (!(await host.isLive())) return;
  for (const pid of isForced ? await findDaemons(host, programDir) : []) host.kill(pid, 'SIGKILL');
  const wasLost = user === undefined && (await stopHostService(tools));
  await stopDaemons(tools, programDir);
  if (wasLost) await forgetState(host);
}

/** Gives whether a supervisor was left that its init system did not know how to stop. */
async function stopHostService({ host }: Tools): Promise<boolean> {
  const manager = host.serviceManager(await host.findInit(), service);
  if (await manager.isActive()) await manager.stop();
  const supervisors = await host.findProcesses(
    ([program = '', ...args]) => basename(program) === SUPERVISOR && args.includes(service),
  );
  for (const { pid } of supervisors) host.kill(pid, 'SIGTERM');
  return supervisors.length > 0;
}

const { service } = hostNames;
const SUPERVISOR = 'supervise-daemon';
const OPENRC_STATE = '/run/openrc';

/** What OpenRC remembers of a service whose script is gone. */
async function forgetState(host: Host): Promise<void> {
  for (const name of await host.list(OPENRC_STATE)) {
    const folder = join(OPENRC_STATE, name);
    if ((await host.look(folder))?.kind === 'directory')
      await host.removeTree(join(folder, service));
  }
}

/** What Nix programs leave in the home of whoever runs them. */
const USER_DATA = [
  '.nix-profile',
  '.nix-defexpr',
  '.nix-channels',
  '.cache/nix',
  '.config/nix',
  '.local/state/nix',
];

/** The paths of it that are there: in the homes of all users, or in the one home that is named. */
export async function findUserData(host: Host, home?: string): Promise<readonly string[]> {
  if (home !== undefined) return await existing(host, userDataBelow(home));
  const { users } = await host.readAccounts({ users: [], groups: [] });
  const homes = new Set(users.map(user => user.home));
  return await existing(host, [...homes].flatMap(userDataBelow));
}

/**
 * Deletes it, as the user whose it is: in somebody's home a path may lead anywhere. Gives what is left of it. Who is
 * not root deletes what is in the one home that is named.
 */
export async function removeUserData(host: Host, home?: string): Promise<readonly Kept[]> {
  const left = home === undefined ? await removeDataOfAll(host) : await removeData(host, home, []);
  return left.map(what => ({ what, reason: 'its owner may not delete it' }));
}

async function removeDataOfAll(host: Host): Promise<readonly string[]> {
  const { users } = await host.readAccounts({ users: [], groups: [] });
  const left = await Promise.all(
    users.map(({ home, uid, gid }) =>
      removeData(host, home, [
        'setpriv',
        `--reuid=${uid}`,
        `--regid=${gid}`,
        '--clear-groups',
        '--',
      ]),
    ),
  );
  return [...new Set(left.flat())];
}

async function removeData(
  host: Host,
  home: string,
  become: readonly string[],
): Promise<readonly string[]> {
  const paths = await existing(host, userDataBelow(home));
  if (paths.length === 0) return [];
  const remove = ['rm', '-rf', '--', ...paths.map(host.at)];
  await host.run([...become, ...remove], { accept: [0, 1] });
  return await existing(host, paths);
}

function userDataBelow(home: string): readonly string[] {
  return home === '/' ? [] : USER_DATA.map(name => join(home, name));
}

async function existing(host: Host, paths: readonly string[]): Promise<readonly string[]> {
  const looks = await Promise.all(paths.map(path => host.look(path)));
  return paths.filter((_, index) => looks[index] !== undefined);
}
