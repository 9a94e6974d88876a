import { defineCheck } from '../src/doctor/check.ts';
import type { Accounts, CheckContext } from '../src/doctor/context.ts';
import { findFreeIds, isDelegated } from '../src/doctor/free-ids.ts';
import { type Move, moveUsersFix } from '../src/doctor/move-users.ts';

interface Found {
  readonly group: string;
  readonly delegated: readonly { readonly name: string; readonly uid: number }[];
  readonly moves: readonly Move[];
}

export const usersRangeFree = defineCheck<CheckContext, Found>({
  id: 'users.range-free',
  group: 'users',
  title: 'no container may run as a build user',
  why: 'The ranges in /etc/subuid and /etc/subgid are handed to the containers of ordinary users. Whoever has the range of a build user can read, change and stop its builds.',
  severity: 'error',

  async probe({ readAccounts, buildUsers: { group, names } }) {
    const accounts = await readAccounts();
    const builders = accounts.users.filter(({ name }) => names.includes(name));
    const delegated = builders.filter(({ uid }) => isDelegated(accounts, uid));
    if (delegated.length === 0) return undefined;
    return { group, delegated, moves: planMoves(accounts, delegated) };
  },

  explain: ({ delegated }) => ({
    summary: 'containers of ordinary users may run as build users',
    evidence: delegated.map(({ name, uid }) => ({
      source: '/etc/subuid, /etc/subgid',
      value: `a range has ${uid}, which is ${name}`,
    })),
    cause: 'a range was given out, or widened, over ids that have accounts',
  }),

  fixes: ({ group, moves }) => [moveUsersFix(moves, group)],
});

function planMoves(accounts: Accounts, moving: Accounts['users']): readonly Move[] {
  const free = findFreeIds(accounts, moving.length);
  return moving.flatMap((user, index) => {
    const uid = free[index];
    return uid === undefined ? [] : [{ user, uid }];
  });
}
