import { hasCode, messageOf, TenonError } from '../base/errors.ts';
import type { StoreLayout } from '../config/layout.ts';
import type { Settings } from '../config/settings.ts';
import { defaultSettings } from '../config/settings.ts';
import type { SetupSettings } from '../config/setup-settings.ts';
import type { Configuration } from '../doctor/context.ts';
import type { Host } from '../host/host.ts';
import { loadNixSettings, settingFacts } from './nix-settings.ts';
import { defaultSetupSettings, loadSetupSettings } from './setup-settings.ts';

interface ReadConfiguration {
  readonly settings: Settings;
  readonly setupSettings: SetupSettings;
  readonly configuration: Configuration;
}

type Problem = Configuration['problems'][number];

/** Everything that is configured; where a file is broken, the defaults and what is wrong with it. */
export async function readConfiguration(
  host: Host,
  layout: StoreLayout,
): Promise<ReadConfiguration> {
  const problems: Problem[] = [];
  const orElse =
    <T>(fallback: () => T) =>
    (error: unknown): T => {
      problems.push(problemOf(error));
      return fallback();
    };
  const nix = await Promise.try(() => loadNixSettings(layout, {}, true)).catch(
    orElse(() => ({ settings: defaultSettings(settingFacts(layout, true)), warnings: [] })),
  );
  const setupSettings = await loadSetupSettings(host, { flags: {}, env: {}, detected: {} }).catch(orElse(defaultSetupSettings));
  const { settings, warnings } = nix;
  return { settings, setupSettings, configuration: { problems, warnings } };
}

const SYSTEM_ERRORS = ['EACCES', 'EISDIR', 'ELOOP', 'EIO'];

function problemOf(error: unknown): Problem {
  if (error instanceof TenonError && error.code.startsWith('config/'))
    return { message: error.message, hint: error.hint };
  if (SYSTEM_ERRORS.some(code => hasCode(error, code)))
    return { message: messageOf(error), hint: undefined };
  throw error;
}
