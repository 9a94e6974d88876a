/** A binary cache and the key that its paths are signed with. */
export interface Cache {
  readonly url: string;
  /** As nix.conf has it: `cache.example.org-1:base64`. */
  readonly publicKey: string;
}

/** Caches that need not be told a key for. */
export const knownCaches: readonly Cache[] = [
  {
    url: 'https://cache.nixos.org',
    publicKey: 'cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=',
  },
];

/** The host, then the path; without a user, because everybody may read nix.conf. */
const URL = /^(?:https?:\/\/[\w.:[\]-]+(?:\/[\w./~%+-]*)?|file:\/\/\/[\w./~%+-]*)$/u;
/** An ed25519 key has 32 bytes. */
const PUBLIC_KEY = /^[\w.-]+:[A-Za-z0-9+/]{43}=$/u;

/** Reads `URL#KEY`, or the URL alone of a cache that is known; undefined for anything else. */
export function parseCache(text: string): Cache | undefined {
  const [address = '', publicKey] = text.split('#', 2);
  const url = address.replace(/\/+$/u, '');
  if (publicKey === undefined) return knownCaches.find(known => known.url === url);
  return URL.test(url) && PUBLIC_KEY.test(publicKey) ? { url, publicKey } : undefined;
}
