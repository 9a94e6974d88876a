import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { findInstalledCommand } from '../src/doctor/installed-command.ts';
import type { ShellAnswer } from '../src/doctor/login-shells.ts';

interface Found {
  readonly command: string;
  readonly lost: readonly ShellAnswer[];
}

export const shellNoninteractive = defineCheck<CheckContext, Found>({
  id: 'shell.noninteractive',
  group: 'shell',
  title: 'every shell finds tenon, also over ssh',
  why: 'A shell that ssh starts for one command reads few start-up files or none. Programs have to be in a folder that is searched without any.',
  severity: 'warn',

  async probe({ host, askShells }) {
    const command = await findInstalledCommand(host);
    if (command === undefined) return { skip: 'tenon is not installed' };
    const answers = await askShells();
    if (answers.length === 0) return { skip: 'no shell could be asked' };
    const lost = answers.filter(({ tenon }) => tenon === undefined);
    return lost.length === 0 ? undefined : { command, lost };
  },

  explain: ({ command, lost }) => ({
    summary: 'some shells do not find tenon',
    evidence: [
      { source: 'tenon is', value: command },
      ...lost.map(({ invocation, path }) => ({
        source: invocation,
        value: `finds no tenon in ${path.join(':')}`,
      })),
    ],
    cause: 'a start-up file of the shell sets PATH without the folder of the command',
  }),

  fixes: () => [
    {
      id: 'keep-path',
      class: 'M',
      description: 'let the start-up file add to PATH instead of replacing it',
      commands: [],
      reversible: true,
      needsRoot: true,
    },
  ],
});
