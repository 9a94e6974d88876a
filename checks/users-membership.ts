import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

interface Found {
  readonly group: string;
  readonly members: readonly string[];
  readonly unlisted: readonly string[];
}

export const usersMembership = defineCheck<CheckContext, Found>({
  id: 'users.membership',
  group: 'users',
  title: 'the group lists its build users as members',
  why: 'The daemon takes build users from the member list of the group. A user that only has it as its primary group is not in that list, and no build runs as it.',
  severity: 'error',

  async probe({ readAccounts, settings, buildUsers: { group, names } }) {
    if (settings.autoAllocateUids)
      return { skip: 'builds need no accounts: auto-allocate-uids is on' };
    const accounts = await readAccounts();
    const found = accounts.groups.find(({ name }) => name === group);
    if (found === undefined) return { skip: `there is no group ${group}, see users.missing` };
    const { members } = found;
    const unlisted = accounts.users
      .map(({ name }) => name)
      .filter(name => names.includes(name) && !members.includes(name));
    return unlisted.length === 0 ? undefined : { group, members, unlisted };
  },

  explain: ({ group, members, unlisted }) => ({
    summary: `build users are not members of ${group}`,
    evidence: [
      { source: `getent group ${group}`, value: members.join(', ') || 'no members' },
      { source: 'not listed', value: unlisted.join(', ') },
    ],
    cause: 'they have the group only as their primary group, or were taken off its list',
  }),

  fixes: ({ group, unlisted }) => [
    {
      id: 'add-members',
      class: 'A',
      description: 'make them members',
      commands: unlisted.map(name => ['usermod', '-a', '-G', group, name]),
      reversible: true,
      needsRoot: true,
      async apply({ host }) {
        for (const name of unlisted)
          await host.setGroups(name, [...(await host.groupsOf(name)), group]);
      },
    },
  ],
});
