import { defineCheck, type Fix } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { installedVersions, unlessGentoo } from '../src/doctor/gentoo.ts';

interface Found {
  readonly group: string;
  readonly count: number;
  readonly maxJobs: number;
  readonly isPackaged: boolean;
}

export const usersCount = defineCheck<CheckContext, Found>({
  id: 'users.count',
  group: 'users',
  title: 'no build waits for a build user',
  why: 'One build at a time runs as each build user, and others wait. Setup makes 32. The package for Gentoo brings 4, because each is a package of its own, which takes seconds to merge; with USE=build-users it brings 32. With "auto-allocate-uids = true" in nix.conf builds run under ids that need no accounts.',
  severity: 'hint',

  async probe({ host, readAccounts, settings, buildUsers: { group } }) {
    const { autoAllocateUids, maxJobs } = settings;
    if (autoAllocateUids) return { skip: 'builds need no accounts: auto-allocate-uids is on' };
    const { groups } = await readAccounts();
    const found = groups.find(({ name }) => name === group);
    if (found === undefined) return { skip: `there is no group ${group}, see users.missing` };
    const count = found.members.length;
    // A group without members is for users.membership to explain.
    if (count === 0 || count >= maxJobs) return undefined;
    const isPackaged =
      (await unlessGentoo(host)) === undefined &&
      (await installedVersions(host, 'sys-apps', 'tenon')).length > 0;
    return { group, count, maxJobs, isPackaged };
  },

  explain: ({ group, count, maxJobs, isPackaged }) => ({
    summary: `builds wait although max-jobs allows ${maxJobs} at once`,
    evidence: [
      { source: `getent group ${group}`, value: `members: ${count}` },
      { source: 'max-jobs', value: `${maxJobs}` },
    ],
    cause: isPackaged
      ? 'the package brings 4 build users without USE=build-users'
      : 'fewer build users were made than max-jobs asks for',
  }),

  fixes: ({ maxJobs, isPackaged }) => [
    isPackaged ? moreByPackage : moreBySetup(maxJobs),
    {
      id: 'auto-allocate-uids',
      class: 'M',
      description:
        'or set "auto-allocate-uids = true" in nix.conf, and reload the daemon: builds need no accounts then',
      commands: [],
      reversible: true,
      needsRoot: true,
    },
  ],
});

const moreByPackage: Fix = {
  id: 'use-build-users',
  class: 'C',
  description: 'install the package with USE=build-users, for 32 build users',
  commands: [
    ['sh', '-c', 'echo sys-apps/tenon build-users >>/etc/portage/package.use/tenon'],
    ['emerge', '--newuse', 'sys-apps/tenon'],
  ],
  reversible: true,
  needsRoot: true,
};

function moreBySetup(maxJobs: number): Fix {
  return {
    id: 'more-users',
    class: 'C',
    description: 'have setup make more',
    commands: [['tenon', 'setup', '--users-count', `${maxJobs}`]],
    reversible: true,
    needsRoot: true,
  };
}
