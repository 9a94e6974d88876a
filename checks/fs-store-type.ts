import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { describeMount, findPlace, type Mount } from '../src/doctor/disk.ts';

interface Found {
  readonly path: string;
  readonly mount: Mount;
}

/** File systems whose locks do not hold between machines, or not at all. */
const REMOTE = /^(?:nfs4?|cifs|smb3|smbfs|9p|afs|ceph|coda|virtiofs|fuse(?:\..*)?)$/u;
/** What fuse serves from a disk of this machine. */
const LOCAL_FUSE = /^fuse\.(?:fuse-overlayfs|bindfs|zfs)$/u;

export const fsStoreType = defineCheck<CheckContext, Found>({
  id: 'fs.store-type',
  group: 'fs',
  title: 'the database is on a disk of this machine',
  why: 'SQLite keeps writers apart with locks of the file system. Over a network, or through a file system of another system, these do not hold reliably, and the database of the store is damaged sooner or later.',
  severity: 'warn',

  async probe(context) {
    const { storeDir, stateDir } = context.layout;
    for (const path of [stateDir, storeDir]) {
      const { mount } = await findPlace(context, path);
      if (mount !== undefined && isRemote(mount)) return { path, mount };
    }
    return undefined;
  },

  explain: ({ path, mount }) => ({
    summary: `${path} is not on a disk of this machine`,
    evidence: [{ source: '/proc/self/mountinfo', value: describeMount(mount) }],
    cause: `${mount.fileSystem} does not promise that locks hold`,
  }),

  fixes: ({ path }) => [
    {
      id: 'local-disk',
      class: 'M',
      description: `stop the daemon and move ${path} to a local file system; until then, let no second machine use it`,
      commands: [],
      reversible: true,
      needsRoot: true,
    },
  ],
});

function isRemote({ fileSystem }: Mount): boolean {
  return REMOTE.test(fileSystem) && !LOCAL_FUSE.test(fileSystem);
}
