import { resolve } from 'node:path';
import { privateEnvironment, storeLayout } from '../config/layout.ts';
import { ensureDirectory } from '../host/store-files.ts';
import { commandLine } from '../ui/report.ts';
import { defineCommand, parseFlags } from './command.ts';
import { usageError } from './errors.ts';
import { serve } from './serve.ts';

/** The embedded default: a store of its own, which any user can have. */
export const start = defineCommand({
  name: 'start',
  summary: 'Serve a private store below a folder, in the foreground, without root.',
  usage: 'tenon start DIR\n\nPrints the variables that lead Nix programs to that store.',

  parse(argv) {
    const { names } = parseFlags('start', argv, {});
    const [folder, more] = names;
    if (folder === undefined) throw usageError('Cannot run tenon start: name a folder', 'start');
    if (more !== undefined)
      throw usageError(
        `Cannot run tenon start: one folder is enough, "${more}" is too much`,
        'start',
      );
    return { folder: resolve(folder) };
  },

  async run({ env, signal, out }, { folder }) {
    const variables = privateEnvironment(folder);
    const layout = storeLayout(variables);
    for (const path of [layout.storeDir, layout.confDir]) ensureDirectory(path, 0o755);
    out.line(`export ${commandLine(assignments(variables))} NIX_REMOTE=daemon`);
    await serve({ layout, env: { ...env, ...variables }, signal, out });
  },

  render: () => undefined,
});

function assignments(variables: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(variables).map(([name, value]) => `${name}=${value}`);
}
