import type { Derivation } from '../formats/derivation.ts';
import type { BuildSettings } from './build-settings.ts';
import type { DerivationOptions } from './derivation-options.ts';
import { isFixedOutput } from './derivation-options.ts';
import { noChrootForbidden, noLocalBuilds, noUidRange, wrongPlatform } from './errors.ts';

export const BUILTIN_PREFIX = 'builtin:';

/** 65536 ids for one build, root among them: whatever system-features says, no build gets more than one. */
const UID_RANGE = 'uid-range';

/** Throws when this machine cannot build the derivation. */
export function checkPlatform(
  drvPath: string,
  drv: Derivation,
  { settings, options }: { settings: BuildSettings; options: DerivationOptions },
): void {
  if (settings.maxJobs === 0) throw noLocalBuilds(drvPath);
  if (options.requiredSystemFeatures.includes(UID_RANGE)) throw noUidRange(drvPath);
  const isBuiltin = drv.builder.startsWith(BUILTIN_PREFIX);
  const platforms = [settings.system, ...settings.extraPlatforms, 'builtin'];
  const missing = options.requiredSystemFeatures.filter(
    feature => !settings.systemFeatures.includes(feature),
  );
  if ((isBuiltin || platforms.includes(drv.platform)) && missing.length === 0) return;
  throw wrongPlatform(drvPath, {
    needed: { platform: drv.platform, features: options.requiredSystemFeatures },
    have: { platform: settings.system, features: settings.systemFeatures },
  });
}

/** Whether a build gets a sandbox: always, unless the administrator's settings say otherwise. */
export function wantsSandbox(
  drvPath: string,
  drv: Derivation,
  { settings, options }: { settings: BuildSettings; options: DerivationOptions },
): boolean {
  switch (settings.sandbox) {
    case 'on':
      if (options.noChroot) throw noChrootForbidden(drvPath);
      return true;
    case 'relaxed':
      return !options.noChroot && !isFixedOutput(drv);
    case 'off':
      return false;
    default:
      return settings.sandbox satisfies never;
  }
}
