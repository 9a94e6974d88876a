import { chownSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StockStore } from './stock-nix.ts';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export const isRoot = process.getuid?.() === 0;

/** Ids that no account of a test machine has. */
export const person: Account = { uid: 54_321, gid: 54_320 };
export const buildUsers: { readonly gid: number; readonly uids: readonly number[] } = {
  gid: 54_400,
  uids: [54_401, 54_402],
};
export const buildGroup = 'tenontest';

/** The command that runs `argv` as somebody else. Takes root. */
export function asUser({ uid, gid }: Account, argv: readonly string[]): [string, ...string[]] {
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--', ...argv];
}

/** Makes a new store that of `person`. */
export function giveToPerson({ root }: StockStore): void {
  for (const name of ['', 'nix', 'nix/store', 'nix/var', 'nix/var/nix'])
    chownSync(join(root, name), person.uid, person.gid);
}

/**
 * The command that runs `argv` where `person` and `buildGroup` with its users exist: with other account files in a mount namespace,
 * so that those of the machine are never touched. Takes root.
 */
export function amongTestUsers(
  { root }: StockStore,
  argv: readonly string[],
): [string, ...string[]] {
  const { gid, uids } = buildUsers;
  const users = uids.map(
    (uid, index) => `${buildGroup}${index}:x:${uid}:${gid}::/var/empty:/bin/false\n`,
  );
  const someone = `tenonperson:x:${person.uid}:${person.gid}::/var/empty:/bin/false\n`;
  const names = uids.map((_, index) => `${buildGroup}${index}`).join(',');
  const files = {
    passwd: readFileSync('/etc/passwd', 'utf8') + users.join('') + someone,
    group: `${readFileSync('/etc/group', 'utf8')}${buildGroup}:x:${gid}:${names}\n`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  const script = `mount --bind ${root}/passwd /etc/passwd && mount --bind ${root}/group /etc/group && exec "$@"`;
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', ...argv];
}
