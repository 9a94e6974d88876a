import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { unlessGentoo } from '../src/doctor/gentoo.ts';

interface Found {
  readonly files: readonly string[];
}

/** Where the package installs files that it protects, and which of them are its own. */
const PLACES = [
  { folder: '/etc/init.d', own: /^tenon/u },
  { folder: '/etc/conf.d', own: /^tenon/u },
  { folder: '/etc/profile.d', own: /^tenon/u },
  { folder: '/etc/tenon', own: /./u },
  { folder: '/etc/nix', own: /./u },
];
const PENDING = /^\._cfg\d{4}_/u;

export const gentooConfigUpdates = defineCheck<CheckContext, Found>({
  id: 'gentoo.config-updates',
  group: 'gentoo',
  title: 'no update of the daemon’s configuration waits',
  why: 'Portage never replaces a file of /etc that somebody changed: the new one waits beside it. A daemon that is started by the script of an older version may not stop, reload or log as it should.',
  severity: 'warn',

  async probe({ host }) {
    const skip = await unlessGentoo(host);
    if (skip !== undefined) return skip;
    const found = await Promise.all(
      PLACES.map(async ({ folder, own }) =>
        (await host.list(folder))
          .filter(name => PENDING.test(name) && own.test(name.replace(PENDING, '')))
          .map(name => `${folder}/${name}`),
      ),
    );
    const files = found.flat();
    return files.length === 0 ? undefined : { files };
  },

  explain: ({ files }) => ({
    summary: 'updates of configuration files wait',
    evidence: files.map(file => ({ source: file, value: 'pending' })),
    cause: 'the files were changed on this host, and a package brought other ones since',
  }),

  fixes: () => [
    {
      id: 'dispatch-conf',
      class: 'M',
      description: 'look at the differences and merge them',
      commands: [['dispatch-conf']],
      reversible: true,
      needsRoot: true,
    },
  ],
});
