import { caBundles } from '../src/config/ca-bundles.ts';
import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { walkPath } from '../src/doctor/path-walk.ts';

interface Flaw {
  readonly path: string;
  readonly seen: string;
}

interface Found {
  /** What nix.conf names, where it names a file. */
  readonly named: string | undefined;
  readonly flaws: readonly Flaw[];
  /** A file that has certificates. */
  readonly other: string | undefined;
}

const CERTIFICATE = '-----BEGIN CERTIFICATE-----';

export const netCaBundle = defineCheck<CheckContext, Found>({
  id: 'net.ca-bundle',
  group: 'net',
  title: 'downloads can check certificates',
  why: 'Builds that may use the network see the certificates of the host: the file that ssl-cert-file in nix.conf names, or the first of those that distributions use. What a shell says about certificates does not reach them.',
  severity: 'warn',

  async probe({ host, settings: { sslCertFile: named } }) {
    const candidates = named === undefined ? caBundles : [named, ...caBundles];
    const looks = await Promise.all(
      candidates.map(async path => ({ path, seen: await examine(host, path) })),
    );
    // Builds are given the first that is there, whatever is in it.
    const used = named === undefined ? looks.find(({ seen }) => seen !== MISSING) : looks[0];
    if (used !== undefined && used.seen === undefined) return undefined;
    const flaws = looks.flatMap(({ path, seen }) => (seen === undefined ? [] : [{ path, seen }]));
    const other = looks.find(({ seen }) => seen === undefined)?.path;
    return { named, flaws: used === undefined ? flaws : flaws.slice(0, 1), other };
  },

  explain: ({ flaws, other, named }) => ({
    summary: 'downloads cannot check certificates',
    evidence: [
      ...flaws.map(({ path: source, seen: value }) => ({ source, value })),
      ...(other === undefined ? [] : [{ source: other, value: 'has certificates' }]),
    ],
    cause:
      named === undefined
        ? 'no certificates are installed, or what installs them was interrupted'
        : 'ssl-cert-file in nix.conf names another file than the one that has them',
  }),

  fixes: ({ named, other }) => [
    {
      id: 'install-certificates',
      class: 'M',
      description:
        named === undefined || other === undefined
          ? 'install the certificates of the distribution (ca-certificates)'
          : 'take ssl-cert-file out of nix.conf: builds find the certificates of the distribution by themselves',
      commands: [],
      reversible: true,
      needsRoot: true,
    },
  ],
});

const MISSING = 'there is no such file';
const OTHERS_READ = 0o004;

/** What is wrong with a bundle for a build user; undefined when it has certificates. */
async function examine(host: CheckContext['host'], path: string): Promise<string | undefined> {
  const text = await host.readText(path);
  if (text === undefined) return MISSING;
  const mode = (await walkPath(host, path)).at(-1)?.facts?.mode ?? 0;
  if ((mode & OTHERS_READ) === 0) return 'may not be read by build users';
  return text.includes(CERTIFICATE) ? undefined : 'has no certificate in it';
}
