import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

interface Found {
  readonly seen: string;
  readonly target: string | undefined;
}

/** The one file by which a fixed-output build finds name servers; it uses the network of the host. */
const RESOLV_CONF = '/etc/resolv.conf';
const NAME_SERVER = /^\s*nameserver\s+(\S+)/gmu;

export const netDnsInSandbox = defineCheck<CheckContext, Found>({
  id: 'net.dns-in-sandbox',
  group: 'net',
  title: 'builds that may use the network can find name servers',
  why: 'A build that fetches sees /etc/resolv.conf of the host, wherever that leads, and no other part of how the host finds names. Where the file names no server, the build asks one on the host itself.',
  severity: 'warn',

  async probe({ host, refusesQueries }) {
    const text = await host.readText(RESOLV_CONF);
    const target = await host.readLink(RESOLV_CONF);
    if (text === undefined) return { seen: 'there is no such file', target };
    const servers = [...text.matchAll(NAME_SERVER)].map(([, address = '']) => address);
    if (servers.length === 0) return { seen: 'names no server', target };
    // Those of a network may be slow, and are not ours to ask.
    if (!servers.every(isOfThisMachine)) return undefined;
    const refusals = await Promise.all(servers.map(refusesQueries));
    if (refusals.includes(false)) return undefined;
    return { seen: `names ${servers.join(' and ')}, where nobody listens`, target };
  },

  explain: ({ seen, target }) => ({
    summary: 'builds that fetch may find no name server',
    evidence: [
      { source: RESOLV_CONF, value: seen },
      ...(target === undefined ? [] : [{ source: `${RESOLV_CONF} leads to`, value: target }]),
    ],
    cause:
      'the host has no network yet, or what manages its names does not run or does not write the file',
  }),

  fixes: () => [
    {
      id: 'write-resolv-conf',
      class: 'M',
      description:
        'start the network manager and let it write the file; with systemd-resolved link it to /run/systemd/resolve/stub-resolv.conf',
      commands: [],
      reversible: true,
      needsRoot: true,
    },
  ],
});

function isOfThisMachine(address: string): boolean {
  return address === '::1' || /^127(?:\.\d+){3}$/u.test(address);
}
