import type { Settings } from '../config/settings.ts';
import { parsePublicKey } from '../formats/signature.ts';
import type { RequiredKeys } from '../store/add-nar.ts';

/** The keys that the administrator trusts, or undefined when paths need no signature at all. */
export function requiredKeys(settings: Settings): RequiredKeys {
  return settings.requireSignatures ? settings.trustedPublicKeys.map(parsePublicKey) : undefined;
}
