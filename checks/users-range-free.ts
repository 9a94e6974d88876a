import { defineCheck, type Evidence, type Fix } from '../src/doctor/check.ts';
import type { Accounts, CheckContext } from '../src/doctor/context.ts';
import { findFreeIds, isDelegated } from '../src/doctor/free-ids.ts';
import { moveUsersFix } from '../src/doctor/move-users.ts';
import { setupFix } from '../src/doctor/setup-fix.ts';

interface Found {
  /** Ids that containers may use are in use, or ids that are still to be given out are taken. */
  readonly kind: 'delegated' | 'taken';
  readonly evidence: readonly Evidence[];
  readonly fix: Fix;
}

export const usersRangeFree = defineCheck<CheckContext, Found>({
  id: 'users.range-free',
  group: 'users',
  title: 'nobody else has a part of the ids of build users',
  why: 'The ranges in /etc/subuid and /etc/subgid are handed to the containers of ordinary users. Whoever has the id of a build user in such a range can read, change and stop its builds. Where the planned ids are taken, setup takes the next thousand that is free.',
  severity: ({ kind }) => (kind === 'delegated' ? 'error' : 'hint'),

  async probe({ readAccounts, buildUsers }) {
    const accounts = await readAccounts();
    return findDelegated(accounts, buildUsers) ?? findTaken(accounts, buildUsers);
  },

  explain: ({ kind, evidence }) =>
    kind === 'delegated'
      ? {
          summary: 'containers of ordinary users may run as build users',
          evidence,
          cause: 'a range was given out, or widened, over ids that have accounts',
        }
      : {
          summary: 'ids that were planned for build users are taken',
          evidence,
          cause: 'accounts or containers of this host have ids of that block',
        },

  fixes: ({ fix }) => [fix],
});

type BuildUsers = CheckContext['buildUsers'];

function findDelegated(accounts: Accounts, { group, names }: BuildUsers): Found | undefined {
  const delegated = accounts.users.filter(
    ({ name, uid }) => names.includes(name) && isDelegated(accounts, uid),
  );
  if (delegated.length === 0) return undefined;
  const free = findFreeIds(accounts, delegated.length);
  const moves = delegated.flatMap((user, index) => {
    const uid = free[index];
    return uid === undefined ? [] : [{ user, uid }];
  });
  const evidence = delegated.map(({ name, uid }) => ({
    source: '/etc/subuid, /etc/subgid',
    value: `a range has ${uid}, which is ${name}`,
  }));
  return { kind: 'delegated', evidence, fix: moveUsersFix(moves, group) };
}

function findTaken(accounts: Accounts, { names, base }: BuildUsers): Found | undefined {
  const planned = names.flatMap((name, index) =>
    accounts.users.some(user => user.name === name) ? [] : [base + index + 1],
  );
  const evidence = planned.flatMap(id => {
    const user = accounts.users.find(({ uid }) => uid === id);
    if (user !== undefined) return [{ source: `getent passwd ${id}`, value: user.name }];
    const isRanged = isDelegated(accounts, id);
    return isRanged ? [{ source: '/etc/subuid, /etc/subgid', value: `a range has ${id}` }] : [];
  });
  return evidence.length === 0 ? undefined : { kind: 'taken', evidence, fix: setupFix };
}
