import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { describeMount, findMount } from '../src/doctor/disk.ts';

interface Found {
  readonly source: string;
  readonly value: string;
}

const PATH = '/dev/shm';
const IN_MEMORY = ['tmpfs', 'ramfs', 'devtmpfs'];
const FOR_EVERYBODY = 0o1777;

export const hostShm = defineCheck<CheckContext, Found>({
  id: 'host.shm',
  group: 'host',
  title: 'programs can share memory',
  why: 'The objects of shm_open(3) are in /dev/shm. Browsers, databases, and Python with several processes need it. Sandboxed builds have one of their own.',
  severity: 'warn',

  async probe({ host, readKernelFacts }) {
    const mount = findMount((await readKernelFacts()).mounts, PATH);
    if (mount === undefined || !IN_MEMORY.includes(mount.fileSystem))
      return {
        source: '/proc/self/mountinfo',
        value: mount === undefined ? 'nothing there' : describeMount(mount),
      };
    const facts = await host.look(PATH);
    if (facts === undefined || facts.mode === FOR_EVERYBODY || facts.kind === 'symlink')
      return undefined;
    return { source: PATH, value: `has mode ${facts.mode.toString(8)}` };
  },

  explain: found => ({
    summary: `${PATH} is not what shm_open expects`,
    evidence: [found],
    cause: 'it is not mounted, or somebody changed its mode',
  }),

  fixes: () => [
    {
      id: 'mount-shm',
      class: 'C',
      description: 'make it a folder in memory that is open to everybody',
      commands: [
        ['mkdir', '-p', PATH],
        ['mount', '-t', 'tmpfs', '-o', 'mode=1777,nosuid,nodev', 'shm', PATH],
      ],
      reversible: true,
      needsRoot: true,
    },
  ],
});
