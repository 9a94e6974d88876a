import { join } from 'node:path';
import { hostNames, type StoreLayout } from '../config/layout.ts';
import type { Host } from '../host/host.ts';
import type { User } from '../host/users.ts';
import type { Edit, Kept, Step, Tools } from './action.ts';
import { bindStep } from './actions.ts';
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
  return { what: bindStep(step).target, reason: 'the stock daemon needs it' };
}

/** What somebody changed of the files that setup wrote. */
export async function findEdits(entries: readonly Entry[], tools: Tools): Promise<readonly Edit[]> {
  const edits = entries.map(({ step, undo }) => bindStep(step).findEdit(tools, undo));
  return (await Promise.all(edits)).filter(edit => edit !== undefined);
}

/** Stops a service that no plan started: one that was installed into an image, for one. */
export async function stopService({ findInit, serviceManager }: Host): Promise<void> {
  const manager = serviceManager(await findInit(), hostNames.service);
  if (await manager.isActive()) await manager.stop();
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

/** Deletes it, as the user whose it is: in somebody's home a path may lead anywhere. Gives what is left of it. */
export async function removeUserData(host: Host): Promise<readonly Kept[]> {
  const { users } = await host.readAccounts({ users: [], groups: [] });
  const left = await Promise.all(users.map(user => removeDataOf(host, user)));
  const paths = [...new Set(left.flat())];
  return paths.map(what => ({ what, reason: 'its owner may not delete it' }));
}

async function removeDataOf(host: Host, { home, uid, gid }: User): Promise<readonly string[]> {
  const wanted = home === '/' ? [] : USER_DATA.map(name => join(home, name));
  const paths = await existing(host, wanted);
  if (paths.length === 0) return [];
  const become = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'];
  const remove = ['rm', '-rf', '--', ...paths.map(host.at)];
  await host.run([...become, ...remove], { accept: [0, 1] });
  return await existing(host, paths);
}

async function existing(host: Host, paths: readonly string[]): Promise<readonly string[]> {
  const looks = await Promise.all(paths.map(path => host.look(path)));
  return paths.filter((_, index) => looks[index] !== undefined);
}
