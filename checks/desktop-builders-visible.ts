import { posix } from 'node:path';
import { defineCheck, type Fix } from '../src/doctor/check.ts';
import type { Accounts, CheckContext } from '../src/doctor/context.ts';
import { findGreeters, type Greeter, hidesUser, SDDM_DROP_IN } from '../src/doctor/greeters.ts';

interface Found {
  readonly shown: readonly { readonly greeter: Greeter; readonly names: readonly string[] }[];
}

export const desktopBuildersVisible = defineCheck<CheckContext, Found>({
  id: 'desktop.builders-visible',
  group: 'desktop',
  title: 'login screens do not list build users',
  why: 'Login screens list accounts whose ids look like those of people. Build users have such ids on some hosts, and thirty of them leave no room for anybody else.',
  severity: 'warn',

  async probe({ host, readAccounts, buildUsers: { names } }) {
    const greeters = await findGreeters(host);
    if (greeters.length === 0) return { skip: 'no login screen is installed' };
    const { users } = await readAccounts();
    const builders = users.filter(({ name }) => names.includes(name));
    const shown = greeters
      .map(greeter => ({
        greeter,
        names: builders.filter(user => !hidesUser(greeter, user)).map(({ name }) => name),
      }))
      .filter(({ names: visible }) => visible.length > 0);
    return shown.length === 0 ? undefined : { shown };
  },

  explain: ({ shown }) => ({
    summary: 'the login screen lists build users',
    evidence: shown.map(({ greeter, names }) => ({
      source: greeter.name,
      value: `${greeter.rule}; shows ${names.length}: ${names.slice(0, 4).join(', ')}`,
    })),
    cause: 'nothing in its settings hides accounts like these',
  }),

  fixes: ({ shown }) => shown.map(({ greeter, names }) => fixFor(greeter, names)),
});

function fixFor(greeter: Greeter, names: readonly Accounts['users'][number]['name'][]): Fix {
  const facts = { reversible: true, needsRoot: true } as const;
  if (greeter.name !== 'SDDM' || greeter.isFixed)
    return {
      ...facts,
      id: 'no-login-shell',
      class: 'C',
      description: 'give them a shell that no login screen shows',
      commands: names.map(name => ['usermod', '-s', '/sbin/nologin', name]),
    };
  const hidden = [...greeter.hiddenUsers, ...names].join(',');
  return {
    ...facts,
    id: 'hide-users',
    class: 'A',
    description: `hide them: HideUsers in ${SDDM_DROP_IN}`,
    commands: [],
    async apply({ host }) {
      await host.ensureDirectory(posix.dirname(SDDM_DROP_IN));
      await host.writeText(SDDM_DROP_IN, `[Users]\nHideUsers=${hidden}\n`, 0o644);
    },
  };
}
