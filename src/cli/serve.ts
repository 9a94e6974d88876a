import { availableParallelism } from 'node:os';
import type { Environment, StoreLayout } from '../config/layout.ts';
import { serveDaemon } from '../daemon/serve.ts';
import { hungUp, replaced, tellReady } from '../host/replacement.ts';
import type { Output } from '../ui/output.ts';
import { printable } from '../ui/output.ts';
import { loadNixSettings } from './nix-settings.ts';
import { enterPath } from './program-folder.ts';
import { readVersion } from './version.ts';

interface ServeOptions {
  readonly layout: StoreLayout;
  readonly env: Environment;
  readonly signal: AbortSignal;
  readonly out: Output;
}

/** Serves a store in the foreground until the signal; the daemon's log goes to stderr, a line each. */
export async function serve({ layout, env, signal, out }: ServeOptions): Promise<void> {
  const log = (level: string, message: string) => out.remark(`${level}: ${printable(message)}`);
  const { settings, warnings } = loadNixSettings(layout, env);
  for (const warning of warnings) log('warn', warning);
  await serveDaemon({
    layout,
    settings,
    env,
    enterPath,
    version: await readVersion(),
    cpuCount: availableParallelism(),
    log,
    signal: AbortSignal.any([signal, hungUp(env)]),
    replaced: replaced(),
    onReady: () => tellReady(env),
  });
}
