import { posix } from 'node:path';
import { hasCode } from '../src/base/errors.ts';
import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { findInstalledCommand } from '../src/doctor/installed-command.ts';

interface Found {
  readonly command: string;
  readonly source: string;
  readonly securePath: string;
}

const SUDOERS = '/etc/sudoers';
const SUDOERS_D = '/etc/sudoers.d';
const SECURE_PATH = /^\s*Defaults\s+(?:.*,\s*)?secure_path\s*=\s*"?([^",\n]+)/gmu;
const BUILT_IN = /^Value to override user's \$PATH with: (\S+)/mu;

export const shellSudoPath = defineCheck<CheckContext, Found>({
  id: 'shell.sudo-path',
  group: 'shell',
  title: 'sudo finds tenon',
  why: 'The program sudo looks for programs in the folders of its own secure_path, and not in those of the user.',
  severity: 'warn',
  needsRoot: true,

  async probe({ host }) {
    const command = await findInstalledCommand(host);
    if (command === undefined) return { skip: 'tenon is not installed' };
    const sudo = await host.look('/usr/bin/sudo');
    if (sudo === undefined) return { skip: 'sudo is not installed' };
    const found = (await findInFiles(host)) ?? (await askSudo(host));
    if (found === undefined) return undefined;
    const folders = found.securePath.split(':');
    return folders.includes(posix.dirname(command)) ? undefined : { command, ...found };
  },

  explain: ({ command, source, securePath }) => ({
    summary: 'sudo does not find tenon',
    evidence: [
      { source, value: `secure_path = ${securePath}` },
      { source: 'tenon is', value: command },
    ],
    cause: 'the distribution leaves this folder out of secure_path',
  }),

  fixes: ({ command }) => [
    {
      id: 'full-name',
      class: 'C',
      description: 'name the whole path; tenon does not touch the settings of sudo',
      commands: [['sudo', command, 'doctor']],
      reversible: true,
      needsRoot: false,
    },
  ],
});

/** The last setting counts, and the folder is read at the end of the file (sudoers(5)). */
async function findInFiles(host: CheckContext['host']) {
  const names = (await host.list(SUDOERS_D)).filter(name => !/[.~]/u.test(name));
  const files = [SUDOERS, ...names.map(name => posix.join(SUDOERS_D, name))];
  const texts = await Promise.all(files.map(file => host.readText(file)));
  return files
    .flatMap((source, index) =>
      [...(texts[index] ?? '').matchAll(SECURE_PATH)].map(([, securePath = '']) => ({
        source,
        securePath: securePath.trim(),
      })),
    )
    .at(-1);
}

async function askSudo(host: CheckContext['host']) {
  try {
    const { stdout } = await host.run(['sudo', '-V']);
    const securePath = BUILT_IN.exec(stdout)?.[1];
    return securePath === undefined ? undefined : { source: 'sudo -V', securePath };
  } catch (error) {
    if (hasCode(error, 'host/command-failed') || hasCode(error, 'host/command-missing'))
      return undefined;
    throw error;
  }
}
