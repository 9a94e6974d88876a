import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { findFlaws, UNIT_PROPERTIES, type UnitFlaw } from '../src/doctor/unit-flaws.ts';

interface Found {
  readonly unit: string;
  readonly flaws: readonly UnitFlaw[];
}

export const sandboxUnit = defineCheck<CheckContext, Found>({
  id: 'sandbox.unit',
  group: 'sandbox',
  title: 'the unit of the service leaves builds what they need',
  why: 'Directives that harden a unit hold for builds as well. Some of them forbid namespaces, mounts or other users, so that the daemon runs and no build does. They may come from a drop-in of the administrator or of the distribution, for all services at once.',
  severity: 'error',

  async probe({ host, service }, signal) {
    if ((await host.findInit()) !== 'systemd') return undefined;
    const unit = `${service}.service`;
    const argv = ['systemctl', 'show', unit, '--property', UNIT_PROPERTIES.join(',')];
    const { stdout } = await host.run(argv, { signal });
    const flaws = findFlaws(stdout);
    return flaws.length === 0 ? undefined : { unit, flaws };
  },

  explain: ({ unit, flaws }) => ({
    summary: `${unit} takes away what builds need`,
    evidence: flaws.map(({ property, value }) => ({
      source: `systemctl show ${unit}`,
      value: `${property}: ${value}`,
    })),
    cause: flaws.map(({ consequence }) => consequence).join('; '),
  }),

  fixes: ({ unit, flaws }) => [
    {
      id: 'drop-in',
      class: 'C',
      description: `take ${flaws.map(({ property }) => property).join(', ')} out of the drop-in that sets it, or override it in one of your own`,
      commands: [
        ['systemctl', 'cat', unit],
        ['systemctl', 'edit', unit],
        ['systemctl', 'restart', unit],
      ],
      reversible: true,
      needsRoot: true,
    },
  ],
});
