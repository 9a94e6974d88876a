import { fixFiles } from '../src/config/layout.ts';
import { defineCheck, type Fix } from '../src/doctor/check.ts';
import type { Accounts, CheckContext } from '../src/doctor/context.ts';
import { findGreeters, type Greeter, hidesUser } from '../src/doctor/greeters.ts';

type User = Accounts['users'][number];

interface Shown {
  readonly greeter: Greeter;
  readonly builders: readonly User[];
  /** Of the shells that this greeter takes for none, one that is installed. */
  readonly hiddenShell: string | undefined;
}

interface Found {
  readonly shown: readonly Shown[];
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
    const seen = greeters.map(greeter => ({
      greeter,
      builders: builders.filter(user => !hidesUser(greeter, user)),
    }));
    const shown = await Promise.all(
      seen
        .filter(each => each.builders.length > 0)
        .map(async each => ({ ...each, hiddenShell: await findHiddenShell(host, each.greeter) })),
    );
    return shown.length === 0 ? undefined : { shown };
  },

  explain: ({ shown }) => ({
    summary: 'the login screen lists build users',
    evidence: shown.map(({ greeter: { name: source, rule }, builders }) => {
      const names = builders.slice(0, 4).map(({ name }) => name);
      return { source, value: `${rule}; shows ${builders.length}: ${names.join(', ')}` };
    }),
    cause: 'nothing in its settings hides accounts like these',
  }),

  fixes: ({ shown }) => inOne(shown.map(fixFor)),
});

/** More than one login screen is cured in one go. */
function inOne(fixes: readonly Fix[]): readonly Fix[] {
  const automatic = fixes.filter(fix => fix.class === 'A');
  const [first] = automatic;
  if (first === undefined) return fixes;
  return [
    {
      ...first,
      description: automatic.map(({ description }) => description).join('; '),
      commands: automatic.flatMap(({ commands }) => commands),
      async apply(tools) {
        for (const fix of automatic) await fix.apply(tools);
      },
    },
    ...fixes.filter(fix => fix.class !== 'A'),
  ];
}

async function findHiddenShell(host: CheckContext['host'], { hiddenShells }: Greeter) {
  const looks = await Promise.all(hiddenShells.map(shell => host.look(shell)));
  return hiddenShells.find((_, index) => looks[index] !== undefined);
}

function fixFor({ greeter, builders, hiddenShell }: Shown): Fix {
  if (greeter.name !== 'SDDM') return shellFix(builders, hiddenShell);
  const hidden = [...greeter.hiddenUsers, ...builders.map(({ name }) => name)].join(',');
  const facts = { id: 'hide-users', commands: [], reversible: true, needsRoot: true } as const;
  if (greeter.isFixed)
    return {
      ...facts,
      class: 'M',
      description: `write HideUsers=${hidden} into the section [Users] of /etc/sddm.conf, which overrules every drop-in`,
    };
  return {
    ...facts,
    class: 'A',
    description: `hide them: HideUsers in ${fixFiles.sddm}`,
    apply: async ({ writeOwn }) =>
      await writeOwn({
        file: fixFiles.sddm,
        text: `[Users]\nHideUsers=${hidden}\n`,
        mode: 0o644,
        reason: 'the login screen lists no build users',
      }),
  };
}

/** These greeters know no drop-ins, and leave out who has no login shell; builds take no notice of it. */
function shellFix(builders: readonly User[], shell: string | undefined): Fix {
  const facts = { id: 'no-login-shell', reversible: true, needsRoot: true } as const;
  const description = 'give them a shell that no login screen shows';
  if (shell === undefined)
    return { ...facts, class: 'M', description: `${description}; none is installed`, commands: [] };
  return {
    ...facts,
    class: 'A',
    description,
    commands: builders.map(({ name }) => ['usermod', '-s', shell, name]),
    async apply({ host }) {
      for (const { name } of builders) await host.setShell(name, shell);
    },
  };
}
