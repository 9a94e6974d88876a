import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

interface Found {
  readonly file: string;
  readonly caches: readonly string[];
  readonly keys: readonly string[];
}

export const configCacheKeys = defineCheck<CheckContext, Found>({
  id: 'config.cache-keys',
  group: 'config',
  title: 'every binary cache has a key that is trusted',
  why: 'What comes from a binary cache is taken only if somebody signed it whose key is in trusted-public-keys. Without the key of a cache all that it has is passed over without a word, and everything is built here.',
  severity: 'warn',

  async probe({ settings, layout }) {
    const { substitute, requireSignatures, substituters, trustedPublicKeys } = settings;
    if (!substitute || !requireSignatures) return undefined;
    const keys = trustedPublicKeys.map(key => key.replace(/:.*$/u, ''));
    const caches = substituters.filter(cache => !isTrusted(cache));
    const unknown = caches.filter(cache => !keys.some(key => isNamedAfter(key, cache)));
    // A key may have any name: only too few of them prove that one is missing.
    if (unknown.length === 0 || keys.length >= caches.length) return undefined;
    return { file: layout.nixConfFile, caches: unknown, keys };
  },

  explain: ({ file, caches, keys }) => ({
    summary: 'a binary cache is used without its key',
    evidence: [
      ...caches.map(cache => ({ source: file, value: `substituter ${withoutSecrets(cache)}` })),
      { source: file, value: `trusted-public-keys: ${keys.join(', ') || 'none'}` },
    ],
    cause: 'the cache was added to substituters, and its key was not added to trusted-public-keys',
  }),

  fixes: ({ file }) => [
    {
      id: 'add-key',
      class: 'M',
      description: `get the key from whoever runs the cache, over a way that you trust, and add it to trusted-public-keys in ${file}`,
      commands: [],
      reversible: true,
      needsRoot: true,
    },
  ],
});

/** A cache may be taken at its word: `…?trusted=1`. */
function isTrusted(cache: string): boolean {
  return /[?&]trusted=(?:1|true)(?:&|$)/u.test(cache);
}

/** As `cache.example.org-1` is for `https://cache.example.org/`. */
function isNamedAfter(key: string, cache: string): boolean {
  const host = URL.canParse(cache) ? new URL(cache).hostname : '';
  return host !== '' && key.startsWith(host);
}

function withoutSecrets(cache: string): string {
  return cache.replace(/\/\/[^/@]*@/u, '//');
}
