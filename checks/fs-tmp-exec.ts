import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { describeMount, findPlace, type Mount } from '../src/doctor/disk.ts';

interface Found {
  readonly folder: string;
  readonly mount: Mount;
}

/** Builds have a /tmp of their own; this is about what runs outside of them. */
export const fsTmpExec = defineCheck<CheckContext, Found>({
  id: 'fs.tmp-exec',
  group: 'fs',
  title: 'programs can run from the folder for temporary files',
  why: 'Installers, compilers and language tools unpack programs into the folder for temporary files and run them there. Mounted noexec, it makes them fail with "Permission denied". Builds are not concerned.',
  severity: 'hint',

  async probe(context) {
    const folder = context.env.TMPDIR || '/tmp';
    const { mount } = await findPlace(context, folder);
    return mount?.options.includes('noexec') ? { folder, mount } : undefined;
  },

  explain: ({ folder, mount }) => ({
    summary: `no program can run from ${folder}`,
    evidence: [{ source: '/proc/self/mountinfo', value: describeMount(mount) }],
    cause: 'an administrator hardened it, or a container manager did',
  }),

  fixes: () => [
    {
      id: 'other-folder',
      class: 'C',
      description: 'use another folder for what complains',
      commands: [['export', 'TMPDIR=/var/tmp']],
      reversible: true,
      needsRoot: false,
    },
  ],
});
