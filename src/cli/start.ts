import { resolve } from 'node:path';
import type { StoreLayout } from '../config/layout.ts';
import { privateEnvironment, storeLayout } from '../config/layout.ts';
import { currentIds, ensureDirectory } from '../host/store-files.ts';
import type { Step, Tools } from '../setup/action.ts';
import { bindStep } from '../setup/actions.ts';
import { notInstalled } from '../setup/errors.ts';
import { hostInstallation, userInstallation } from '../setup/installation.ts';
import { suggestMode } from '../setup/modes.ts';
import { startStep } from '../setup/service-steps.ts';
import { userStartStep } from '../setup/user-plan.ts';
import { commandLine } from '../ui/report.ts';
import type { CommandContext } from './command.ts';
import { defineCommand, parseFlags } from './command.ts';
import { usageError } from './errors.ts';
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

async function startInstalled({ env, signal, out }: CommandContext): Promise<void> {
  process.umask(0o022);
  const { uid } = currentIds();
  const installation = uid === 0 ? hostInstallation : userInstallation(env.HOME ?? '/');
  const { layout, programDir, user } = installation;
  const tools = createTools(layout, '/');
  if ((await tools.host.look(programDir)) === undefined) throw notInstalled();
  const step =
    user === undefined
      ? await stepForHost(tools, layout)
      : userStartStep({ places: user, uid, hasManager: await tools.host.hasUserManager(uid) });
  const action = bindStep(step);
  const { state } = await action.inspect(tools, false);
  if (state !== 'done') await action.apply(tools, signal);
  out.line(`The daemon answers at ${layout.socketPath}.`);
}

async function stepForHost({ host }: Tools, store: StoreLayout): Promise<Step> {
  const init = await host.findInit();
  return startStep({ init, mode: suggestMode({ init, uid: 0 }), store }, []);
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
