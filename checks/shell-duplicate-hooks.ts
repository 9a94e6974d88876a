import { posix } from 'node:path';
import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

interface Found {
  readonly shells: readonly { readonly invocation: string; readonly repeated: readonly string[] }[];
  readonly scripts: readonly string[];
}

const PROFILE_D = '/etc/profile.d';
const PROFILES = /\.nix-profile|\/nix\/profiles?\b/u;

export const shellDuplicateHooks = defineCheck<CheckContext, Found>({
  id: 'shell.duplicate-hooks',
  group: 'shell',
  title: 'no profile is in PATH twice',
  why: 'Two packages that each bring a start-up script for the same profiles make every search longer, and the order of PATH depends on which came last.',
  severity: 'warn',

  async probe({ host, layout, askShells }) {
    const answers = await askShells();
    if (answers.length === 0) return { skip: 'no shell could be asked' };
    const isOurs = (folder: string) =>
      PROFILES.test(folder) || folder.startsWith(`${layout.profilesDir}/`);
    const shells = answers.flatMap(({ invocation, path, dataDirs }) => {
      const repeated = [...repeatsIn(path), ...repeatsIn(dataDirs)].filter(isOurs);
      return repeated.length === 0 ? [] : [{ invocation, repeated }];
    });
    return shells.length === 0 ? undefined : { shells, scripts: await findScripts(host) };
  },

  explain: ({ shells, scripts }) => ({
    summary: 'profiles are in PATH twice',
    evidence: [
      ...shells.map(({ invocation, repeated }) => ({
        source: invocation,
        value: `repeats ${repeated.join(', ')}`,
      })),
      ...scripts.map(path => ({ source: path, value: 'adds profiles' })),
    ],
    cause: 'two start-up scripts add the same profiles',
  }),

  fixes: ({ scripts }) => [
    {
      id: 'one-script',
      class: 'M',
      description: `keep one of ${scripts.join(', ') || 'the start-up scripts that add profiles'}`,
      commands: [],
      reversible: true,
      needsRoot: true,
    },
  ],
});

function repeatsIn(folders: readonly string[]): readonly string[] {
  return [...new Set(folders.filter((folder, index) => folders.indexOf(folder) !== index))];
}

async function findScripts(host: CheckContext['host']): Promise<readonly string[]> {
  const names = (await host.list(PROFILE_D)).filter(name => name.endsWith('.sh'));
  const paths = names.map(name => posix.join(PROFILE_D, name));
  const texts = await Promise.all(paths.map(path => host.readText(path)));
  return paths.filter((_, index) => PROFILES.test(texts[index] ?? ''));
}
