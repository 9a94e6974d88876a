import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { unlessGentoo } from '../src/doctor/gentoo.ts';

interface Found {
  readonly service: string;
  readonly runlevel: string;
}

const SOFTLEVEL = '/run/openrc/softlevel';

export const gentooServiceStopped = defineCheck<CheckContext, Found>({
  id: 'gentoo.service-stopped',
  group: 'gentoo',
  title: 'the service of this runlevel runs',
  why: 'OpenRC starts the services of a runlevel when it enters it, and not when they are added to it, nor again when they were given up.',
  severity: 'warn',

  async probe({ host, service }) {
    const skip = await unlessGentoo(host);
    if (skip !== undefined) return skip;
    const runlevel = (await host.readText(SOFTLEVEL))?.trim();
    if (runlevel === undefined || runlevel === '') return { skip: 'OpenRC does not run this host' };
    const [wanted, started] = await Promise.all([
      host.look(`/etc/runlevels/${runlevel}/${service}`),
      host.look(`/run/openrc/started/${service}`),
    ]);
    return wanted === undefined || started !== undefined ? undefined : { service, runlevel };
  },

  explain: ({ service, runlevel }) => ({
    summary: `${service} belongs to the runlevel ${runlevel} and is stopped`,
    evidence: [
      { source: `/etc/runlevels/${runlevel}/${service}`, value: 'exists' },
      { source: `/run/openrc/started/${service}`, value: 'missing' },
    ],
    cause: 'it was added and not started, stopped by hand, or given up after it had died too often',
  }),

  fixes: ({ service }) => [
    {
      id: 'start-service',
      class: 'C',
      description: 'start it, and look at what it logs if it stops again',
      commands: [['rc-service', service, 'start']],
      reversible: true,
      needsRoot: true,
    },
  ],
});
