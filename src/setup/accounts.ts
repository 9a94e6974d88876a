import type { Accounts, User } from '../host/users.ts';

/** Which build users are wanted; `base` is the gid, the users' uids follow it. */
export interface WantedUsers {
  readonly group: string;
  readonly prefix: string;
  readonly base: number;
  readonly count: number;
}

/** The build users as they will be: who exists keeps the ids it has, the others get a free block. */
export interface ChosenUsers {
  readonly gid: number;
  readonly isGroupNew: boolean;
  readonly base: number;
  readonly adopted: readonly User[];
  readonly missing: readonly { readonly name: string; readonly uid: number }[];
  /** Adopted users that the group does not list. */
  readonly unlisted: readonly string[];
}

const BLOCK_STEP = 1000;
const LAST_SYSTEM_ID = 60_000;

/** Gives undefined when no free block is left. */
export function chooseUsers(accounts: Accounts, wanted: WantedUsers): ChosenUsers | undefined {
  const names = userNames(wanted);
  const group = accounts.groups.find(({ name }) => name === wanted.group);
  const adopted = accounts.users.filter(({ name }) => names.includes(name));
  const missing = [...names.entries()].filter(([, name]) => !adopted.some(u => u.name === name));
  const offsets = missing.map(([index]) => index + 1);
  const base = findBase(accounts, wanted.base, group === undefined ? [0, ...offsets] : offsets);
  if (base === undefined) return undefined;
  return {
    gid: group?.gid ?? base,
    isGroupNew: group === undefined,
    base,
    adopted,
    missing: missing.map(([index, name]) => ({ name, uid: base + index + 1 })),
    unlisted: adopted.map(({ name }) => name).filter(name => !group?.members.includes(name)),
  };
}

/** Why builds must not run in these groups and accounts; empty when they may. */
export function flawsOfUsers(accounts: Accounts, wanted: WantedUsers): readonly string[] {
  const group = accounts.groups.find(({ name }) => name === wanted.group);
  if (group === undefined) return [];
  const own = userNames(wanted);
  const strangers = group.members.filter(name => !own.includes(name) && !isBuilder(name, accounts));
  const privileged = group.gid === 0 ? [`the group ${group.name} is that of root`] : [];
  const shared = `the group ${group.name} has members as which no build may run: ${strangers.join(', ')}`;
  return [...privileged, ...(strangers.length === 0 ? [] : [shared])];
}

/** Nobody logs in to an account for builds, and it has no home. */
function isBuilder(name: string, { users }: Accounts): boolean {
  const user = users.find(each => each.name === name);
  return user === undefined || (user.uid !== 0 && /\/(?:nologin|false)$/u.test(user.shell));
}

export function userNames({ prefix, count }: WantedUsers): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
}

/** The first block from `wanted` on in which nobody has any of the ids that are needed. */
function findBase(
  accounts: Accounts,
  wanted: number,
  offsets: readonly number[],
): number | undefined {
  for (let base = wanted; base + Math.max(0, ...offsets) < LAST_SYSTEM_ID; base += BLOCK_STEP) {
    if (offsets.every(offset => isFree(accounts, base + offset))) return base;
  }
  return undefined;
}

/** Users and groups look at the same numbers: a file is easier to read when both sides agree. */
function isFree({ users, groups, delegated }: Accounts, id: number): boolean {
  return !(
    users.some(({ uid }) => uid === id) ||
    groups.some(({ gid }) => gid === id) ||
    delegated.some(({ first, count }) => id >= first && id < first + count)
  );
}
