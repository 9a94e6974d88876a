import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { installedVersions, unlessGentoo } from '../src/doctor/gentoo.ts';

interface Found {
  readonly locked: readonly string[];
  readonly group: string;
  readonly hasGroupPackage: boolean;
}

/** What acct-user.eclass writes into the comment of an account whose package was removed. */
const REMOVED = /user account removed @/u;

export const gentooAccounts = defineCheck<CheckContext, Found>({
  id: 'gentoo.accounts',
  group: 'gentoo',
  title: 'Portage keeps the build accounts',
  why: 'On Gentoo accounts belong to packages. When those are removed, Portage locks the users and keeps the entries, so they look as if they were there.',
  severity: 'warn',

  async probe({ host, buildUsers: { group, names } }) {
    const skip = await unlessGentoo(host);
    if (skip !== undefined) return skip;
    if ((await installedVersions(host, 'sys-apps', 'tenon')).length === 0)
      return { skip: 'Portage did not install tenon' };
    const { users } = await host.readAccounts({ users: names, groups: [] });
    const locked = users
      .filter(({ name, comment }) => names.includes(name) && REMOVED.test(comment))
      .map(({ name }) => name);
    const hasGroupPackage = (await installedVersions(host, 'acct-group', group)).length > 0;
    return locked.length === 0 && hasGroupPackage ? undefined : { locked, group, hasGroupPackage };
  },

  explain: ({ locked, group, hasGroupPackage }) => ({
    summary: 'packages of the build accounts are missing',
    evidence: [
      ...(hasGroupPackage ? [] : [{ source: '/var/db/pkg', value: `no acct-group/${group}` }]),
      ...locked.map(name => ({ source: `getent passwd ${name}`, value: 'locked by Portage' })),
    ],
    cause: 'somebody removed them with emerge',
  }),

  fixes: ({ locked, group, hasGroupPackage }) => [
    {
      id: 'emerge-accounts',
      class: 'C',
      description: 'install them again, which also unlocks the users',
      commands: [
        [
          ...['emerge', '--oneshot', '--noreplace'],
          ...(hasGroupPackage ? [] : [`acct-group/${group}`]),
          ...locked.map(name => `acct-user/${name}`),
        ],
      ],
      reversible: true,
      needsRoot: true,
    },
  ],
});
