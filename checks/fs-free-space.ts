import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { findPlace, formatBytes, GIB, MIB } from '../src/doctor/disk.ts';

interface Found {
  readonly path: string;
  readonly mountPoint: string;
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Below this hardly anything can be built or fetched. */
const LITTLE_BYTES = GIB;
/** Below this even the database may fail to grow. */
const NOTHING_BYTES = 64 * MIB;

export const fsFreeSpace = defineCheck<CheckContext, Found>({
  id: 'fs.free-space',
  group: 'fs',
  title: 'there is room for new store paths',
  why: 'A full disk makes builds and downloads fail, often with messages that name something else. Store paths that nothing needs any more stay until garbage is collected.',
  severity: ({ freeBytes }) => (freeBytes < NOTHING_BYTES ? 'error' : 'warn'),

  async probe(context) {
    const { storeDir, stateDir } = context.layout;
    for (const path of [storeDir, stateDir]) {
      const { freeBytes, totalBytes } = await context.readSpace(path);
      if (totalBytes === 0 || freeBytes >= LITTLE_BYTES) continue;
      const { mount } = await findPlace(context, path);
      return { path, mountPoint: mount?.mountPoint ?? path, freeBytes, totalBytes };
    }
    return undefined;
  },

  explain: ({ path, mountPoint, freeBytes, totalBytes }) => ({
    summary: `there is hardly any room left for ${path}`,
    evidence: [
      {
        source: `df ${path}`,
        value: `${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} free on ${mountPoint}`,
      },
    ],
    cause: 'store paths that nothing needs, or something else on the same file system',
  }),

  fixes: ({ mountPoint }) => [
    {
      id: 'collect-garbage',
      class: 'C',
      description: 'delete what no profile and no root needs, or see what else takes the room',
      commands: [
        ['nix-store', '--gc'],
        ['du', '-xh', '--max-depth=2', mountPoint],
      ],
      reversible: false,
      needsRoot: true,
    },
  ],
});
