import { unreadable } from '../config/errors.ts';
import { hostNames } from '../config/layout.ts';
import type { SetupName, SetupSettings, SetupSources } from '../config/setup-settings.ts';
import {
  flagOf,
  resolveSetupSettings,
  setupNames,
  unknownNames,
} from '../config/setup-settings.ts';
import { parseTenonConf } from '../config/tenon-conf.ts';
import type { Host } from '../host/host.ts';
import { unknownSettings } from './errors.ts';

/** Settings as they are typed, by their names. */
export type SettingTexts = Readonly<Partial<Record<SetupName, string>>>;

/** A flag for each setting, for `parseFlags`. */
export const settingFlags: Readonly<Record<string, { readonly type: 'string' }>> =
  Object.fromEntries(setupNames.map(name => [flagOf(name), { type: 'string' }]));

/** The settings among the flags that were given. */
export function settingsIn(flags: Readonly<Record<string, unknown>>): SettingTexts {
  const given = setupNames.flatMap(name => {
    const text = flags[flagOf(name)];
    return typeof text === 'string' ? [[name, text] as const] : [];
  });
  return Object.fromEntries(given);
}

/** What setup was told on the command line, by the environment, by tenon.conf or by the host itself. */
export async function loadSetupSettings(
  host: Host,
  sources: Omit<SetupSources, 'file'>,
): Promise<SetupSettings> {
  return resolveSetupSettings({ ...sources, file: await readTenonConf(host) });
}

/** Undefined where there is none. Throws `config/unreadable`. */
export async function readTenonConf(host: Host): Promise<SetupSources['file']> {
  const path = hostNames.tenonConfFile;
  const text = await host.readText(path).catch(error => {
    throw unreadable(host.at(path), error);
  });
  return text === undefined ? undefined : { path, conf: parseTenonConf(text, path) };
}

/** Throws `config/unknown-setting` for names in tenon.conf that nobody reads. */
export function expectKnownNames(file: SetupSources['file']): void {
  const unknown = file === undefined ? [] : unknownNames(file.conf);
  if (file !== undefined && unknown.length > 0) throw unknownSettings(file.path, unknown);
}

/** What holds where nothing was told. */
export function defaultSetupSettings(): SetupSettings {
  return resolveSetupSettings({ flags: {}, env: {}, file: undefined, detected: {} });
}
