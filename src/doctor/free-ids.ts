import type { Accounts } from '../host/users.ts';

const FIRST_ID = 30_001;
const LAST_ID = 60_000;

/** The first ids that no user, group or container has; fewer when there are not enough. */
export function findFreeIds(accounts: Accounts, count: number): readonly number[] {
  const taken = new Set([
    ...accounts.users.map(({ uid }) => uid),
    ...accounts.groups.map(({ gid }) => gid),
  ]);
  const free: number[] = [];
  for (let id = FIRST_ID; id <= LAST_ID && free.length < count; id++) {
    if (!taken.has(id) && !isDelegated(accounts, id)) free.push(id);
  }
  return free;
}

/** Whether somebody's containers may run as `id` (subuid(5), subgid(5)). */
export function isDelegated({ delegated }: Accounts, id: number): boolean {
  return delegated.some(({ first, count }) => id >= first && id < first + count);
}
