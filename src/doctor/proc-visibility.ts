import type { Mount } from '../host/mounts.ts';

/** What keeps a procfs from being fully visible. */
export interface ProcObstacle {
  readonly kind: 'covered' | 'read-only' | 'atime' | 'missing';
  /** Where somebody would have to change a mount. */
  readonly mountPoint: string;
  readonly text: string;
}

/**
 * Why the kernel refuses a new procfs in a user namespace: none of the procfs that are mounted already is fully
 * visible (Linux: fs/namespace.c, mount_too_revealing). Empty when one of them is. Mounts that this process cannot
 * reach count for the kernel too, so an answer here explains a refusal and does not predict one.
 */
export function findProcObstacles(mounts: readonly Mount[]): readonly ProcObstacle[] {
  const candidates = mounts.filter(({ fileSystem, root }) => fileSystem === 'proc' && root === '/');
  const obstacles = candidates
    .toSorted((a, b) => Number(b.mountPoint === '/proc') - Number(a.mountPoint === '/proc'))
    .map(mount => obstaclesOf(mount, mounts));
  if (obstacles.some(reasons => reasons.length === 0)) return [];
  return obstacles[0] ?? [NO_PROC];
}

const NO_PROC = { kind: 'missing', mountPoint: '/proc', text: 'no procfs is mounted' } as const;

/** Directories that the kernel made as mount points and keeps empty: covering them hides nothing. */
const ALWAYS_EMPTY = ['/sys/fs/binfmt_misc', '/fs/nfsd', '/openprom'];

function obstaclesOf(mount: Mount, mounts: readonly Mount[]): readonly ProcObstacle[] {
  const { id, mountPoint } = mount;
  const covers = mounts.filter(
    child =>
      child.parentId === id && !ALWAYS_EMPTY.includes(child.mountPoint.slice(mountPoint.length)),
  );
  return [...optionObstacles(mount), ...covers.map(coverObstacle)];
}

function optionObstacles({ mountPoint, options, superOptions }: Mount): readonly ProcObstacle[] {
  const obstacles: ProcObstacle[] = [];
  if (options.includes('ro') || superOptions.includes('ro'))
    obstacles.push({ kind: 'read-only', mountPoint, text: `${mountPoint} is read-only` });
  if (!options.includes('relatime') || options.includes('nodiratime'))
    obstacles.push({ kind: 'atime', mountPoint, text: `${mountPoint} is not mounted relatime` });
  return obstacles;
}

function coverObstacle({ fileSystem, mountPoint }: Mount): ProcObstacle {
  return { kind: 'covered', mountPoint, text: `${fileSystem} covers ${mountPoint}` };
}
