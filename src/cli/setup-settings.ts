import { type Environment, hostNames } from '../config/layout.ts';
import type { SetupName, SetupSettings } from '../config/setup-settings.ts';
import { flagOf, resolveSetupSettings, setupNames } from '../config/setup-settings.ts';
import { parseTenonConf } from '../config/tenon-conf.ts';
import type { Host } from '../host/host.ts';

type Texts = Readonly<Partial<Record<SetupName, string>>>;

/** A flag for each setting, for `parseFlags`. */
export const settingFlags: Readonly<Record<string, { readonly type: 'string' }>> =
  Object.fromEntries(setupNames.map(name => [flagOf(name), { type: 'string' }]));

/** The settings among the flags that were given. */
export function settingsIn(flags: Readonly<Record<string, unknown>>): Texts {
  const given = setupNames.flatMap(name => {
    const text = flags[flagOf(name)];
    return typeof text === 'string' ? [[name, text] as const] : [];
  });
  return Object.fromEntries(given);
}

/** What setup was told on the command line, by the environment, by tenon.conf or by the host itself. */
export async function loadSetupSettings(
  host: Host,
  { flags, env, detected }: { flags: Texts; env: Environment; detected: Texts },
): Promise<SetupSettings> {
  const path = hostNames.tenonConfFile;
  const text = await host.readText(path);
  const file = text === undefined ? undefined : { path, conf: parseTenonConf(text, path) };
  return resolveSetupSettings({ flags, env, file, detected });
}

/** What holds where nothing was told. */
export function defaultSetupSettings(): SetupSettings {
  return resolveSetupSettings({ flags: {}, env: {}, file: undefined, detected: {} });
}
