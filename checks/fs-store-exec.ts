import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { describeMount, findPlace, type Mount } from '../src/doctor/disk.ts';

interface Found {
  readonly mount: Mount;
}

export const fsStoreExec = defineCheck<CheckContext, Found>({
  id: 'fs.store-exec',
  group: 'fs',
  title: 'programs can run from the store',
  why: 'Store paths run where they are. On a file system that is mounted noexec each of them, every builder included, ends with "Permission denied", whatever its mode.',
  severity: 'error',

  async probe(context) {
    const { mount } = await findPlace(context, context.layout.storeDir);
    return mount?.options.includes('noexec') ? { mount } : undefined;
  },

  explain: ({ mount }) => ({
    summary: 'no program can run from the store',
    evidence: [{ source: '/proc/self/mountinfo', value: describeMount(mount) }],
    cause: 'the file system that the store is on is mounted noexec',
  }),

  fixes: ({ mount }) => [
    {
      id: 'remount-exec',
      class: 'C',
      description: 'mount it without noexec, and take noexec out of its line in /etc/fstab as well',
      commands: [['mount', '-o', 'remount,exec', mount.mountPoint]],
      reversible: true,
      needsRoot: true,
    },
  ],
});
