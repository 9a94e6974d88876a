import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

interface Found {
  readonly group: string;
  readonly mode: number;
}

const DEVICE = '/dev/kvm';
const FEATURE = 'kvm';
const READ_WRITE = 0o6;

export const hostKvm = defineCheck<CheckContext, Found>({
  id: 'host.kvm',
  group: 'host',
  title: 'builds that ask for kvm may use it',
  why: 'A build has the one group of its build user, whatever other groups that user is in: adding build users to the group kvm does nothing. The device has to be open to everybody, or the feature must not be announced.',
  severity: 'warn',

  async probe({ host, settings, readAccounts, buildUsers }) {
    const facts = await host.look(DEVICE);
    if (facts === undefined) return { skip: `there is no ${DEVICE}` };
    if (!settings.systemFeatures.includes(FEATURE))
      return { skip: `system-features does not announce ${FEATURE}, as far as this user can tell` };
    const { groups } = await readAccounts();
    const own = groups.find(({ gid }) => gid === facts.gid)?.name;
    const shift = own === buildUsers.group ? 3 : 0;
    if (((facts.mode >> shift) & READ_WRITE) === READ_WRITE) return undefined;
    return { group: own ?? `${facts.gid}`, mode: facts.mode };
  },

  explain: ({ group, mode }) => ({
    summary: 'builds are promised kvm and may not use it',
    evidence: [
      { source: DEVICE, value: `group ${group}, mode ${mode.toString(8).padStart(4, '0')}` },
    ],
    cause: `builds are not members of ${group}, and others may not open it`,
  }),

  fixes: () => [
    {
      id: 'open-kvm',
      class: 'C',
      description:
        'open it to everybody; to keep it, put KERNEL=="kvm", MODE="0666" into /etc/udev/rules.d/99-kvm.rules; or list system-features without kvm in nix.conf',
      commands: [['chmod', '0666', DEVICE]],
      reversible: true,
      needsRoot: true,
    },
  ],
});
