import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { describeMount, findMount } from '../src/doctor/disk.ts';

interface Found {
  readonly source: string;
  readonly value: string;
  readonly cause: string;
}

const PATH = '/sys/fs/cgroup';
const NEEDED = ['cpu', 'memory', 'pids'];

export const hostCgroups = defineCheck<CheckContext, Found>({
  id: 'host.cgroups',
  group: 'host',
  title: 'the service can be limited by control groups',
  why: 'That builds leave memory, processes and time to others is up to the limits of the service, such as MemoryMax= or rc_cgroup_settings. For all of them it takes control groups of version 2 with the controllers for it.',
  severity: 'hint',

  async probe({ host, readKernelFacts }) {
    const mount = findMount((await readKernelFacts()).mounts, PATH);
    if (mount?.fileSystem !== 'cgroup2')
      return {
        source: '/proc/self/mountinfo',
        value: mount === undefined ? 'nothing there' : describeMount(mount),
        cause: 'the host uses control groups of version 1, or none',
      };
    const controllers = await host.readText(`${PATH}/cgroup.controllers`);
    const missing = NEEDED.filter(name => controllers?.split(/\s+/u).includes(name) === false);
    if (missing.length === 0) return undefined;
    return {
      source: `${PATH}/cgroup.controllers`,
      value: `without ${missing.join(', ')}`,
      cause: 'the kernel lacks them, or who made this container did not delegate them',
    };
  },

  explain: ({ source, value, cause }) => ({
    summary: 'limits of the service hold only in part, or not at all',
    evidence: [{ source, value }],
    cause,
  }),

  fixes: () => [
    {
      id: 'unified-hierarchy',
      class: 'M',
      description:
        'with systemd boot with systemd.unified_cgroup_hierarchy=1, with OpenRC set rc_cgroup_mode="unified" in /etc/rc.conf; in a container ask for delegation (Delegate=yes)',
      commands: [],
      reversible: true,
      needsRoot: true,
    },
  ],
});
