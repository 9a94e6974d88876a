import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { describeMount, findPlace, type Mount } from '../src/doctor/disk.ts';

interface Found {
  readonly storeDir: string;
  /** The nearest one on the way to it that exists. */
  readonly folder: string;
  readonly errno: string;
  readonly mount: Mount | undefined;
}

export const fsRootWritable = defineCheck<CheckContext, Found>({
  id: 'fs.root-writable',
  group: 'fs',
  title: 'the folder for the store exists or can be made',
  why: 'The store is in /nix, because store paths have that name in them. Some distributions have a root directory that even root cannot write to, and there it takes a mount, or an image of another kind, to have a /nix.',
  severity: 'error',

  async probe(context) {
    const { host, layout, uid } = context;
    const { storeDir } = layout;
    if ((await host.look(storeDir)) !== undefined) return undefined;
    if (uid !== 0)
      return { skip: `there is no ${storeDir}, and only root can tell whether it can be made` };
    const { path: folder, mount } = await findPlace(context, storeDir);
    const errno = await host.whyUnwritable(folder);
    return errno === undefined ? undefined : { storeDir, folder, errno, mount };
  },

  explain: ({ storeDir, folder, errno, mount }) => ({
    summary: `${storeDir} is missing and cannot be made`,
    evidence: [
      { source: folder, value: `cannot be written to: ${errno}` },
      ...(mount === undefined
        ? []
        : [{ source: '/proc/self/mountinfo', value: describeMount(mount) }]),
    ],
    cause: `${folder} is read-only or immutable, as image-based distributions have their root directory`,
  }),

  fixes: ({ storeDir, folder }) => [
    {
      id: 'mount-unit',
      class: 'M',
      description: `make ${storeDir} in the image, or unlock ${folder} as the distribution documents it (chattr -i, rpm-ostree, systemd-sysext); a folder of another disk can then be mounted there`,
      commands: [],
      reversible: true,
      needsRoot: true,
    },
  ],
});
