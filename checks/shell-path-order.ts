import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

interface Flaw {
  readonly invocation: string;
  readonly path: string;
  readonly flaw: string;
}

interface Found {
  readonly hook: string;
  readonly folder: string;
  readonly flaws: readonly Flaw[];
}

const HOOK = '/etc/profile.d/tenon.sh';
const SYSTEM_FOLDERS = ['/usr/bin', '/bin'];

export const shellPathOrder = defineCheck<CheckContext, Found>({
  id: 'shell.path-order',
  group: 'shell',
  title: 'login shells find the programs of profiles first',
  why: 'What somebody installs into a profile is meant to be used before the program of that name that the host has. A start-up file that runs too early is undone by the next one that sets PATH.',
  severity: 'warn',

  async probe({ host, layout, own, askShells }) {
    const hook = own?.hook ?? HOOK;
    if ((await host.look(hook)) === undefined) return { skip: `there is no ${hook}` };
    const logins = (await askShells()).filter(({ mode }) => mode === 'login');
    if (logins.length === 0) return { skip: 'no shell could be asked' };
    const folder = `${layout.profilesDir}/default/bin`;
    const flaws = logins.flatMap(({ invocation, path }) => {
      const flaw = flawOf(path, folder);
      return flaw === undefined ? [] : [{ invocation, path: path.join(':'), flaw }];
    });
    return flaws.length === 0 ? undefined : { hook, folder, flaws };
  },

  explain: ({ hook, folder, flaws }) => ({
    summary: 'login shells do not find the programs of profiles first',
    evidence: flaws.map(({ invocation, path, flaw }) => ({
      source: invocation,
      value: `${folder} ${flaw}: ${path}`,
    })),
    cause: `the shell does not read ${hook}, or a file that it reads later sets PATH anew`,
  }),

  fixes: ({ hook }) => [
    {
      id: 'read-hook',
      class: 'C',
      description: 'read it at the end of what this shell reads at login, as sh does',
      commands: [['.', hook]],
      reversible: true,
      needsRoot: false,
    },
  ],
});

function flawOf(path: readonly string[], folder: string): string | undefined {
  const place = path.indexOf(folder);
  if (place === -1) return 'is missing';
  const system = path.findIndex(each => SYSTEM_FOLDERS.includes(each));
  return system !== -1 && system < place ? 'comes too late' : undefined;
}
