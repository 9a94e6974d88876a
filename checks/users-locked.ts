import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

interface Found {
  readonly expired: readonly string[];
}

export const usersLocked = defineCheck<CheckContext, Found>({
  id: 'users.locked',
  group: 'users',
  title: 'no build user has expired',
  why: 'Gentoo does not delete the accounts of a package that is removed: it locks them and lets them expire. Builds still run as such a user, but nobody keeps the account any more, and the next clean-up may take it away.',
  severity: 'warn',
  needsRoot: true,

  async probe({ host, readAccounts, buildUsers: { names } }) {
    const { users } = await readAccounts();
    const expired = await host.listExpired(
      users.map(({ name }) => name).filter(name => names.includes(name)),
    );
    return expired.length === 0 ? undefined : { expired };
  },

  explain: ({ expired }) => ({
    summary: 'build users have expired',
    evidence: [{ source: '/etc/shadow', value: expired.join(', ') }],
    cause: 'the package that made them was removed, or an administrator locked them',
  }),

  fixes: ({ expired }) => [
    {
      id: 'unexpire',
      class: 'A',
      description:
        'take the date of expiry away; on Gentoo installing the package again does it too',
      commands: expired.map(name => ['usermod', '-e', '', name]),
      reversible: true,
      needsRoot: true,
      async apply({ host }) {
        for (const name of expired) await host.removeExpiry(name);
      },
    },
  ],
});
