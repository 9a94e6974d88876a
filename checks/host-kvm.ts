import { hasCode } from '../src/base/errors.ts';
import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

interface Found {
  readonly group: string;
  readonly mode: number;
  /** Who tried in vain; undefined where nobody could. */
  readonly builder: string | undefined;
}

const DEVICE = '/dev/kvm';
const FEATURE = 'kvm';
const READ_WRITE = 0o6;
const ATTEMPT = `if test -r ${DEVICE} -a -w ${DEVICE}; then echo open; else echo closed; fi`;

export const hostKvm = defineCheck<CheckContext, Found>({
  id: 'host.kvm',
  group: 'host',
  title: 'builds that ask for kvm may use it',
  why: 'A build has the one group of its build user, whatever other groups that user is in: adding build users to the group kvm does nothing. The device has to be open to everybody, or the feature must not be announced.',
  severity: 'warn',

  async probe({ host, uid, settings, readAccounts, buildUsers }) {
    const facts = await host.look(DEVICE);
    if (facts === undefined) return { skip: `there is no ${DEVICE}` };
    if (!settings.systemFeatures.includes(FEATURE))
      return { skip: `system-features does not announce ${FEATURE}, as far as this user can tell` };
    const { users, groups } = await readAccounts();
    const own = groups.find(({ gid }) => gid === facts.gid)?.name;
    const shift = own === buildUsers.group ? 3 : 0;
    const builder =
      uid === 0 ? users.find(({ name }) => buildUsers.names.includes(name)) : undefined;
    const attempt = builder && (await tryAs(host, builder));
    const isOpen = attempt ?? ((facts.mode >> shift) & READ_WRITE) === READ_WRITE;
    if (isOpen) return undefined;
    const who = attempt === undefined ? undefined : builder?.name;
    return { group: own ?? `${facts.gid}`, mode: facts.mode, builder: who };
  },

  explain: ({ group, mode, builder }) => ({
    summary: 'builds are promised kvm and may not use it',
    evidence: [
      { source: DEVICE, value: `group ${group}, mode ${mode.toString(8).padStart(4, '0')}` },
      ...(builder === undefined ? [] : [{ source: `${DEVICE} as ${builder}`, value: 'closed' }]),
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

/** Whether a build user, in no group but its own, may use the device; undefined where that cannot be tried. */
async function tryAs(
  host: CheckContext['host'],
  { uid, gid }: { readonly uid: number; readonly gid: number },
): Promise<boolean | undefined> {
  if (host.root !== '/') return undefined;
  const become = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'];
  try {
    const { stdout } = await host.run([...become, 'sh', '-c', ATTEMPT]);
    return stdout === 'open\n';
  } catch (error) {
    if (hasCode(error, 'host/command-missing') || hasCode(error, 'host/command-failed'))
      return undefined;
    throw error;
  }
}
