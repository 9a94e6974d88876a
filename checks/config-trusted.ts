import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

interface Found {
  readonly ignored: readonly string[];
  readonly file: string;
}

export const configTrusted = defineCheck<CheckContext, Found>({
  id: 'config.trusted',
  group: 'config',
  title: 'the daemon uses the binary caches that you name',
  why: 'The daemon takes binary caches and keys only from its own configuration and from trusted users. What others write in their own nix.conf is passed over without an error. A trusted user can become root with the help of the daemon, so that it is better to add the cache than the user.',
  severity: 'warn',

  async probe(context) {
    const { layout, settings, userSettings, uid } = context;
    const known = [...settings.substituters, ...settings.trustedSubstituters].map(plain);
    const ignored = userSettings.substituters.filter(cache => !known.includes(plain(cache)));
    if (ignored.length === 0 || uid === 0) return undefined;
    const trusted = await context.askTrust();
    if (trusted === undefined) return { skip: 'no daemon says whether it trusts you' };
    return trusted ? undefined : { ignored, file: layout.nixConfFile };
  },

  explain: ({ ignored, file }) => ({
    summary: 'the daemon passes over binary caches that you name',
    evidence: [
      ...ignored.map(cache => ({ source: 'your nix.conf', value: `substituter ${cache}` })),
      { source: file, value: 'does not name them, and you are not in trusted-users' },
    ],
    cause: 'only the administrator may add binary caches',
  }),

  fixes: ({ ignored, file }) => [
    {
      id: 'add-cache',
      class: 'C',
      description: `as administrator add them to ${file}, each with its key in trusted-public-keys`,
      commands: [['echo', `extra-trusted-substituters = ${ignored.join(' ')}`]],
      reversible: true,
      needsRoot: true,
    },
  ],
});

function plain(cache: string): string {
  return cache.replace(/\/$/u, '');
}
