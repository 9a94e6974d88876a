import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

interface Found {
  readonly bundle: string;
  readonly seen: string;
  readonly others: readonly string[];
}

/** Where builds that may use the network see certificates, as in stock Nix. */
const BUNDLE = '/etc/ssl/certs/ca-certificates.crt';
/** Where other distributions have them. */
const OTHER_BUNDLES = [
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];
const CERTIFICATE = '-----BEGIN CERTIFICATE-----';

export const netCaBundle = defineCheck<CheckContext, Found>({
  id: 'net.ca-bundle',
  group: 'net',
  title: 'downloads can check certificates',
  why: 'What a shell says about certificates does not reach the daemon, which is a service. It goes by ssl-cert-file in nix.conf, and by the file in which most distributions keep them.',
  severity: 'warn',

  async probe({ host, settings }) {
    const bundle = settings.sslCertFile ?? BUNDLE;
    const seen = await examine(host, bundle);
    if (seen === undefined) return undefined;
    const candidates = [BUNDLE, ...OTHER_BUNDLES].filter(path => path !== bundle);
    const looks = await Promise.all(candidates.map(path => examine(host, path)));
    return { bundle, seen, others: candidates.filter((_, index) => looks[index] === undefined) };
  },

  explain: ({ bundle, seen, others }) => ({
    summary: 'downloads cannot check certificates',
    evidence: [
      { source: bundle, value: seen },
      ...others.map(path => ({ source: path, value: 'has certificates' })),
    ],
    cause:
      others.length === 0
        ? 'no certificates are installed'
        : 'this distribution keeps its certificates in another place',
  }),

  fixes: ({ bundle, others: [other] }) => [
    other === undefined
      ? {
          id: 'install-certificates',
          class: 'M',
          description: 'install the certificates of the distribution (ca-certificates)',
          commands: [],
          reversible: true,
          needsRoot: true,
        }
      : {
          id: 'link-bundle',
          class: 'C',
          description: `link to it, ${bundle === BUNDLE ? 'so that it is where builds look' : 'or correct ssl-cert-file in nix.conf'}`,
          commands: [['ln', '-s', other, bundle]],
          reversible: true,
          needsRoot: true,
        },
  ],
});

/** What is wrong with a bundle; undefined when it has certificates. */
async function examine(host: CheckContext['host'], path: string): Promise<string | undefined> {
  const text = await host.readText(path);
  if (text === undefined) return 'there is no such file';
  return text.includes(CERTIFICATE) ? undefined : 'has no certificate in it';
}
