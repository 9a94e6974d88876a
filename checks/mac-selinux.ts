import { hasCode } from '../src/base/errors.ts';
import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

interface Found {
  readonly storeDir: string;
  readonly label: string;
  readonly isEnforcing: boolean;
}

/** What a path is labelled with that no policy speaks of; services may not run programs from there. */
const UNKNOWN_TYPES = ['default_t', 'unlabeled_t', 'file_t'];

export const macSelinux = defineCheck<CheckContext, Found>({
  id: 'mac.selinux',
  group: 'mac',
  title: 'SELinux knows the store',
  why: 'Where SELinux is enforced, a service may only run programs and read files whose label its policy allows. A store without labels of its own looks like files that do not belong to the system.',
  severity: found => (found.isEnforcing ? 'error' : 'warn'),

  async probe({ host, layout: { storeDir } }) {
    const enforce = (await host.readText('/sys/fs/selinux/enforce'))?.trim();
    if (enforce === undefined) return { skip: 'SELinux is not enabled' };
    if ((await host.look(storeDir)) === undefined) return { skip: 'there is no store yet' };
    const label = await readLabel(host, storeDir);
    if (label === undefined) return { skip: 'the program stat cannot tell the label of a file' };
    const [, , type = ''] = label.split(':');
    if (!UNKNOWN_TYPES.includes(type)) return undefined;
    return { storeDir, label, isEnforcing: enforce === '1' };
  },

  explain: ({ storeDir, label, isEnforcing }) => ({
    summary: 'SELinux does not know the store',
    evidence: [
      { source: '/sys/fs/selinux/enforce', value: isEnforcing ? 'enforcing' : 'permissive' },
      { source: `label of ${storeDir}`, value: label },
    ],
    cause: 'the policy of the host says nothing of this folder, and nobody labelled it',
  }),

  fixes: ({ storeDir }) => [
    {
      id: 'label-store',
      class: 'C',
      description: 'label it as files of the system, programs as programs',
      commands: [
        ['semanage', 'fcontext', '-a', '-t', 'usr_t', `${storeDir}(/.*)?`],
        ['semanage', 'fcontext', '-a', '-t', 'bin_t', `${storeDir}/[^/]+/s?bin(/.*)?`],
        ['semanage', 'fcontext', '-a', '-t', 'lib_t', `${storeDir}/[^/]+/lib(/.*)?`],
        ['restorecon', '-R', storeDir],
      ],
      reversible: true,
      needsRoot: true,
    },
  ],
});

async function readLabel(host: CheckContext['host'], path: string): Promise<string | undefined> {
  try {
    const { stdout } = await host.run(['stat', '-c', '%C', host.at(path)]);
    const label = stdout.trim();
    return label.includes(':') ? label : undefined;
  } catch (error) {
    if (hasCode(error, 'host/command-failed') || hasCode(error, 'host/command-missing'))
      return undefined;
    throw error;
  }
}
