import type { ChosenUsers } from './accounts.ts';
import type { Step } from './action.ts';
import { accountBackups } from './actions/account-backups.ts';
import { group } from './actions/group.ts';
import { membership } from './actions/membership.ts';
import { user } from './actions/user.ts';
import { places } from './places.ts';
import type { PlanInput } from './plan.ts';

/** In the accounts themselves, so that they are known as setup's also when the journal is lost. */
export const BUILD_USER_COMMENT = 'Nix build user of tenon';

/** The group, its users, and what keeps the account files as they were. */
export function accountSteps(
  { users: wanted, nologin }: Pick<PlanInput, 'users' | 'nologin'>,
  chosen: ChosenUsers,
): readonly Step[] {
  const about = {
    gid: chosen.gid,
    comment: BUILD_USER_COMMENT,
    home: '/var/empty',
    shell: nologin,
  };
  const added = [
    group.step({
      id: `group:${wanted.group}`,
      group: 'Accounts',
      reason: 'builds run as members of this group',
      spec: { name: wanted.group, gid: chosen.gid },
    }),
    ...chosen.missing.map(({ name, uid }) =>
      user.step({
        id: `user:${name}`,
        group: 'Accounts',
        reason: 'one build at a time runs as it',
        spec: { user: { name, uid, ...about }, group: wanted.group },
      }),
    ),
    ...chosen.unlisted.map(name =>
      membership.step({
        id: `member:${name}`,
        group: 'Accounts',
        reason: 'build users are found in the member list, a primary group does not count',
        spec: { user: name, group: wanted.group },
      }),
    ),
  ];
  return [keepBackups(added), ...added];
}

function keepBackups(added: readonly Step[]): Step {
  return accountBackups.step({
    id: 'account-backups',
    group: 'Accounts',
    reason: 'the tools that change accounts overwrite them',
    spec: { keepIn: places.accountBackups },
    redoWith: added.map(({ id }) => id),
  });
}
