import { hostNames } from '../src/config/layout.ts';
import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { isOlder } from '../src/formats/version.ts';

interface Found {
  readonly file: string;
  readonly installed: string;
  readonly own: string;
}

export const upgradeDirection = defineCheck<CheckContext, Found>({
  id: 'upgrade.direction',
  group: 'upgrade',
  title: 'this program is not older than what is installed',
  why: 'Setup puts its own program in place of the one that is there. From an old checkout that is a step back, and what the newer one wrote may not be understood.',
  severity: 'warn',

  async probe({ host, readVersion }) {
    const file = `${hostNames.programDir}/package.json`;
    const text = await host.readText(file);
    if (text === undefined) return { skip: `nothing is installed in ${hostNames.programDir}` };
    const installed = versionIn(text);
    if (installed === undefined) return { skip: `${file} tells no version` };
    const own = await readVersion();
    return isOlder(own, installed) ? { file, installed, own } : undefined;
  },

  explain: ({ file, installed, own }) => ({
    summary: 'a newer tenon is installed than this one',
    evidence: [
      { source: file, value: installed },
      { source: 'this program', value: own },
    ],
    cause: 'this program was run from an older checkout or package',
  }),

  fixes: ({ own }) => [
    {
      id: 'use-newer',
      class: 'M',
      description: `use the installed program (${hostNames.commandFile}); run setup from this one only to go back to ${own}`,
      commands: [],
      reversible: true,
      needsRoot: false,
    },
  ],
});

function versionIn(manifest: string): string | undefined {
  return /"version":\s*"(\d+\.\d+\.\d+[^"]*)"/u.exec(manifest)?.[1];
}
