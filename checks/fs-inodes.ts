import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { findPlace } from '../src/doctor/disk.ts';

interface Found {
  readonly path: string;
  readonly mountPoint: string;
  readonly inodes: number;
  readonly freeInodes: number;
}

/** About what unpacking one set of kernel sources takes. */
const FEW = 100_000;
const HARDLY_ANY = 1000;

export const fsInodes = defineCheck<CheckContext, Found>({
  id: 'fs.inodes',
  group: 'fs',
  title: 'the file system of the store has inodes left',
  why: 'A store has millions of small files. Some file systems have a fixed number of inodes, and when they run out the error is "No space left on device", though df shows room.',
  severity: ({ freeInodes }) => (freeInodes < HARDLY_ANY ? 'error' : 'warn'),

  async probe(context) {
    const path = context.layout.storeDir;
    const { inodes, freeInodes } = await context.readSpace(path);
    // Btrfs and some others make inodes as they are needed, and say that they have none.
    if (inodes === 0 || freeInodes >= FEW) return undefined;
    const { mount } = await findPlace(context, path);
    return { path, mountPoint: mount?.mountPoint ?? path, inodes, freeInodes };
  },

  explain: ({ path, mountPoint, inodes, freeInodes }) => ({
    summary: `there are hardly any inodes left for ${path}`,
    evidence: [
      { source: `df -i ${path}`, value: `${freeInodes} of ${inodes} free on ${mountPoint}` },
    ],
    cause: 'the file system was made with a fixed number of inodes, and small files use them up',
  }),

  fixes: () => [
    {
      id: 'fewer-files',
      class: 'C',
      description:
        'delete what nothing needs, and let equal files share an inode; for good, make the file system anew with more inodes (mkfs.ext4 -T news)',
      commands: [
        ['nix-store', '--gc'],
        ['nix-store', '--optimise'],
      ],
      reversible: false,
      needsRoot: true,
    },
  ],
});
