import { resolve } from 'node:path';
import { hostNames, privateEnvironment, storeLayout } from '../config/layout.ts';
import { ensureDirectory } from '../host/store-files.ts';
import { bindStep } from '../setup/actions.ts';
import { notInstalled } from '../setup/errors.ts';
import { suggestMode } from '../setup/modes.ts';
import { startStep } from '../setup/service-steps.ts';
import { commandLine } from '../ui/report.ts';
import type { CommandContext } from './command.ts';
import { defineCommand, parseFlags } from './command.ts';
import { usageError } from './errors.ts';
import { becomeInstaller } from './root.ts';
import { serve } from './serve.ts';
import { createTools } from './tools.ts';

const USAGE = [
  'tenon start',
  '',
  'Starts the daemon that setup installed and returns once it answers: for containers and other hosts without an',
  'init system that would do it.',
  '',
  'tenon start DIR',
  '',
  'Serves a private store below a folder, in the foreground, without root. Prints the variables that lead Nix programs',
  'to that store.',
].join('\n');

export const start = defineCommand({
  name: 'start',
  summary: 'Start the daemon, or serve a private store below a folder.',
  usage: USAGE,

  parse(argv) {
    const { names } = parseFlags('start', argv, {});
    const [folder, more] = names;
    if (more !== undefined)
      throw usageError(
        `Cannot run tenon start: one folder is enough, "${more}" is too much`,
        'start',
      );
    return { folder: folder === undefined ? undefined : resolve(folder) };
  },

  async run(context, { folder }) {
    if (folder === undefined) await startInstalled(context);
    else await servePrivately(context, folder);
  },

  render: () => undefined,
});

async function startInstalled({ signal, out }: CommandContext): Promise<void> {
  becomeInstaller('tenon start');
  const store = storeLayout({});
  const tools = createTools(store, '/');
  const { host } = tools;
  if ((await host.look(hostNames.programDir)) === undefined) throw notInstalled();
  const init = await host.findInit();
  const action = bindStep(startStep({ init, mode: suggestMode({ init, uid: 0 }), store }));
  const { state } = await action.inspect(tools, false);
  if (state !== 'done') await action.apply(tools, signal);
  out.line(`The daemon answers at ${store.socketPath}.`);
}

async function servePrivately({ env, signal, out }: CommandContext, folder: string): Promise<void> {
  const variables = privateEnvironment(folder);
  const layout = storeLayout(variables);
  for (const path of [layout.storeDir, layout.confDir]) ensureDirectory(path, 0o755);
  out.line(`export ${commandLine(assignments(variables))} NIX_REMOTE=daemon`);
  await serve({ layout, env: { ...env, ...variables }, signal, out });
}

function assignments(variables: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(variables).map(([name, value]) => `${name}=${value}`);
}
