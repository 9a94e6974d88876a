import { storeLayout } from '../config/layout.ts';
import type { Tools } from '../setup/action.ts';
import { isPackageInstalled } from '../setup/gentoo-facts.ts';
import { hostInstallation } from '../setup/installation.ts';
import { removeStore } from '../setup/leftovers.ts';
import { stopService } from '../setup/removal.ts';
import { confirm } from '../ui/ask.ts';
import { printable } from '../ui/output.ts';
import type { CommandContext } from './command.ts';
import { defineCommand, expectNoNames, parseFlags } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { becomeInstaller } from './root.ts';
import { createTools } from './tools.ts';

interface Options {
  readonly yes: boolean;
}

type Result =
  | { readonly kind: 'nothing-there' | 'declined' }
  | { readonly kind: 'purged'; readonly isPackaged: boolean };

const USAGE = ['tenon purge [--yes]', '', '  --yes   do not ask (also TENON_YES=1)'].join('\n');

/** What no package manager does: the program stays, whoever installed it. */
export const purge = defineCommand<Options, Result>({
  name: 'purge',
  summary: 'Stop the daemon and delete the store, with everything that was ever built.',
  usage: USAGE,

  parse(argv) {
    const { flags, names } = parseFlags('purge', argv, {
      yes: { type: 'boolean', default: false },
    });
    expectNoNames('purge', names);
    return { yes: flags.yes };
  },

  async run(context, options) {
    becomeInstaller('tenon purge');
    const layout = storeLayout({});
    const tools = createTools(layout, '/');
    const paths = await listWhatGoes(tools);
    if (paths.length === 0) return { kind: 'nothing-there' };
    context.out.line(printable(`Delete ${paths.join(', ')}, and stop the daemon.`));
    if (!(await isConfirmed(context, options))) return { kind: 'declined' };
    const { host } = tools;
    await stopService(tools, hostInstallation, false);
    await removeStore(host, layout);
    return { kind: 'purged', isPackaged: await isPackageInstalled(host) };
  },

  render(result, out) {
    for (const line of linesOf(result)) out.line(printable(line));
  },

  exitCode: ({ kind }) => (kind === 'declined' ? exitCodes.cancelled : exitCodes.done),
});

async function listWhatGoes({ host }: Tools): Promise<readonly string[]> {
  const { storeDir, stateDir, logDir } = storeLayout({});
  const paths = [storeDir, stateDir, logDir];
  const looks = await Promise.all(paths.map(path => host.look(path)));
  const there = paths.filter((_, index) => looks[index] !== undefined);
  const count = (await host.list(storeDir)).length;
  return there.map(path => (path === storeDir ? `${path} (${count} entries)` : path));
}

async function isConfirmed({ out, env, signal }: CommandContext, { yes }: Options) {
  if (yes || env.TENON_YES === '1') return true;
  return await confirm({ out, signal }, { message: 'Do this?', flag: '--yes', preset: false });
}

function linesOf(result: Result): readonly string[] {
  switch (result.kind) {
    case 'nothing-there':
      return ['Nothing to do: there is no store.'];
    case 'declined':
      return ['Nothing was changed.'];
    case 'purged':
      return [
        'The store is gone, and the daemon is stopped until it is started or the host boots.',
        result.isPackaged
          ? 'To remove the program: emerge --unmerge sys-apps/tenon; then emerge --depclean locks the accounts.'
          : 'To remove the program: tenon uninstall.',
      ];
    default:
      return result satisfies never;
  }
}
