import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { findInstalledCommand } from '../src/doctor/installed-command.ts';
import type { ShellAnswer } from '../src/doctor/login-shells.ts';
import { walkPath } from '../src/doctor/path-walk.ts';

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

  async probe({ host, own, askShells }) {
    if (own !== undefined)
      return { skip: 'this tenon is the own one of this user, which only login shells search for' };
    const command = await findInstalledCommand(host);
    if (command === undefined) return { skip: 'tenon is not installed' };
    if (!(await isExecutable(host, command)))
      return { skip: `${command} cannot be executed, see service.exec-path` };
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

const EXECUTABLE = 0o111;

async function isExecutable(host: CheckContext['host'], command: string): Promise<boolean> {
  const end = (await walkPath(host, command)).at(-1);
  return ((end?.facts?.mode ?? 0) & EXECUTABLE) !== 0;
}
