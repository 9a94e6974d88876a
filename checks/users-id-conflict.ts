import { defineCheck } from '../src/doctor/check.ts';
import type { Accounts, CheckContext } from '../src/doctor/context.ts';
import { findFreeIds } from '../src/doctor/free-ids.ts';
import { type Move, moveUsersFix } from '../src/doctor/move-users.ts';

interface Found {
  readonly group: string;
  /** Each build user of whose id somebody else has a part. */
  readonly conflicts: readonly { readonly name: string; readonly others: readonly string[] }[];
  readonly moves: readonly Move[];
}

/** Ids other than the planned ones are no conflict: the daemon takes build users by their names. */
export const usersIdConflict = defineCheck<CheckContext, Found>({
  id: 'users.id-conflict',
  group: 'users',
  title: 'each build user has an id of its own',
  why: 'To the kernel two accounts with one id are one user: builds could read and stop what the other one runs, and each other.',
  severity: 'error',

  async probe({ readAccounts, buildUsers: { group, names } }) {
    const accounts = await readAccounts();
    const builders = findBuilders(accounts, group, names);
    const conflicts = builders.flatMap(({ name, uid }) => {
      const others = accounts.users.filter(user => user.uid === uid && user.name !== name);
      return others.length === 0 ? [] : [{ name, others: others.map(each => each.name) }];
    });
    if (conflicts.length === 0) return undefined;
    return { group, conflicts, moves: planMoves(accounts, builders) };
  },

  explain: ({ conflicts }) => ({
    summary: 'build users share their ids with others',
    evidence: conflicts.map(({ name, others }) => ({
      source: `getent passwd ${name}`,
      value: `the same id as ${others.join(', ')}`,
    })),
    cause: 'another installer or package took the ids, or accounts were copied from another host',
  }),

  fixes: ({ group, moves }) => [moveUsersFix(moves, group)],
});

function findBuilders({ users, groups }: Accounts, group: string, names: readonly string[]) {
  const members = groups.find(({ name }) => name === group)?.members ?? [];
  return users.filter(({ name }) => members.includes(name) || names.includes(name));
}

/** The first build user with an id may keep it, unless somebody has it who does not build. */
function planMoves(accounts: Accounts, builders: Accounts['users']): readonly Move[] {
  const kept = new Set(
    accounts.users.filter(user => !builders.includes(user)).map(({ uid }) => uid),
  );
  const moving = builders.filter(({ uid }) => {
    const isTaken = kept.has(uid);
    kept.add(uid);
    return isTaken;
  });
  const free = findFreeIds(accounts, moving.length);
  return moving.flatMap((user, index) => {
    const uid = free[index];
    return uid === undefined ? [] : [{ user, uid }];
  });
}
