import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import {
  type Attempt,
  describeMount,
  findPlace,
  isReadOnly,
  type Mount,
} from '../src/doctor/disk.ts';

interface Found {
  readonly storeDir: string;
  readonly mount: Mount;
  readonly failures: readonly Attempt[];
}

/** Can do all of it; nothing has to be tried there, which would change the time of the store directory. */
const ABLE = [
  'ext2',
  'ext3',
  'ext4',
  'xfs',
  'btrfs',
  'zfs',
  'f2fs',
  'bcachefs',
  'jfs',
  'tmpfs',
  'overlay',
];

export const fsStoreWork = defineCheck<CheckContext, Found>({
  id: 'fs.store-work',
  group: 'fs',
  title: 'the file system of the store can do what a store needs',
  why: 'A store has read-only files, owners, hard and symbolic links, names that differ only in case, and times of 1970. Some file systems refuse that, or accept it and do nothing: FAT and exFAT, some that are mounted from another system, and each one that is mounted read-only.',
  severity: 'error',

  async probe(context) {
    const { host, layout, uid } = context;
    const { storeDir } = layout;
    // Whether it can be made is what fs.root-writable is about.
    if ((await host.look(storeDir)) === undefined) return undefined;
    const { mount } = await findPlace(context, storeDir);
    if (mount === undefined) return { skip: 'the mount table does not say where the store is' };
    if (isReadOnly(mount)) {
      const failures = [{ what: 'create a file', result: 'EROFS' }];
      return { storeDir, mount, failures };
    }
    if (ABLE.includes(mount.fileSystem)) return undefined;
    if (uid !== 0) return { skip: `only root can try it on ${mount.fileSystem}` };
    const failures = (await host.tryStoreWork(storeDir)).filter(({ result }) => result !== 'ok');
    return failures.length === 0 ? undefined : { storeDir, mount, failures };
  },

  explain: ({ storeDir, mount, failures }) => ({
    summary: `${storeDir} cannot hold a store`,
    evidence: [
      { source: '/proc/self/mountinfo', value: describeMount(mount) },
      ...failures.map(({ what, result }) => ({ source: `to ${what}`, value: result })),
    ],
    cause: isReadOnly(mount)
      ? 'it is mounted read-only; a disk with errors becomes so by itself, see the kernel log'
      : `${mount.fileSystem} is not made for what Unix programs expect`,
  }),

  fixes: ({ mount }) => [
    isReadOnly(mount)
      ? {
          id: 'remount-rw',
          class: 'C',
          description: 'mount it writable, unless the kernel log tells of errors of the disk',
          commands: [['dmesg'], ['mount', '-o', 'remount,rw', mount.mountPoint]],
          reversible: true,
          needsRoot: true,
        }
      : {
          id: 'other-file-system',
          class: 'M',
          description: 'put the store on ext4, XFS, Btrfs, ZFS or another file system of Linux',
          commands: [],
          reversible: true,
          needsRoot: true,
        },
  ],
});
