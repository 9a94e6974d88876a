import { type Environment, hostNames } from '../config/layout.ts';
import type { SetupName, SetupSettings } from '../config/setup-settings.ts';
import { resolveSetupSettings } from '../config/setup-settings.ts';
import { parseTenonConf } from '../config/tenon-conf.ts';
import type { Host } from '../host/host.ts';

/** What setup was told, by the environment, by tenon.conf or by the host itself. */
export async function loadSetupSettings(
  host: Host,
  env: Environment,
  detected: Readonly<Partial<Record<SetupName, string>>>,
): Promise<SetupSettings> {
  const path = hostNames.tenonConfFile;
  const text = await host.readText(path);
  const file = text === undefined ? undefined : { path, conf: parseTenonConf(text, path) };
  return resolveSetupSettings({ flags: {}, env, file, detected });
}
