import { hasCode, messageOf, TenonError } from '../base/errors.ts';
import { type Environment, hostNames, type StoreLayout } from '../config/layout.ts';
import type { Settings } from '../config/settings.ts';
import { defaultSettings } from '../config/settings.ts';
import type { SetupSettings } from '../config/setup-settings.ts';
import type { Configuration, ConfigurationProblem } from '../doctor/context.ts';
import type { Host } from '../host/host.ts';
import { loadNixSettings, settingFacts } from './nix-settings.ts';
import { defaultSetupSettings, loadSetupSettings } from './setup-settings.ts';

interface ReadConfiguration {
  readonly settings: Settings;
  readonly userSettings: Settings;
  readonly setupSettings: SetupSettings;
  readonly configuration: Configuration;
}

/** Everything that is configured; where a file is broken, the defaults and what is wrong with it. */
export async function readConfiguration(
  host: Host,
  layout: StoreLayout,
  env: Environment,
): Promise<ReadConfiguration> {
  const problems: ConfigurationProblem[] = [];
  const tryRead = async <T>(file: string, read: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      problems.push(problemOf(error, file));
      return undefined;
    }
  };
  const nix = await tryRead(layout.nixConfFile, () => loadNixSettings(layout, {}, true));
  const settings = nix?.settings ?? defaultSettings(settingFacts(layout, true));
  const own = nix && (await tryRead('your nix.conf', () => loadNixSettings(layout, env)));
  const told = await tryRead(hostNames.tenonConfFile, () =>
    loadSetupSettings(host, { flags: {}, env: {}, detected: {} }),
  );
  return {
    settings,
    userSettings: own?.settings ?? settings,
    setupSettings: told ?? defaultSetupSettings(),
    configuration: { problems, warnings: nix?.warnings ?? [] },
  };
}

const SYSTEM_ERRORS = ['EACCES', 'EISDIR', 'ELOOP', 'EIO', 'EPERM'];

function problemOf(error: unknown, file: string): ConfigurationProblem {
  if (error instanceof TenonError && error.code.startsWith('config/'))
    return { file, message: error.message, hint: error.hint };
  if (SYSTEM_ERRORS.some(code => hasCode(error, code)))
    return { file, message: messageOf(error), hint: undefined };
  throw error;
}
